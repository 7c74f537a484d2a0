#include "engine/flow/flow_macs.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::engine;

namespace {

Packet packet_between(const MacAddress& from, const MacAddress& to) {
  Packet p;
  p.ether_source = from;
  p.ether_destination = to;
  return p;
}

}  // namespace

TEST_CASE("flow macs: each end has its addresses once, whichever way packets went") {
  const MacAddress client{2, 0, 0, 0, 0, 1}, server{2, 0, 0, 0, 0, 2}, gateway{2, 0, 0, 0, 0, 3};
  FlowMacs macs;
  macs.note(packet_between(client, server), Direction::to_server);
  macs.note(packet_between(gateway, client), Direction::to_client);
  macs.note(packet_between(server, client), Direction::to_client);
  macs.note(Packet{}, Direction::to_server);
  CHECK(macs.client == FlowMacs::List{client});
  CHECK(macs.server == FlowMacs::List{server, gateway});
}

TEST_CASE("flow macs: beyond a limit further addresses are not kept") {
  FlowMacs macs;
  for (std::uint8_t i = 0; i < 20; ++i)
    macs.note(packet_between({2, 0, 0, 0, 0, i}, {4}), Direction::to_server);
  CHECK(macs.client.size() == FlowMacs::kMost);
  CHECK(macs.client.back() == MacAddress{2, 0, 0, 0, 0, FlowMacs::kMost - 1});
  CHECK(macs.server.size() == 1);
}
