// TCP segments of one connection. Honest inputs repeat what they said: then every byte that is read must be the one that was
// sent at its place, however segments overlap, come late, twice or not at all, and whatever there is no memory for.
//
// Input: flags (1: honest; 2: inline; 4: midstream; 8: async), the host system, limits (1: a small depth; 2: few segments
// wait; 4: little memory; urgent policy in the next two bits), then steps of eight bytes: how (1: from the server; 2: bytes
// are not what they were; 4: nothing is read for the parser; 8: nor for rules; 16: half of it; 32: with a timestamp; 64: the
// length counts eightfold), TCP flags, distances of sequence and acknowledgment from what is due (two bytes each, signed),
// length, urgent pointer.
#include <array>
#include <memory>
#include <string>

#include "engine/tcp/tcp_session.h"
#include "tests/engine/packet_builder.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/scarce_memory.h"
#include "tests/fuzz/targets.h"
#include "tests/output/fake_settings.h"

namespace weir::fuzz {
namespace {

using engine::TcpStream;

constexpr std::size_t kMostSteps = 512;
constexpr int kMostChunks = 10'000;  // read from one stream at once
constexpr std::array kSystems{"bsd",   "windows", "linux",     "old-linux",  "solaris",
                              "first", "last",    "bsd-right", "hpux10",     "hpux11",
                              "irix",  "macos",   "vista",     "windows2k3", "old-solaris"};
constexpr std::array<std::uint32_t, 2> kFirst{
    1000, 0xfffff000};  // sequence numbers of both sides' first bytes; one wraps

char content(Direction d, std::uint64_t offset) {
  return static_cast<char>(offset * 167 + (offset >> 8U) * 13 + index(d) * 91);
}

struct Step {
  std::uint8_t how, flags;
  std::int16_t sequence, acknowledgment;
  std::uint32_t length;
  std::uint8_t urgent;
  [[nodiscard]] Direction direction() const {
    return (how & 1U) != 0 ? Direction::to_client : Direction::to_server;
  }
};

Step read_step(Input& input) {
  Step s{};
  s.how = input.u8();
  s.flags = input.u8();
  s.sequence = static_cast<std::int16_t>(input.u16());
  s.acknowledgment = static_cast<std::int16_t>(input.u16());
  s.length = input.u8() * ((s.how & 64U) != 0 ? 8U : 1U);
  s.urgent = input.u8();
  return s;
}

class Conversation {
 public:
  Conversation(const engine::StreamSettings& settings, bool honest, bool little_memory)
      : settings_(settings), honest_(honest) {
    budget_.limit = little_memory ? 4096 : std::uint64_t{64} << 20U;
    session_ = std::make_unique<engine::TcpSession>(settings_, budget_);
  }
  void handshake() {
    send(Direction::to_server, tcp_flag::syn, kFirst[0] - 1, 0, {});
    send(Direction::to_client, tcp_flag::syn | tcp_flag::ack, kFirst[1] - 1, kFirst[0], {});
    send(Direction::to_server, tcp_flag::ack, kFirst[0], kFirst[1], {});
  }
  void play(const Step& step) {
    const Direction d = step.direction();
    const bool is_syn = (step.flags & tcp_flag::syn) != 0;
    // Where honest ends say who they are, they say the same every time.
    const std::int64_t at = honest_ && is_syn ? 0 : sent_[index(d)] + step.sequence;
    std::string data;
    for (std::uint32_t i = 0; i < step.length; ++i)
      data.push_back(content(d, static_cast<std::uint64_t>(at) + i));
    if (!honest_ && (step.how & 2U) != 0)
      for (char& c : data) c = static_cast<char>(~c);
    const auto sequence = static_cast<std::uint32_t>(kFirst[index(d)] + at - (is_syn ? 1 : 0));
    const auto other = index(opposite(d));
    const auto acknowledgment =
        static_cast<std::uint32_t>(kFirst[other] + sent_[other] + step.acknowledgment);
    next_.tcp(0, 0, 0);
    if ((step.how & 32U) != 0) next_.timestamp(static_cast<std::uint32_t>(steps_), 1);
    next_.raw().tcp.urgent = step.urgent;
    // An urgent byte is left out, and what follows moves up: honest ends send none.
    send(d, honest_ ? static_cast<std::uint8_t>(step.flags & ~unsigned{tcp_flag::urg}) : step.flags, sequence,
         acknowledgment, data);
    sent_[index(d)] = std::max(sent_[index(d)], at + static_cast<std::int64_t>(data.size()));
    for (const Direction side : {Direction::to_server, Direction::to_client}) {
      if ((step.how & 4U) == 0) read_application(side, (step.how & 16U) != 0);
      if ((step.how & 8U) == 0) read_raw(side);
    }
  }
  void finish() {
    must(scarcely([&] { session_->finish(); }), "a session ends without memory, too");
    for (const Direction side : {Direction::to_server, Direction::to_client}) {
      read_application(side, false);
      read_raw(side);
    }
    session_.reset();
    must(budget_.used == 0 && budget_.sessions_used == 0, "a session gives all memory back");
  }

