// The application layer of one flow: which protocol it is, its parser, and what was noticed on the way.
//
// Belongs to the flow; AppLayerDriver (one a worker) feeds it. Detection and logging read it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "decoders/app/app_proto.h"
#include "decoders/app/parser.h"

namespace weir::engine {

struct AppLayer {
  // Known as soon as either direction is certain; `failed` once both gave up.
  AppProto protocol = AppProto::unknown;
  std::array<AppProto, 2> by_direction{AppProto::unknown, AppProto::unknown};  // index(Direction)
  AppProto original = AppProto::unknown;  // before a protocol change (STARTTLS, CONNECT, h2c)
  AppProto expected = AppProto::unknown;
  std::unique_ptr<AppParser> parser;  // null until the protocol is known and parsed
  // Engine events of the current packet, by rule name ("applayer_detect_protocol_only_one_direction"); cleared before
  // each packet.
  std::vector<std::string_view> events;
  bool given_up = false;  // a parser error: what was parsed stays, nothing more is parsed
};

}  // namespace weir::engine
