// A flow that another one announces: FTP's data connection, of which only the control connection says what it is.
//
// A parser announces it (AppInput::announcer) as soon as it knows of it. The engine recognises the flow by the two hosts,
// which are those of the announcing flow, and the port that one of them opens it to; it has the protocol then without any
// detection, and its parser is told what was said of it (AppParser::begin_expected).
#pragma once

#include <cstdint>
#include <string>

#include "decoders/app/app_proto.h"
#include "decoders/types.h"

namespace weir {

struct ExpectedFlow {
  AppProto protocol{};
  bool is_datagram = false;  // over UDP; else over TCP
  // Which way it is opened, as the announcing flow goes: to_server by its client, to_client by its server.
  Direction opened = Direction::to_server;
  std::uint16_t port = 0;        // that it is opened to
  std::uint32_t lifetime_s = 0;  // after which it is expected no more
  // For the parser of the flow: what is done with it, and the name of that which is carried. As they were sent.
  std::string command, name;
  bool carries_file = false;
};

inline constexpr std::size_t kMaxExpectedText = 2048;  // of command and of name; what is behind is cut off

class FlowAnnouncer {
 public:
  virtual void announce(ExpectedFlow flow) = 0;

 protected:
  ~FlowAnnouncer() = default;
};

}  // namespace weir
