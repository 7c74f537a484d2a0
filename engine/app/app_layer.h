// Feeds the application parsers of one worker's flows; what it notices is left in the flow's AppLayer
// (engine/flow/app_state.h), which detection and logging read.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "decoders/app/app_proto.h"
#include "decoders/app/parser.h"
#include "engine/account/stats.h"
#include "engine/app/expected_flows.h"
#include "engine/app/protocol_detection.h"
#include "engine/app/ranged_files.h"
#include "engine/flow/app_state.h"

namespace weir {
struct Packet;
}

namespace weir::engine {

class Config;
struct Flow;
struct SegmentResult;

// What parsers need of the configuration: made once, immutable, shared by all workers.
class AppLayerSetup {
 public:
  // Reads app-layer.protocols. Fails with a text when a port list there is wrong.
  static tl::expected<std::shared_ptr<const AppLayerSetup>, std::string> make(const Config& config);
  [[nodiscard]] const ProtocolDetector& detector() const { return *detector_; }
  // Null for a protocol that is not parsed over this transport.
  [[nodiscard]] std::unique_ptr<AppParser> make_parser(AppProto p, Transport t) const;

 private:
  std::unique_ptr<const ProtocolDetector> detector_;
  std::array<std::unique_ptr<const ParserFactory>, kMaxAppProtos> factories_;
};

// Feeds the parsers of one worker's flows. What it notices is left in the flow's AppLayer.
class AppLayerDriver {
 public:
  // `expected` is where its flows announce others and are looked for, `ranged` where the parts of files meet; both outlive the
  // driver; null: in one of its own.
  AppLayerDriver(std::shared_ptr<const AppLayerSetup> setup, Counters& counters,
                 ExpectedFlows* expected = nullptr, RangedFiles* ranged = nullptr);
  // What parsers are to make besides, from now on; what is under way stays as it was begun.
  void set_requested(const Requested& requested) { requested_ = requested; }

  // A segment went into the flow's streams: detects and parses what has become available in either direction.
  // Of a connection that was picked up midway the protocol may show that it is the other way round: its sides
  // are then swapped, and the direction that the segment really has is returned.
  Direction on_segment(Flow& flow, const SegmentResult& segment, Direction direction, TimeUs now);
  // One datagram; swaps and returns as on_segment does.
  Direction on_datagram(Flow& flow, const Packet& packet, Direction direction);
  // The parser has paused (AppLayer::paused), and what it had made has been looked at: it goes on.
  void resume(Flow& flow, TimeUs now);
  // TcpSession::finish() was called: the rest of one direction, with eof. To be called again while the parser pauses.
  void finish_direction(Flow& flow, Direction direction, TimeUs now);
  // The flow, which has a session and no AppLayer yet, goes on with what was known of it before it ended (`unknown` too);
  // `parsing_over`: nothing more is to be parsed. Else a new parser looks for the next message, or begins anywhere;
  // `begins_message`: its client's stream begins with one.
  void pick_up(Flow& flow, AppProto protocol, bool parsing_over, bool begins_message);
  // Out of memory, perhaps in the middle of a message: the parser has seen its last.
  void give_up(Flow& flow, TimeUs now);
  // `other`, which has a copy of the session of `flow`, is to read on what that reads, with a parser of its own: one of the same
  // protocol that begins with the message in which the other one stands, or the search for the protocol.
  void read_along(const Flow& flow, Flow& other);
  // The packet is detected on and logged: carries out the protocol change that its data asked for, if any.
  // The old parser and its transactions end here.
  void complete_change(Flow& flow);

  static constexpr std::uint64_t kGiveUpBytes = 100'000;  // of one direction, after which detection ends
  static constexpr int kMaxChunks = 4096;                 // parser calls in one update of one direction

 private:
  enum class Settled : std::uint8_t { no, yes, yes_other_first };
  // Where the parser at work announces flows.
  struct Announcer final : FlowAnnouncer {
    explicit Announcer(AppLayerDriver& of) : driver(of) {}
    void announce(ExpectedFlow announced) override;
    AppLayerDriver& driver;
    const Flow* flow = nullptr;  // whose parser it is
    TimeUs now = 0;
  };
  // Where it hands in the parts of files.
  struct Joiner final : PartJoiner {
    explicit Joiner(AppLayerDriver& of) : driver(of) {}
    boost::intrusive_ptr<AppFile> join(const FilePart& part, const JoinLimits& limits,
                                       const FileOpening& opening) override;
    AppLayerDriver& driver;
    const Flow* flow = nullptr;  // whose parser it is
  };
  Direction advance(Flow& flow, Direction d, TimeUs now);
  Settled settle(Flow& flow, Direction& d, TimeUs now);
  bool adopt_expected(Flow& flow, Direction& d, TimeUs now);
  static void turn_round(Flow& flow);
  Settled recognised(Flow& flow, Direction d, AppProto found);
  Settled unrecognised(Flow& flow, Direction d);
  void give_up_detection(Flow& flow);
  static void compare_with_expected(AppLayer& app, AppProto found);
  void set_protocol(Flow& flow, AppProto p, Transport t);
  void turn_out(Flow& flow, AppProto form);
  void feed(Flow& flow, Direction d, TimeUs now);
  void feed_side(Flow& flow, Direction d, TimeUs now);
  bool skip_gap(Flow& flow, Direction d, std::uint64_t unparsed, std::uint64_t hole);
  bool parse(Flow& flow, AppInput& in, std::size_t& consumed);
  void count_error(const Flow& flow, std::array<std::uint64_t, 2> AppCounters::*kind);
  void take_frames(Flow& flow, AppInput& in) const;
  void take_in_new_transactions(Flow& flow, TimeUs now);
  static void begin_batch(Flow& flow);
  void stop_parsing(Flow& flow);
  Direction datagram_protocol(Flow& flow, const Packet& packet, Direction d);

  std::shared_ptr<const AppLayerSetup> setup_;
  Counters& counters_;
  Requested requested_;
  ExpectedFlows own_expected_;
  ExpectedFlows& expected_;
  Announcer announcer_{*this};
  RangedFiles own_ranged_;
  RangedFiles& ranged_;
  Joiner joiner_{*this};
};

}  // namespace weir::engine
