#include "engine/live/sources/mirror_source.h"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

using namespace weir;
using namespace weir::engine;

namespace {

struct Seen final : PacketHandler {
  std::vector<std::vector<std::uint8_t>> packets;
  int link_type = 0;
  Judgement packet(const RawPacket& raw, bool) override {
    packets.emplace_back(raw.bytes.begin(), raw.bytes.end());
    link_type = raw.link_type;
    return {};
  }
};

// What a source gives for these datagrams, which come from one port of 127.0.0.1.
Seen hear(const std::string& kind, const std::vector<std::vector<std::uint8_t>>& datagrams,
          std::uint16_t& sender) {
  const auto socket = MirrorSocket::open(*parse_mirror(kind + ":127.0.0.1:0"));
  REQUIRE_MESSAGE(socket.has_value(), (socket ? "" : socket.error()));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons((*socket)->port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  for (const auto& datagram : datagrams)
    (void)::sendto(fd, datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                   sizeof to);
  sockaddr_in from{};
  socklen_t size = sizeof from;
  (void)::getsockname(fd, reinterpret_cast<sockaddr*>(&from), &size);
  sender = ntohs(from.sin_port);
  ::close(fd);
  auto source = MirrorSocket::make_source(*socket);
  Seen seen;
  const auto got = (*source)->poll(seen, std::chrono::milliseconds(5000));
  CHECK(got == datagrams.size());
  CHECK((*source)->counters().kernel_packets == datagrams.size());
  return seen;
}

}  // namespace

TEST_CASE("mirror: kinds, addresses and ports are read") {
  const auto plain = parse_mirror("vxlan");
  REQUIRE(plain.has_value());
  CHECK(plain->port == 4789);
  CHECK(plain->address.empty());
  const auto both = parse_mirror("tzsp:10.0.0.1:5555");
  REQUIRE(both.has_value());
  CHECK(both->kind == MirrorKind::tzsp);
  CHECK(both->address == "10.0.0.1");
  CHECK(both->port == 5555);
  CHECK(parse_mirror("geneve:[fd00::1]:6081")->address == "fd00::1");
  for (const char* bad : {"", "gre", "vxlan:x", "vxlan:10.0.0.1:", "vxlan:70000"})
    CHECK_FALSE(parse_mirror(bad).has_value());
  CHECK_FALSE(MirrorSocket::open(*parse_mirror("vxlan:nonsense:1")).has_value());
}

TEST_CASE("mirror: a datagram is a packet with its sender before it") {
  std::uint16_t sender = 0;
  const Seen seen = hear("vxlan", {{8, 0, 0, 0, 0, 0, 7, 0, 1, 2, 3}}, sender);
  REQUIRE(seen.packets.size() == 1);
  CHECK(seen.link_type == 101);
  const std::vector<std::uint8_t> wanted{0x45,
                                         0,
                                         0,
                                         39,
                                         0,
                                         0,
                                         0x40,
                                         0,
                                         64,
                                         17,
                                         0,
                                         0,  // IPv4, 39 bytes, UDP
                                         127,
                                         0,
                                         0,
                                         1,
                                         127,
                                         0,
                                         0,
                                         1,  // from, to
                                         static_cast<std::uint8_t>(sender >> 8U),
                                         static_cast<std::uint8_t>(sender),
                                         0x12,
                                         0xb5,
                                         0,
                                         19,
                                         0,
                                         0,  // to 4789
                                         8,
                                         0,
                                         0,
                                         0,
                                         0,
                                         0,
                                         7,
                                         0,
                                         1,
                                         2,
                                         3};
  CHECK(seen.packets[0] == wanted);
}

TEST_CASE("mirror: a frame in TZSP is put into VXLAN, keepalives are passed over") {
  std::uint16_t sender = 0;
  const Seen seen = hear("tzsp", {{1, 0, 0, 1, 10, 1, 99, 0, 1, 0xaa, 0xbb}, {1, 4, 0, 0, 1}}, sender);
  REQUIRE(seen.packets.size() == 1);
  const std::vector<std::uint8_t> end(seen.packets[0].begin() + 28, seen.packets[0].end());
  CHECK(end == std::vector<std::uint8_t>{8, 0, 0, 0, 0, 0, 0, 0, 0xaa, 0xbb});
}

TEST_CASE("mirror: every truncation of a TZSP header gives no frame") {
  const std::vector<std::uint8_t> whole{1, 0, 0, 1, 0,   10,
                                        2, 7, 7, 1, 0xaa};  // padding, a tag of two bytes, the end
  for (std::size_t n = 0; n < whole.size() - 1; ++n) {
    CAPTURE(n);
    CHECK(frame_in_tzsp(Bytes(whole).first(n)).empty());
  }
  CHECK(frame_in_tzsp(whole).size() == 1);
  for (std::size_t at : {0U, 1U, 3U}) {  // another version, type, protocol
    std::vector<std::uint8_t> other = whole;
    other[at] = 9;
    CHECK(frame_in_tzsp(other).empty());
  }
  CHECK(frame_in_tzsp(std::vector<std::uint8_t>(300, 0)).empty());
}
