#include "engine/app/expected_flows.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::engine;

namespace {

constexpr TimeUs kSecond = 1'000'000, kNow = 1'700'000'000 * kSecond;

ExpectedEnds ends(std::uint32_t client, std::uint32_t server, std::uint16_t port) {
  return {.client = IpAddress::v4(client), .server = IpAddress::v4(server), .server_port = port};
}
ExpectedFlow flow(std::string name, std::uint32_t lifetime_s = 60) {
  return {.lifetime_s = lifetime_s, .name = std::move(name)};
}

}  // namespace

TEST_CASE("expected flows: one that was announced is met once, with what was said of it") {
  ExpectedFlows table;
  CHECK(table.empty());
  CHECK(table.announce(ends(1, 2, 1000), 77, flow("a"), kNow));
  CHECK_FALSE(table.empty());
  for (const ExpectedEnds& other : {ends(2, 1, 1000), ends(1, 2, 1001), ends(1, 3, 1000)})
    CHECK_FALSE(table.meet(other, kNow));
  ExpectedEnds other = ends(1, 2, 1000);
  other.is_datagram = true;
  CHECK_FALSE(table.meet(other, kNow));
  other = ends(1, 2, 1000);
  other.vlan[0] = 5;
  CHECK_FALSE(table.meet(other, kNow));
  const auto met = table.meet(ends(1, 2, 1000), kNow);
  REQUIRE(met);
  CHECK(met->flow.name == "a");
  CHECK(met->parent == 77);
  CHECK(table.empty());
  CHECK_FALSE(table.meet(ends(1, 2, 1000), kNow));
}

TEST_CASE("expected flows: they end with their time") {
  ExpectedFlows table;
  table.announce(ends(1, 2, 1000), 1, flow("a", 10), kNow);
  table.announce(ends(1, 2, 1001), 1, flow("b", 10), kNow);
  CHECK(table.meet(ends(1, 2, 1000), kNow + 10 * kSecond));
  CHECK_FALSE(table.meet(ends(1, 2, 1001), kNow + 11 * kSecond));
  CHECK(table.empty());
}

TEST_CASE("expected flows: of two with the same ends the later one counts") {
  ExpectedFlows table;
  CHECK(table.announce(ends(1, 2, 1000), 1, flow("a"), kNow));
  CHECK(table.announce(ends(1, 2, 1000), 2, flow("b"), kNow));
  CHECK(table.meet(ends(1, 2, 1000), kNow)->flow.name == "b");
  CHECK(table.empty());
}

TEST_CASE("expected flows: between two hosts the oldest gives way at the cap") {
  ExpectedFlows table;
  for (std::uint16_t i = 0; i < ExpectedFlows::kMaxBetweenHosts; ++i)
    CHECK(
        table.announce(ends(1 + i % 2, 2 - i % 2, static_cast<std::uint16_t>(1000 + i)), 1, flow("a"), kNow));
  CHECK_FALSE(table.announce(ends(1, 2, 5000), 1, flow("b"), kNow));
  CHECK_FALSE(table.meet(ends(1, 2, 1000), kNow));
  CHECK(table.meet(ends(2, 1, 1001), kNow));
  CHECK(table.meet(ends(1, 2, 5000), kNow));
  CHECK(table.announce(ends(3, 4, 1000), 1, flow("c"), kNow));
}

TEST_CASE("expected flows: all of them have a cap, and make room when their time is over") {
  ExpectedFlows table;
  for (std::uint32_t i = 0; i < ExpectedFlows::kMaxExpected; ++i)
    REQUIRE(table.announce(ends(2 * i, 2 * i + 1, 1000), 1, flow("a", 10), kNow));
  CHECK_FALSE(table.announce(ends(4'000'000, 4'000'001, 1000), 1, flow("b"), kNow));
  CHECK_FALSE(table.meet(ends(4'000'000, 4'000'001, 1000), kNow));
  CHECK(table.announce(ends(4'000'000, 4'000'001, 1000), 1, flow("b"), kNow + 60 * kSecond));
  CHECK(table.meet(ends(4'000'000, 4'000'001, 1000), kNow + 60 * kSecond));
  CHECK(table.empty());
}
