// A TCP connection played by hand: each line of a test is one segment, numbered relative to the two sides'
// first bytes.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "decoders/packet.h"
#include "engine/tcp/tcp_session.h"
#include "tests/engine/packet_builder.h"

namespace weir::test {

inline constexpr std::uint8_t kSyn = tcp_flag::syn, kAck = tcp_flag::ack, kFin = tcp_flag::fin,
                              kRst = tcp_flag::rst, kPsh = tcp_flag::psh, kUrg = tcp_flag::urg,
                              kSynAck = kSyn | kAck;
inline constexpr Direction kToServer = Direction::to_server, kToClient = Direction::to_client;

class TcpConversation {
 public:
  using Result = engine::SegmentResult;
  engine::StreamSettings settings;
  engine::MemoryBudget budget;
  std::uint32_t client_start = 1000, server_start = 5000;  // sequence numbers of the first data bytes
  std::uint16_t window = 65535;

  TcpConversation() { budget.limit = 64ULL << 20U; }
  explicit TcpConversation(engine::StreamSettings s) : settings(std::move(s)) { budget.limit = 64ULL << 20U; }

  engine::TcpSession& session() {
    if (session_ == nullptr) session_ = std::make_unique<engine::TcpSession>(settings, budget);
    return *session_;
  }
  engine::TcpStream& to_server() { return session().stream(Direction::to_server); }
  engine::TcpStream& to_client() { return session().stream(Direction::to_client); }

  // `sequence` and `acknowledgment` are relative to client_start and server_start. The builder may be changed
  // first.
  Result client(std::uint8_t flags, std::int64_t sequence, std::int64_t acknowledgment,
                std::string_view data = {}) {
    return play(Direction::to_server, flags, client_start + wrap(sequence),
                server_start + wrap(acknowledgment), data);
  }
  Result server(std::uint8_t flags, std::int64_t sequence, std::int64_t acknowledgment,
                std::string_view data = {}) {
    return play(Direction::to_client, flags, server_start + wrap(sequence),
                client_start + wrap(acknowledgment), data);
  }
  void handshake() {
    client(kSyn, -1, 0);
    server(kSynAck, -1, 0);
    client(kAck, 0, 0);
  }
  // Takes all that the parser of that direction can get; holes show as "[N]", the end as "$".
  std::string read(Direction d) {
    std::string out;
    engine::TcpStream& stream = session().stream(d);
    for (;;) {
      const auto chunk = stream.app_chunk();
      if (chunk.kind == engine::TcpStream::Chunk::Kind::data) {
        out.append(chunk.data.begin(), chunk.data.end());
        stream.consume_app(chunk.data.size());
      } else if (chunk.kind == engine::TcpStream::Chunk::Kind::gap) {
        out += "[" + std::to_string(chunk.gap) + "]";
        stream.consume_app(chunk.gap);
      } else {
        return chunk.eof ? out + "$" : out;
      }
    }
  }
  bool noted(Anomaly a) {
    for (const Anomaly seen : session().events())
      if (seen == a) return true;
    return false;
  }

  PacketBuilder next;  // options, time and so on of the segment to come; reset after each

 private:
  static std::uint32_t wrap(std::int64_t n) { return static_cast<std::uint32_t>(n); }
  Result play(Direction d, std::uint8_t flags, std::uint32_t sequence, std::uint32_t ack,
              std::string_view data) {
    next.tcp(flags, sequence, (flags & kAck) != 0 ? ack : 0).payload(data).window(window);
    if (d == Direction::to_client) next.reversed();
    time_ += 1000;
    const Result result = session().on_segment(next.after(time_).get(), d);
    next = PacketBuilder{};
    return result;
  }

  std::unique_ptr<engine::TcpSession> session_;
  TimeUs time_ = 0;
};

inline engine::StreamSettings inline_settings(bool prevent = true) {
  engine::StreamSettings out;
  out.inline_mode = prevent;
  return out;
}

inline std::string text(Bytes b) {
  return {b.begin(), b.end()};
}

// Reads all of the stream's raw chunks, new parts only.
inline std::string read_raw(engine::TcpStream& stream) {
  std::string out;
  while (stream.raw_ready()) {
    const auto chunk = stream.raw_chunk();
    REQUIRE(chunk.new_offset < chunk.data.size());
    out += text(chunk.data.subspan(chunk.new_offset));
    stream.mark_raw_inspected();
  }
  return out;
}

}  // namespace weir::test
