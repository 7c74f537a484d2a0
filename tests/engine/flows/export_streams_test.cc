#include "engine/flows/export_streams.h"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/decoders/flow/flow_wire.h"
#include "tests/loopback_socket.h"

using namespace weir;
using namespace weir::test;
using engine::ExportStreams;

namespace {

constexpr TimeUs kStart = kNowUs;

std::uint16_t free_tcp_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&name), size) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0);
  ::close(fd);
  return ntohs(name.sin_port);
}

// A connection of an exporter.
class Peer {
 public:
  Peer(std::uint16_t port, std::uint32_t from = INADDR_LOOPBACK) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    bound_waiting(fd_);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(from);
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(port);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
  }
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  void send(const Wire& bytes) const {
    REQUIRE(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }
  // The other end has closed.
  [[nodiscard]] bool is_closed() const {
    char byte = 0;
    return ::recv(fd_, &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET;
  }

 private:
  int fd_;
};

struct StreamBench {
  std::uint16_t port = free_tcp_port();
  std::unique_ptr<ExportStreams> streams;
  std::vector<Wire> messages;
  IpAddress refused;  // may not connect

  StreamBench() {
    auto opened = ExportStreams::open({.transport = engine::ExportTransport::tcp,
                                       .address = "test",
                                       .ip = IpAddress::v4(INADDR_LOOPBACK),
                                       .port = port},
                                      nullptr, [this](const IpAddress& a) { return a != refused; });
    REQUIRE(opened.has_value());
    streams = std::move(*opened);
  }
  // Until nothing is left to do.
  void serve(TimeUs now = kStart) {
    constexpr int kMostRounds = 100'000;
    for (int quiet = 0, rounds = 0; quiet < 3; ++rounds) {
      REQUIRE(rounds < kMostRounds);
      const bool busy = streams->serve(now, [&](const flow::Source&, Bytes bytes) {
        messages.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      });
      quiet = busy ? 0 : quiet + 1;
      if (!busy) ::usleep(1000);
    }
  }
};

Wire numbered(std::uint32_t n) {
  return ipfix(data_set(256, basic(static_cast<std::uint8_t>(n))), n);
}

}  // namespace

TEST_CASE("export streams: messages are found by their lengths, however they are cut") {
  const Wire all = numbered(1) + numbered(2) + numbered(3);
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{7}, std::size_t{16}, std::size_t{100}, all.size()}) {
    CAPTURE(piece);
    StreamBench bench;
    const Peer peer(bench.port);
    for (std::size_t at = 0; at < all.size(); at += piece) {
      peer.send(all.substr(at, piece));
      if (piece >= 16) bench.serve();
    }
    bench.serve();
    CHECK(bench.messages == std::vector<Wire>{numbered(1), numbered(2), numbered(3)});
    CHECK(bench.streams->connections() == 1);
  }
}

TEST_CASE("export streams: who sends what is no IPFIX is closed, and others go on") {
  StreamBench bench;
  const Peer good(bench.port), odd(bench.port), short_one(bench.port);
  good.send(numbered(1).substr(0, 30));
  odd.send(numbered(2) + "GET / HTTP/1.1\r\n\r\n");
  short_one.send(u16(10) + u16(15) + zeros(12));
  bench.serve();
  good.send(numbered(1).substr(30));
  bench.serve();
  CHECK(bench.messages.size() == 4);  // with those that are counted as malformed
  CHECK(bench.messages.back() == numbered(1));
  CHECK(odd.is_closed());
  CHECK(short_one.is_closed());
  CHECK(bench.streams->counts().broken == 2);
  CHECK(bench.streams->connections() == 1);
}

TEST_CASE("export streams: an end within a message is counted, one between messages is none") {
  StreamBench bench;
  {
    const Peer whole(bench.port), torn(bench.port);
    whole.send(numbered(1));
    torn.send(numbered(2) + numbered(3).substr(0, 20));
    bench.serve();
  }
  bench.serve();
  CHECK(bench.messages.size() == 2);
  CHECK(bench.streams->counts().broken == 1);
  CHECK(bench.streams->connections() == 0);
}

TEST_CASE("export streams: who does not begin, or does not finish, or is silent for long is closed") {
  StreamBench bench;
  const Peer silent(bench.port), slow(bench.port), quiet(bench.port);
  quiet.send(numbered(1));
  slow.send(numbered(2).substr(0, 10));
  bench.serve();
  constexpr TimeUs kSecond = 1'000'000;
  slow.send(numbered(2).substr(10, 1));  // that he goes on a little gives him no more time
  bench.serve(kStart + engine::kStreamPatience - kSecond);
  bench.streams->tick(kStart + engine::kStreamPatience - kSecond);
  CHECK(bench.streams->connections() == 3);
  bench.streams->tick(kStart + engine::kStreamPatience);
  CHECK(bench.streams->connections() == 1);
  CHECK(silent.is_closed());
  CHECK(slow.is_closed());
  bench.streams->tick(kStart + engine::kStreamIdle);
  CHECK(bench.streams->connections() == 0);
  CHECK(bench.streams->counts().timed_out == 3);
}

TEST_CASE("export streams: of one address there are so many connections, and others may still come") {
  StreamBench bench;
  bench.refused = IpAddress::v4(0x7f000003);
  std::vector<std::unique_ptr<Peer>> peers;
  for (std::size_t i = 0; i < engine::kMaxStreamsOfAddress + 3; ++i)
    peers.push_back(std::make_unique<Peer>(bench.port));
  const Peer other(bench.port, 0x7f000002), stranger(bench.port, 0x7f000003);
  bench.serve();
  CHECK(bench.streams->connections() == engine::kMaxStreamsOfAddress + 1);
  CHECK(bench.streams->counts().refused == 4);
  CHECK(peers.back()->is_closed());
  CHECK(stranger.is_closed());
  CHECK_FALSE(other.is_closed());
  peers.front().reset();
  bench.serve();
  CHECK(bench.streams->connections() == engine::kMaxStreamsOfAddress);
}
