#include "rules/values/address_set.h"

#include <string>

#include <doctest/doctest.h>

#include "rules/load/header_sets.h"

using namespace weir::rules;

namespace {

const VariableTexts kVariables{
    {"HOME_NET", "[192.168.0.0/16,10.0.0.0/8]"},
    {"EXTERNAL_NET", "!$HOME_NET"},
    {"SERVERS", "$HOME_NET"},
    {"ALL", "any"},
    {"NOTHING", "!$ALL"},
    {"A", "$B"},
    {"B", "[10.0.0.1,$A]"},
    {"BAD", "[10.0.0.1,10.0.0.300]"},
    {"UNDEFINED_INSIDE", "$NOWHERE"},
    {"HOLE", "[10.0.0.0/8,!10.1.0.0/16]"},
    {"PLAIN", "10.0.0.1,10.0.0.2"},
};

bool holds(const AddressSet& set, std::string_view address) {
  const auto parsed = parse_address(address);
  REQUIRE(parsed.has_value());
  return set.contains(*parsed);
}

}  // namespace

TEST_CASE("address set: lists hold what they say") {
  struct Row {
    std::string_view text, address;
    bool expected;
  };
  constexpr Row kRows[] = {
      {"any", "1.2.3.4", true},
      {"any", "::1", true},
      {"1.2.3.4", "1.2.3.4", true},
      {"1.2.3.4", "1.2.3.5", false},
      {"10.1.2.3/8", "10.255.255.255", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.0.0.0/255.255.0.0", "10.0.255.1", true},
      {"10.0.0.0/255.255.0.0", "10.1.0.0", false},
      {"1.2.3.4/0", "255.255.255.255", true},
      {"1.2.3.4/0", "::", false},
      {"0.0.0.0/32", "0.0.0.0", true},
      {"255.255.255.255/32", "255.255.255.255", true},
      {"10.0.0.5-10.0.0.9", "10.0.0.9", true},
      {"10.0.0.5 - 10.0.0.9", "10.0.0.10", false},
      {"2001:DB8::/32", "2001:db8:ffff::1", true},
      {"2001:db8::/32", "2001:db9::", false},
      {"2001:db8::1-2001:db8::ff", "2001:0db8:0:0:0:0:0:7f", true},
      {"fe80::/65", "fe80::7fff:0:0:0", true},
      {"fe80::/65", "fe80::8000:0:0:0", false},
      {"::ffff:1.2.3.4", "::ffff:102:304", true},
      {"::ffff:1.2.3.4", "1.2.3.4", false},
      {"!1.2.3.4", "1.2.3.4", false},
      {"!1.2.3.4", "1.2.3.3", true},
      {"!1.2.3.4", "::1", true},
      {"! 1.2.3.4", "1.2.3.4", false},
      {"[1.1.1.1,2.2.2.2]", "2.2.2.2", true},
      {"[ 1.1.1.1 , 2.2.2.2 ]", "1.1.1.1", true},
      {"1.1.1.1,2.2.2.2", "2.2.2.2", true},
      {"[10.0.0.0/24,!10.0.0.5]", "10.0.0.5", false},
      {"[10.0.0.0/24,!10.0.0.5]", "10.0.0.6", true},
      {"[10.0.0.0/24,!10.0.0.5]", "11.0.0.1", false},
      {"[!10.0.0.5,10.0.0.0/24]", "10.0.0.5", false},
      {"![1.1.1.1,2.2.2.2]", "2.2.2.2", false},
      {"![1.1.1.1,2.2.2.2]", "3.3.3.3", true},
      {"[[1.1.1.1,[2.2.2.2]],!3.3.3.3]", "2.2.2.2", true},
      {"[1.0.0.0/8,[2.2.2.2,!1.1.1.1]]", "1.1.1.1",
       false},  // an inner negation counts for the list around it
      {"[any,!10.0.0.0/8]", "10.1.1.1", false},
      {"[any,!10.0.0.0/8]", "::5", true},
      {"[![10.0.0.0/8,!10.1.0.0/16]]", "10.1.2.3", true},  // a negated list is worked out first
      {"[![10.0.0.0/8,!10.1.0.0/16]]", "10.2.2.3", false},
      {"$HOME_NET", "192.168.255.255", true},
      {"$EXTERNAL_NET", "192.168.255.255", false},
      {"$EXTERNAL_NET", "8.8.8.8", true},
      {"!$EXTERNAL_NET", "10.0.0.1", true},
      {"!$EXTERNAL_NET", "8.8.8.8", false},
      {"[$EXTERNAL_NET,!255.255.255.255]", "255.255.255.255", false},
      {"[$EXTERNAL_NET,!255.255.255.255]", "1.1.1.1", true},
      {"[$HOME_NET,$SERVERS]", "10.9.9.9", true},
      {"$HOLE", "10.1.0.0", false},
      {"!$HOLE", "10.1.0.0", true},
      {"$PLAIN", "10.0.0.2", true},
  };
  HeaderSets sets(kVariables, {});
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    CAPTURE(row.address);
    const auto set = sets.addresses.read(row.text);
    REQUIRE_MESSAGE(set.has_value(), set.error().reason);
    CHECK(holds(**set, row.address) == row.expected);
  }
}

