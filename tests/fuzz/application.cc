// An application parser between two ends that talk in turns. What it makes of the bytes must not depend on how they were cut:
// each input is played with each turn whole, byte by byte and in pieces by chance, and all must lead to the same
// transactions, also where bytes of turns are missing.
//
// Input: flags (1: datagrams), a seed for the pieces, and turns: a byte (1: to the client; 2: bytes were lost
// before, their number follows in two bytes), the length in two bytes, the data.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "decoders/app/parser.h"
#include "decoders/app/protocol.h"
#include "decoders/settings.h"
#include "engine/app/ranged_files.h"
#include "tests/decoders/app/frame_text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/inspected_bodies.h"
#include "tests/fuzz/scarce_memory.h"
#include "tests/fuzz/targets.h"
#include "tests/fuzz/transaction_text.h"

namespace weir::fuzz {
namespace {

constexpr std::size_t kMostTurns = 64;
constexpr std::size_t kMostByteByByte =
    1024;                            // bytes of an input that is played so, too: it costs their square
constexpr int kMostCalls = 100'000;  // of a parser for one piece; the engine has a limit of its own

struct Turn {
  Direction direction;
  std::uint16_t lost;
  Bytes data;
};

struct Dialogue {
  bool datagrams = false, loses = false;
  std::uint32_t seed = 0;
  std::vector<Turn> turns;
};

Dialogue read_dialogue(Bytes bytes, const ProtocolInfo& info) {
  Input input(bytes);
  Dialogue out;
  const std::uint8_t flags = input.u8();
  out.datagrams = info.over_udp && ((flags & 1U) != 0 || !info.over_tcp);
  out.seed = input.u16();
  while (!input.empty() && out.turns.size() < kMostTurns) {
    const std::uint8_t kind = input.u8();
    const std::uint16_t lost = (kind & 2U) != 0 ? input.u16() : std::uint16_t{0};
    const std::uint16_t length = input.u16();
    out.loses = out.loses || lost != 0;
    out.turns.push_back(
        {(kind & 1U) != 0 ? Direction::to_client : Direction::to_server, lost, input.bytes(length)});
  }
  return out;
}

const Requested& everything_requested() {
  static const Requested all = [] {
    Requested r{.files = {.md5 = true, .sha1 = true, .sha256 = true}, .buffers = {}};
    r.buffers.set();
    r.frames.fill(kAllFrames);
    return r;
  }();
  return all;
}

// What AppLayerDriver does for a flow, for a parser alone: keeps what the parser has not taken, and asks it when there is as
// much as it waits for. The parser sees copies that end with each call, so that AddressSanitizer finds views that stay.
class Player {
 public:
  explicit Player(const ProtocolInfo& info)
      : info_(info), factory_(info.configure(no_settings())), parser_(factory_->make()) {}

  void datagram(Direction d, Bytes data) {
    if (!data.empty() && !over_) call(d, data, false, true);
  }
  void give(Direction d, Bytes piece, bool eof) {
    if (give_side(d, piece, eof)) give_side(opposite(d), {}, false);
  }
  // Whether the other side's bytes can be parsed now.
  bool give_side(Direction d, Bytes piece, bool eof) {
    bool wakes = false;
    Side& side = sides_[index(d)];
    side.pending.insert(side.pending.end(), piece.begin(), piece.end());
    for (int calls = 0; !over_; ++calls) {
      must(calls < kMostCalls, "a parser makes progress");
      const std::size_t offered = side.pending.size();
      const bool ends = eof && !side.ended;
      if ((offered < side.need || offered == 0) && !ends) return wakes;
      const ParseOutcome outcome = call(d, side.pending, eof, false);
      side.pending.erase(side.pending.begin(),
                         side.pending.begin() + static_cast<std::ptrdiff_t>(outcome.consumed));
      side.offset += outcome.consumed;
      side.need = outcome.need;
      if (outcome.wakes_other) sides_[index(opposite(d))].need = 0;
      wakes = wakes || outcome.wakes_other;
      if (eof && (outcome.consumed == offered || outcome.consumed == 0)) side.ended = true;
      if (outcome.consumed != 0 || outcome.paused) continue;
      side.need = std::max(side.need, offered + 1);
      return wakes;
    }
    return wakes;
  }
  void lose(Direction d, std::uint64_t bytes) {
    if (over_) return;
    Side& side = sides_[index(d)];
    const std::uint64_t length = side.pending.size() + bytes;
    side.pending.clear();
    side.need = 0;
    side.offset += length;
    bool goes_on = false;
    (void)scarcely([&] { goes_on = parser_->on_gap(d, length); });
    over_ = !goes_on;
  }
  // The transactions, and the frames of both sides.
  std::string text() {
    std::string out = transactions_text(info_.id, parser_->transactions()) + bodies_.text();
    for (Side& side : sides_) {
      for (const AppFrame& frame : side.frames.frames())
        side.told.emplace(frame.id, test::frame_text(info_, frame));
      for (const auto& [id, text] : side.told) out.append(text).append(1, '\n');
    }
    return out;
  }
  [[nodiscard]] bool has_holes() const { return bodies_.has_holes(); }
  // What rules and logs make of the transactions; they, too, may find no memory for it.
  void describe() {
    (void)scarcely([this] { (void)transactions_text(info_.id, parser_->transactions()); });
  }
  bool depends_on_segments() { return fuzz::depends_on_segments(info_.id, parser_->transactions()); }