 private:
  void send(Direction d, std::uint8_t flags, std::uint32_t sequence, std::uint32_t acknowledgment,
            std::string_view data) {
    next_.tcp(flags, sequence, acknowledgment).payload(data);
    if (d == Direction::to_client) next_.reversed();
    const Packet& packet = next_.after(++steps_ * 1000).get();
    engine::SegmentResult result;
    (void)scarcely([&] { result = session_->on_segment(packet, d); });  // what there is no memory for is lost
    // An urgent byte has no place in the stream: what replaces its segment, or one that holds it again, is shorter, and such
    // a segment is dropped.
    urgent_seen_ = urgent_seen_ || (flags & tcp_flag::urg) != 0;
    const std::size_t replaced = session_->replacement().size();
    must(!result.payload_differs || (urgent_seen_ ? replaced <= data.size() : replaced == data.size()),
         "a replacement is as long as what it replaces");
    next_ = test::PacketBuilder{};
  }
  void compare(Direction d, Bytes data, std::uint64_t offset) const {
    if (!honest_) return;
    for (std::size_t i = 0; i < data.size(); ++i)
      must(static_cast<char>(data[i]) == content(d, offset + i), "what is read is what was sent");
  }
  void read_application(Direction d, bool half) {
    TcpStream& stream = session_->stream(d);
    for (int chunks = 0;; ++chunks) {
      must(chunks < kMostChunks, "a stream comes to its end");
      const TcpStream::Chunk chunk = stream.app_chunk();
      if (chunk.kind == TcpStream::Chunk::Kind::none) return;
      const bool is_gap = chunk.kind == TcpStream::Chunk::Kind::gap;
      must(is_gap ? chunk.gap != 0 : !chunk.data.empty(), "a chunk is not empty");
      const std::uint64_t n = is_gap ? chunk.gap : half ? (chunk.data.size() + 1) / 2 : chunk.data.size();
      compare(d, chunk.data, read_[index(d)]);
      must(scarcely([&] { stream.consume_app(n); }), "letting go of bytes needs no memory");
      read_[index(d)] += n;
      if (half) return;
    }
  }
  void read_raw(Direction d) {
    TcpStream& stream = session_->stream(d);
    for (int chunks = 0; stream.raw_ready(); ++chunks) {
      must(chunks < kMostChunks, "a stream comes to its end for rules");
      const TcpStream::RawChunk chunk = stream.raw_chunk();
      must(chunk.new_offset <= chunk.data.size(), "what is new is part of a chunk");
      compare(d, chunk.data, chunk.offset);
      must(scarcely([&] { stream.mark_raw_inspected(); }), "letting go of bytes needs no memory");
    }
  }

  engine::StreamSettings settings_;
  engine::MemoryBudget budget_;
  std::unique_ptr<engine::TcpSession> session_;
  test::PacketBuilder next_;
  bool honest_;
  std::array<std::int64_t, 2> sent_{};   // stream offset behind the farthest byte
  std::array<std::uint64_t, 2> read_{};  // by the parser
  TimeUs steps_ = 0;
  bool urgent_seen_ = false;
};

engine::StreamSettings read_settings(std::uint8_t flags, std::uint8_t system, std::uint8_t limits) {
  engine::StreamSettings s;
  s.inline_mode = (flags & 2U) != 0;
  s.midstream = (flags & 4U) != 0;
  s.async_oneside = (flags & 8U) != 0;
  if ((limits & 1U) != 0) s.depth_bytes = 1000;
  if ((limits & 2U) != 0) s.max_segments_queued = 4;
  s.urgent = static_cast<engine::UrgentPolicy>((limits >> 3U) % 4);
  s.host_os = engine::HostOsPolicies::from(
      FakeSettings{{std::string("host-os-policy.") + kSystems[system % kSystems.size()], "0.0.0.0/0"}});
  return s;
}

}  // namespace

void fuzz_segments(Bytes bytes) {
  Input input(bytes);
  const std::uint8_t flags = input.u8(), system = input.u8(), limits = input.u8();
  const bool honest = (flags & 1U) != 0;
  Conversation conversation(read_settings(flags, system, limits), honest, (limits & 4U) != 0);
  if (honest) conversation.handshake();
  for (std::size_t i = 0; i < kMostSteps && !input.empty(); ++i) conversation.play(read_step(input));
  conversation.finish();
}

}  // namespace weir::fuzz
