#include "engine/app/app_layer.h"

#include <doctest/doctest.h>

#include <string>

#include "decoders/app/protocol_ids.h"
#include "engine/config/config.h"
#include "engine/flow/flow.h"
#include "tests/engine/packet_builder.h"

using namespace weir;
using namespace weir::engine;
using weir::test::PacketBuilder;

namespace {

std::string dns_message(bool response) {
  std::string m("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  if (response) m[2] = '\x81';
  m += std::string(
      "\x07"
      "example\x03"
      "com\x00\x00\x01\x00\x01",
      17);
  return m;
}

struct Harness {
  Config config;
  std::shared_ptr<const AppLayerSetup> setup;
  Counters counters;
  std::unique_ptr<AppLayerDriver> driver;
  Flow flow;

  Harness() {
    auto made = AppLayerSetup::make(config);
    REQUIRE(made.has_value());
    setup = *made;
    driver = std::make_unique<AppLayerDriver>(setup, counters);
  }
  // A UDP flow from client port 40000.
  void udp_flow(std::uint16_t server_port) {
    flow.client = IpAddress::v4(0x0a000001);
    flow.server = IpAddress::v4(0x0a000002);
    flow.client_port = 40000;
    flow.server_port = server_port;
    flow.protocol = 17;
  }
  Direction datagram(Direction d, const std::string& payload) {
    PacketBuilder b;
    b.udp().payload(payload).from(0x0a000001, flow.client_port).to(0x0a000002, flow.server_port);
    if (d == Direction::to_client) b.reversed();
    if (flow.app != nullptr) flow.app->events.clear();
    return driver->on_datagram(flow, b.get(), d);
  }
};

}  // namespace

TEST_CASE("app layer: a datagram of a known protocol starts its parser and makes transactions") {
  Harness h;
  h.udp_flow(53);
  CHECK(h.datagram(Direction::to_server, dns_message(false)) == Direction::to_server);
  REQUIRE(h.flow.app != nullptr);
  CHECK(h.flow.app->protocol == AppProto::dns);
  REQUIRE(h.flow.app->parser != nullptr);
  CHECK(h.flow.app->parser->transactions().live() == 1);
  CHECK(h.flow.app->parser->transactions().last()->first_seen == 1'700'000'000 * test::kSecond);
  CHECK(h.counters.app[static_cast<std::size_t>(AppProto::dns)].flows[1] == 1);
  h.datagram(Direction::to_client, dns_message(true));
  CHECK(h.flow.app->parser->transactions().live() == 2);
  CHECK(h.counters.app[static_cast<std::size_t>(AppProto::dns)].transactions[1] == 2);
}

TEST_CASE("app layer: a datagram that nothing recognises fails the flow until the other side says better") {
  Harness h;
  h.udp_flow(53);
  h.datagram(Direction::to_server, "what is this?");
  CHECK(h.flow.app->protocol == AppProto::failed);
  CHECK(h.flow.app->by_direction[0] == AppProto::failed);
  CHECK(h.flow.app->parser == nullptr);
  h.datagram(Direction::to_client, dns_message(true));
  CHECK(h.flow.app->protocol == AppProto::dns);
  CHECK(h.flow.app->by_direction[0] == AppProto::failed);
}

TEST_CASE("app layer: an empty first datagram is recognised as nothing") {
  Harness h;
  h.udp_flow(53);
  h.datagram(Direction::to_server, "");
  CHECK(h.flow.app->protocol == AppProto::failed);
}

TEST_CASE("app layer: a response sent to the server's port turns the flow round") {
  Harness h;
  h.udp_flow(53);
  CHECK(h.datagram(Direction::to_server, dns_message(true)) == Direction::to_client);
  CHECK(h.flow.client_port == 53);
  CHECK(h.flow.app->by_direction[index(Direction::to_client)] == AppProto::dns);
}