 private:
  // Files of which this connection alone has all parts.
  struct Joiner final : PartJoiner {
    boost::intrusive_ptr<AppFile> join(const FilePart& part, const JoinLimits& limits,
                                       const FileOpening& opening) override {
      return files.join({}, part, limits, opening).file;
    }
    engine::RangedFiles files;
  };
  struct Side {
    std::vector<std::uint8_t> pending;
    std::size_t need = 0;
    bool ended = false;
    std::uint64_t offset = 0;  // of pending[0] in the stream
    FrameList frames;
    std::map<FrameId, std::string> told;  // frames that have left the list
  };

  ParseOutcome call(Direction d, Bytes data, bool eof, bool is_datagram) {
    const auto copy = std::make_unique_for_overwrite<std::uint8_t[]>(data.size());
    if (!data.empty()) std::memcpy(copy.get(), data.data(), data.size());
    const std::string_view ports = is_datagram ? info_.probe_ports.udp : info_.probe_ports.tcp;
    const auto server = static_cast<std::uint16_t>(
        ports.empty() ? 80 : std::strtoul(std::string(ports).c_str(), nullptr, 10));
    Side& side = sides_[index(d)];
    const Bytes shown{copy.get(), data.size()};
    const std::uint64_t offset = is_datagram ? 0 : side.offset;
    parser_->transactions().begin_batch();
    const AppInput in{.direction = d,
                      .data = shown,
                      .stream_offset = offset,
                      .eof = eof,
                      .time = 1,
                      .is_datagram = is_datagram,
                      .requested = &everything_requested(),
                      .source_port = d == Direction::to_server ? std::uint16_t{40000} : server,
                      .destination_port = d == Direction::to_server ? server : std::uint16_t{40000},
                      .frames = FrameSink(side.frames, kAllFrames, offset, shown),
                      .joiner = &joiner_};
    ParseOutcome outcome = ParseOutcome::failure();  // what there is no memory for is given up
    (void)scarcely([&] { outcome = parser_->parse(in); });
    must(outcome.consumed <= data.size(), "a parser takes what it was given and no more");
    let_go_of_frames(side, offset + data.size());
    bodies_.look(parser_->transactions());
    if (outcome.status != ParseOutcome::Status::ok) over_ = true;
    return outcome;
  }

  // As the engine does with those that it has looked at; the others stay until their end is known.
  void let_go_of_frames(Side& side, std::uint64_t shown) {
    must(side.frames.take_refused() == 0 || failed_allocations() != 0,
         "a parser tells of no more frames at once than are kept");
    side.frames.remove_if([&](const AppFrame& frame) {
      must(frame.offset <= shown, "a frame begins in what the parser has seen");
      if (frame.length == AppFrame::kUnknown) return false;
      side.told.emplace(frame.id, test::frame_text(info_, frame));
      return true;
    });
  }

  const ProtocolInfo& info_;
  std::unique_ptr<const ParserFactory> factory_;  // outlives its parsers
  std::unique_ptr<AppParser> parser_;
  std::array<Side, 2> sides_;
  InspectedBodies bodies_;
  Joiner joiner_;
  bool over_ = false;  // error, change of protocol, encryption, or a gap that it cannot get over
};

// Numbers by chance, the same for the same seed (Marsaglia's xorshift).
class Chance {
 public:
  explicit Chance(std::uint32_t seed) : state_(seed * 2654435761U | 1U) {}
  std::uint32_t next() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 17U;
    return state_ ^= state_ << 5U;
  }

 private:
  std::uint32_t state_;
};

struct Played {
  std::string text;
  bool depends_on_segments;
};

// `length()` says how long the next piece is, at least 1.
template <class Length>
Played play(const Dialogue& dialogue, const ProtocolInfo& info, Length&& length) {
  Player player(info);
  for (const Turn& turn : dialogue.turns) {
    if (dialogue.datagrams) {
      player.datagram(turn.direction, turn.data);
      continue;
    }
    if (turn.lost != 0) player.lose(turn.direction, turn.lost);
    for (Bytes rest = turn.data; !rest.empty();) {
      const std::size_t n = std::min<std::size_t>(rest.size(), length());
      player.give(turn.direction, rest.first(n), false);
      rest = rest.subspan(n);
    }
  }
  // As a flow does: what a parser waited for to tell one thing from another is told now.
  if (!dialogue.datagrams)
    for (const Direction d : {Direction::to_server, Direction::to_client}) player.give(d, {}, true);
  if (counted_allocations() != 0) player.describe();
  must(dialogue.loses || failed_allocations() != 0 || !player.has_holes(), "detection sees all of a body");
  return {player.text(), player.depends_on_segments()};
}

void must_be_same(const Played& whole, const Played& cut, const char* what) {
  if (whole.depends_on_segments || cut.depends_on_segments || whole.text == cut.text) return;
  if (failed_allocations() != 0) return;
  std::fprintf(stderr, "--- whole\n%s--- %s\n%s", whole.text.c_str(), what, cut.text.c_str());
  must(false, "transactions do not depend on how the bytes were cut");
}

}  // namespace

void fuzz_application(AppProto protocol, Bytes input) {
  const ProtocolInfo& info = protocol_info(protocol);
  const Dialogue dialogue = read_dialogue(input, info);
  const Played whole = play(dialogue, info, [] { return SIZE_MAX; });
  const bool compares = !dialogue.datagrams;
  Chance chance(dialogue.seed);
  // Mostly short pieces; now and then a long one.
  const Played pieces = play(dialogue, info, [&chance] {
    const std::uint32_t n = chance.next();
    return n % 4 == 0 ? 1 + (n >> 8U) % 600 : 1 + (n >> 8U) % 24;
  });
  if (compares) must_be_same(whole, pieces, "in pieces");
  if (compares && input.size() <= kMostByteByByte)
    must_be_same(whole, play(dialogue, info, [] { return std::size_t{1}; }), "byte by byte");
}

}  // namespace weir::fuzz
