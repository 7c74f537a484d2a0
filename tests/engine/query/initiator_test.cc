#include "engine/query/initiator.h"

#include <doctest/doctest.h>

#include "decoders/net/ip_protocol.h"

namespace weir::engine {
namespace {

constexpr std::uint8_t kTcp = ip_protocol::tcp, kUdp = ip_protocol::udp;

}  // namespace

TEST_CASE("initiator: what tells who is the client") {
  struct Row {
    const char* what;
    Ends ends;
    std::size_t client;
  };
  using namespace sign;
  const Row rows[] = {
      {"a meter that knows goes before ports", {{443, 50000}, {began | spoke, spoke}, kTcp, {}, 0}, 0},
      {"a SYN goes before ports", {{443, 50000}, {spoke | only_syn, 0}, kTcp, {}, 0}, 0},
      {"a service's port goes before time", {{443, 32768}, {spoke, spoke}, kTcp, {}, -1}, 1},
      {"a reply alone is a server's", {{443, 50000}, {spoke, 0}, kUdp, {}, 0}, 1},
      {"a default port above 1023", {{20000, 5432}, {spoke, spoke}, kTcp, {}, 1}, 0},
      {"a port that was asked for", {{7777, 9999}, {spoke, spoke}, kTcp, {true, false}, -1}, 1},
      {"two ports of no service: who was first", {{20000, 20001}, {spoke, spoke}, kTcp, {}, 1}, 1},
      {"a reset answers", {{20000, 40000}, {only_reset, spoke}, kTcp, {}, -1}, 1},
      {"one direction: who sent", {{33333, 20000}, {spoke, 0}, kUdp, {}, 0}, 0},
      {"one direction, to a client's port", {{20000, 40000}, {spoke, 0}, kUdp, {}, 0}, 1},
      {"the same times: the higher port", {{40000, 20000}, {spoke, spoke}, kUdp, {}, 0}, 0},
      {"the same ports: who was first", {{161, 161}, {spoke, spoke}, kUdp, {}, 1}, 1},
      {"an ICMP request", {{0, 0}, {asked | spoke, 0}, ip_protocol::icmp, {}, 0}, 0},
      {"an ICMP reply alone", {{0, 0}, {replied | spoke, 0}, ip_protocol::icmp, {}, 0}, 1},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(initiator_of(row.ends) == row.client);
    Ends turned = row.ends;
    std::swap(turned.ports[0], turned.ports[1]);
    std::swap(turned.signs[0], turned.signs[1]);
    std::swap(turned.named[0], turned.named[1]);
    turned.earlier = -turned.earlier;
    CHECK(initiator_of(turned) == 1 - row.client);
  }
}

TEST_CASE("initiator: what the flags of a record say") {
  const auto signs = [](std::uint8_t flags, std::uint64_t packets = 1) {
    flow::Record r;
    r.protocol = kTcp;
    r.sides[0] = {.packets = packets, .tcp_flags = flags};
    return signs_of(r, 0, false);
  };
  CHECK(signs(0x02) == (sign::spoke | sign::only_syn));
  CHECK(signs(0x14) == sign::only_reset);
  CHECK(signs(0x04) == sign::only_reset);
  CHECK(signs(0x14, 11) == sign::spoke);  // so many packets are a talk
  CHECK(signs(0x12) == sign::spoke);
  CHECK(signs(0x1b) == (sign::spoke | sign::went_on));
  CHECK(signs(0x16) == sign::spoke);  // answered, and then reset
  CHECK(signs(0) == sign::spoke);     // an exporter that tells no flags
  CHECK(signs(0x3f) == sign::spoke);  // all flags at once are no data behind a handshake
}

}  // namespace weir::engine
