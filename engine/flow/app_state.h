// The application layer of one flow: which protocol it is, its parser, and what was noticed on the way.
//
// Belongs to the flow, made when its first bytes come; AppLayerDriver (engine/app) fills it, detection and logging
// read it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "decoders/app/app_proto.h"
#include "decoders/app/parser.h"
#include "decoders/slab.h"
#include "engine/flow/direction_probe.h"
#include "engine/flow/flow_frames.h"

namespace weir::engine {

struct AppLayer : Slabbed {
  // Known as soon as either direction is certain; `failed` once both gave up.
  AppProto protocol{};
  std::array<AppProto, 2> by_direction{};  // index(Direction)
  AppProto original{};                     // before a protocol change (STARTTLS, CONNECT, h2c)
  AppProto expected{};                     // it should have followed upon `original`
  std::uint64_t parent = 0;                // id of the flow that announced this one; 0: none did
  std::unique_ptr<AppParser> parser;       // null until the protocol is known and parsed
  // Of the packet at hand, pseudo packets too:
  std::vector<std::string_view>
      events;                // of the engine, by rule name ("applayer_detect_protocol_only_one_direction")
  bool parsed_now = false;   // the parser ran: transactions may have moved on
  bool gave_up_now = false;  // a parser error happened

  void begin_packet() {
    events.clear();
    parsed_now = gave_up_now = false;
  }

  bool bypassed = false;  // the parser asked to leave the rest of the flow alone
  bool given_up = false;  // a parser error: what was parsed stays, nothing more is parsed

  // Rules that have alerted since the parser was last between messages, as in OtherReadings::told; a part of them at least.
  SlabVector<std::uint64_t> said;

  // The flow came back after its end, and the parser, which cannot look for the next message, may not have begun with one:
  // an error of it is not the sender's doing.
  bool begins_anywhere = false;

  std::unique_ptr<FlowFrames> frames;  // null until somebody asks for any

  // --- the driver's bookkeeping
  enum class FirstData : std::uint8_t { none, to_server, to_client, parsed };
  FirstData first_data = FirstData::none;  // which side spoke first; `parsed` once a parser has seen data
  std::array<DirectionProbe, 2> tried;     // protocol detection so far
  std::array<bool, 2> settled{};           // data of this direction goes to the parser
  std::array<bool, 2> eof{};               // nothing more will be parsed in this direction
  std::array<std::uint64_t, 2> need{};     // unconsumed bytes that the parser waits for
  std::array<bool, 2> woken{};             // what it has left is to be shown to the parser again
  bool change_pending = false;             // a protocol change happens when this packet is done with
  AppProto change_to{};
  bool change_checked = false;  // `change_to` is what should follow: see ParseOutcome::check_next
  bool miss_told = false;       // that `expected` did not follow
  bool came_late = false;  // the protocol is new, and rules have looked at bytes of the streams without it
  // By direction: how much of the stream (bytes_seen()) belongs to the protocol before a change.
  std::array<std::uint64_t, 2> seen_before{};
  bool flow_counted = false;      // in the statistics
  std::uint64_t next_new_tx = 0;  // transactions from this id on have no time yet
  bool release_pending = false;   // a transaction waits for detection or logging, not for the parser
  // The parser has paused in this direction (ParseOutcome::paused); then: the other one waits for it.
  std::optional<Direction> paused;
  bool other_waits = false;
};

// Frames of that direction are not done with. `app` may be null.
inline bool has_frames(const AppLayer* app, Direction direction) {
  return app != nullptr && app->frames != nullptr && !app->frames->by_direction[index(direction)].empty();
}

}  // namespace weir::engine