TEST_CASE("address set: what is wrong in a list is named with its place") {
  struct Row {
    std::string_view text, reason, offending;
    std::uint32_t offset;
  };
  constexpr Row kRows[] = {
      {"", "an empty item", "", 0},
      {"!any", "\"!any\" matches nothing", "any", 1},
      {"[1.2.3.4,!any]", "\"!any\" matches nothing", "any", 10},
      {"!!1.2.3.4", "a negation of a negation", "!1.2.3.4", 1},
      {"!", "nothing follows the negation", "", 1},
      {"[]", "an empty item", "", 1},
      {"[1.2.3.4,]", "an empty item", "", 9},
      {"[1.2.3.4", "a bracket is not closed", "[1.2.3.4", 0},
      {"1.2.3.4]", "a bracket is closed that was not opened", "]", 7},
      {"[1.1.1.1][2.2.2.2]", "a bracket is closed that was not opened", "][2.2.2.2", 8},
      {"[1.1.1.1]x", "something stands behind a closing bracket", "[1.1.1.1]x", 0},
      {"1.2.3", "not an IP address", "1.2.3", 0},
      {"1.2.3.256", "not an IP address", "1.2.3.256", 0},
      {"1.2.3.4/33", "not a prefix length or netmask", "1.2.3.4/33", 0},
      {"1.2.3.4/-1", "not a prefix length or netmask", "1.2.3.4/-1", 0},
      {"1.2.3.4/", "not a prefix length or netmask", "1.2.3.4/", 0},
      {"1.2.3.4/255.0.255.0", "not a prefix length or netmask", "1.2.3.4/255.0.255.0", 0},
      {"::1/129", "not a prefix length or netmask", "::1/129", 0},
      {"::1/255.255.255.0", "not a prefix length or netmask", "::1/255.255.255.0", 0},
      {"10.0.0.9-10.0.0.5", "the range ends before it begins", "10.0.0.9-10.0.0.5", 0},
      {"10.0.0.9-::5", "a range of two address families", "10.0.0.9-::5", 0},
      {"[10.0.0.0/8,!10.0.0.0/7]", "the list leaves nothing to match", "[10.0.0.0/8,!10.0.0.0/7]", 0},
      {"[1.1.1.1,$NOWHERE]", "the variable is not defined", "$NOWHERE", 9},
      {"$", "the variable is not defined", "$", 0},
      {"$NOTHING", "the list leaves nothing to match", "$NOTHING", 0},
      {"$A", "the variable contains itself, in $B, in $A", "$A", 0},
      {"[1.1.1.1, $BAD]", "not an IP address, in $BAD", "10.0.0.300", 10},
      {"$UNDEFINED_INSIDE", "the variable is not defined, in $UNDEFINED_INSIDE", "$NOWHERE", 0},
      {"example.com", "not an IP address", "example.com", 0},
  };
  HeaderSets sets(kVariables, {});
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    const auto set = sets.addresses.read(row.text);
    REQUIRE_FALSE(set.has_value());
    CHECK(set.error().reason == std::string(row.reason));
    CHECK(set.error().offending == std::string(row.offending));
    CHECK(set.error().offset == row.offset);
  }
}

TEST_CASE("address set: one text is read once, and any is one set for all") {
  HeaderSets sets(kVariables, {});
  CHECK(*sets.addresses.read("$HOME_NET") == *sets.addresses.read(" $HOME_NET "));
  CHECK(*sets.addresses.read("any") == AddressSet::shared_any());
  CHECK(*sets.addresses.read("[0.0.0.0/0,::/0]") == AddressSet::shared_any());
}

TEST_CASE("address set: nesting has a limit, and variables that multiply stay small") {
  HeaderSets sets(kVariables, {});
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + "1.1.1.1" + std::string(depth, ']');
  };
  CHECK(sets.addresses.read(nested(kMaxSetDepth)).has_value());
  CHECK_FALSE(sets.addresses.read(nested(kMaxSetDepth + 1)).has_value());
  CHECK_FALSE(sets.addresses.read(nested(60'000)).has_value());
  VariableTexts many{{"V0", "1.1.1.1"}};
  for (int i = 1; i < 60; ++i)
    many["V" + std::to_string(i)] = "$V" + std::to_string(i - 1) + ",$V" + std::to_string(i - 1);
  HeaderSets doubling(many, {});
  const auto set = doubling.addresses.read("$V59");
  REQUIRE(set.has_value());
  CHECK((*set)->v4().size() == 1);
}

TEST_CASE("address set: a range list stays sorted and disjoint in any order of adding") {
  AddressSet set;
  for (const std::uint32_t first : {50U, 10U, 30U, 70U, 0U, 20U, 4294967290U}) set.add(first, first + 5);
  CHECK(set.v4().size() == 7);
  set.add(16, 19);  // joins 10-15 and 20-25
  CHECK(set.v4().size() == 6);
  set.add(0, UINT32_MAX);
  CHECK(set.v4().size() == 1);
  set.add(5, 6);
  CHECK(set.v4().size() == 1);
  AddressSet hole;
  hole.add(0, 0);
  hole.add(UINT32_MAX, UINT32_MAX);
  hole.add(100, 200);
  set.subtract(hole);
  REQUIRE(set.v4().size() == 2);
  CHECK(set.v4()[0].first == 1);
  CHECK(set.v4()[0].last == 99);
  CHECK(set.v4()[1].last == UINT32_MAX - 1);
  AddressSet six;
  six.add(Ip6Key{0, UINT64_MAX}, Ip6Key{0, UINT64_MAX});
  six.add(Ip6Key{1, 0}, Ip6Key{1, 0});  // neighbours across the word
  CHECK(six.v6().size() == 1);
}
