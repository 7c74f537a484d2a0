#include "rules/values/ip_reputation.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::rules;

namespace {

IpAddress address_of(const char* text) {
  return weir::parse_address(text).value();
}

}  // namespace

TEST_CASE("ip reputation: each category has its own scores, of the longest network with the address in") {
  IpReputation table;
  REQUIRE(table.name_category(1, "bad"));
  REQUIRE(table.name_category(60, "good"));
  struct Listed {
    const char* network;
    std::uint8_t category, score;
  };
  for (const Listed& one :
       {Listed{"192.0.2.0/24", 1, 30}, Listed{"192.0.2.1", 1, 101}, Listed{"192.0.2.1", 60, 7},
        Listed{"192.0.2.99/28", 1, 44}, Listed{"0.0.0.0/0", 60, 0}, Listed{"2001:db8::/32", 1, 88}})
    CHECK(table.add(*IpNetwork::parse(one.network), one.category, one.score));
  struct Row {
    const char* address;
    std::uint8_t category;
    std::optional<std::uint8_t> score;
  };
  for (const Row& row : {Row{"192.0.2.1", 1, 101}, Row{"192.0.2.2", 1, 30}, Row{"192.0.2.96", 1, 44},
                         Row{"192.0.2.112", 1, 30}, Row{"192.0.3.1", 1, std::nullopt},
                         Row{"192.0.2.1", 60, 7}, Row{"192.0.2.2", 60, 0}, Row{"2001:db8:5::1", 1, 88},
                         Row{"2001:db9::1", 1, std::nullopt}, Row{"2001:db8::1", 60, std::nullopt}}) {
    CAPTURE(row.address);
    CAPTURE(row.category);
    CHECK(table.score(address_of(row.address), row.category) == row.score);
  }
  CHECK_FALSE(table.score(IpAddress{}, 60).has_value());
  CHECK(table.size() == 6);
  CHECK(table.add(*IpNetwork::parse("192.0.2.77/24"), 1, 31));  // the same network again
  CHECK(table.score(address_of("192.0.2.2"), 1) == std::optional<std::uint8_t>(31));
  CHECK(table.size() == 6);
}

TEST_CASE("ip reputation: a category has a number and a name of its own") {
  IpReputation table;
  CHECK_FALSE(table.category("").has_value());
  CHECK(table.name_category(5, "bad"));
  CHECK_FALSE(table.name_category(5, "worse"));
  CHECK_FALSE(table.name_category(6, "bad"));
  CHECK(table.name_category(6, "Bad"));
  CHECK(table.category("bad") == std::optional<std::uint8_t>(5));
  CHECK_FALSE(table.category("").has_value());
  CHECK(table.has_category(5));
  CHECK_FALSE(table.has_category(0));
  CHECK_FALSE(table.has_category(200));
  CHECK(table.categories() == 2);
}
