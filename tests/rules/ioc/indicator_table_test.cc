#include "rules/ioc/indicator_table.h"

#include <doctest/doctest.h>

#include "rules/ioc/indicator_value.h"

using namespace weir;
using namespace weir::rules;

namespace {

constexpr TimeUs kNoon = TimeUs{1'700'000'000} * 1'000'000;

IpAddress address_of(const char* text) {
  return IpNetwork::parse(text)->address;
}

void list(IndicatorTable& table, const char* text, const char* feed = "ours", std::uint8_t confidence = 0,
          TimeUs expiry = 0) {
  const auto value = parse_indicator(text);
  REQUIRE(value.has_value());
  CHECK(table.add({.kind = value->kind,
                   .network = value->network,
                   .port = value->port,
                   .value = value->value,
                   .feed = feed,
                   .confidence = confidence,
                   .expiry = expiry,
                   .tags = {}}) == IndicatorTable::Added::yes);
}

std::string value_of(const Indicator* found) {
  return found == nullptr ? "nothing" : std::string(found->value);
}

}  // namespace

TEST_CASE("indicators: of an address the port says most, then the address, then the longest network") {
  IndicatorTable table;
  for (const char* text : {"192.0.2.1:443", "192.0.2.1", "192.0.2.0/24", "192.0.2.0/28:53", "192.0.0.0/16",
                           "2001:db8::/32", "[2001:db8::1]:443", "0.0.0.0/0"})
    list(table, text);
  struct Row {
    const char* address;
    std::uint16_t port;
    const char* found;
  };
  for (const Row& row : {Row{"192.0.2.1", 443, "192.0.2.1:443"}, Row{"192.0.2.1", 80, "192.0.2.1"},
                         Row{"192.0.2.1", 0, "192.0.2.1"}, Row{"192.0.2.2", 53, "192.0.2.0/28:53"},
                         Row{"192.0.2.2", 54, "192.0.2.0/24"}, Row{"192.0.3.2", 54, "192.0.0.0/16"},
                         Row{"193.0.3.2", 54, "0.0.0.0/0"},
                         Row{"2001:db8:1::2", 1, "2001:0db8:0000:0000:0000:0000:0000:0000/32"},
                         Row{"2001:db8::1", 443, "[2001:0db8:0000:0000:0000:0000:0000:0001]:443"},
                         Row{"2001:db9::1", 443, "nothing"}}) {
    CAPTURE(row.address);
    CHECK(value_of(table.find_address(address_of(row.address), row.port, kNoon)) == row.found);
  }
  CHECK(table.find_address({}, 443, kNoon) == nullptr);
  CHECK(table.size(IndicatorKind::address) == 3);
  CHECK(table.size(IndicatorKind::network) == 5);
}

TEST_CASE("indicators: a name stands for what lies below it, and the nearest one is found") {
  IndicatorTable table;
  list(table, "evil.example");
  list(table, "*.Worse.Evil.example");
  struct Row {
    std::string_view name, found;
  };
  for (const Row& row :
       {Row{"evil.example", "evil.example"}, Row{"EVIL.example.", "evil.example"},
        Row{"www.evil.example:8080", "evil.example"}, Row{"a.b.worse.evil.example", "worse.evil.example"},
        Row{"notevil.example", "nothing"}, Row{"example", "nothing"}, Row{"", "nothing"},
        Row{"evil.example.org", "nothing"}}) {
    CAPTURE(row.name);
    CHECK(value_of(table.find_domain(row.name, kNoon)) == row.found);
  }
  CHECK(table.find_domain(std::string(10'000, 'a') + ".evil.example", kNoon) == nullptr);
}

TEST_CASE("indicators: what a client asked for may be an address") {
  IndicatorTable table;
  for (const char* text : {"192.0.2.1", "2001:db8::/32", "a.example"}) list(table, text, "f");
  for (const char* host : {"192.0.2.1", "192.0.2.1:8080"})
    CHECK(value_of(table.find_host(host, 0)) == "192.0.2.1");
  for (const char* host : {"2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443"})
    CHECK(value_of(table.find_host(host, 0)) == "2001:0db8:0000:0000:0000:0000:0000:0000/32");
  CHECK(value_of(table.find_host("www.a.example:80", 0)) == "a.example");
  for (const char* host : {"", "[", "192.0.2.0/24", "192.0.2.2"}) CHECK(table.find_host(host, 0) == nullptr);
}

TEST_CASE("indicators: fingerprints are found in any case, with or without colons in the feed") {
  IndicatorTable table;
  list(table, "t13d1516h2_8DAAF6152771_e5627efa2ab1");
  list(table,
       "AA:"
       "bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99");
  CHECK(value_of(table.find_fingerprint("t13d1516h2_8daaf6152771_e5627efa2ab1", 0)) != "nothing");
  CHECK(value_of(table.find_fingerprint("AABBCCDDEEFF00112233445566778899", 0)) ==
        "aabbccddeeff00112233445566778899");
  CHECK(table.find_fingerprint("", 0) == nullptr);
}

TEST_CASE("indicators: what has expired says nothing, and of several feeds the surest is found") {
  IndicatorTable table;
  list(table, "192.0.2.1", "a", 10);
  list(table, "192.0.2.1", "b", 90, kNoon);
  list(table, "192.0.2.1", "c", 50);
  const auto feed_at = [&](TimeUs now) { return table.find_address(address_of("192.0.2.1"), 0, now)->feed; };
  CHECK(feed_at(kNoon - 1) == "b");
  CHECK(feed_at(kNoon) == "c");
  CHECK(feed_at(0) == "b");
  Indicator again{.network = *IpNetwork::parse("192.0.2.1"), .value = "192.0.2.1", .feed = "b", .tags = {}};
  CHECK(table.add(again) == IndicatorTable::Added::known);
  CHECK(feed_at(kNoon) == "b");  // listed again, without an end
  for (std::size_t i = table.size(); i < kMaxSameIndicators; ++i)
    list(table, "192.0.2.1", std::to_string(i).c_str());
  again.feed = "one more";
  CHECK(table.add(again) == IndicatorTable::Added::full);
}

TEST_CASE("indicators: what a text means") {
  struct Row {
    const char* text;
    const char* value;  // null: it is wrong
    IndicatorKind kind = IndicatorKind::address;
  };
  constexpr const char* kWrong = nullptr;
  for (const Row& row : {Row{"192.0.2.1", "192.0.2.1"},
                         Row{"192.0.2.1/32", "192.0.2.1"},
                         Row{"192.0.2.0/24", "192.0.2.0/24", IndicatorKind::network},
                         Row{"[192.0.2.1]:80", "192.0.2.1:80"},
                         Row{"a.example", "a.example", IndicatorKind::domain},
                         Row{".a.example.", "a.example", IndicatorKind::domain},
                         Row{"xn--bcher-kva.example", "xn--bcher-kva.example", IndicatorKind::domain},
                         Row{"da39a3ee5e6b4b0d3255bfef95601890afd80709",
                             "da39a3ee5e6b4b0d3255bfef95601890afd80709", IndicatorKind::fingerprint},
                         Row{"192.0.2.1:0", kWrong},
                         Row{"192.0.2.1:70000", kWrong},
                         Row{"192.0.2.1:x", kWrong},
                         Row{"192.0.2.256", kWrong},
                         Row{"192.0.2.0/33", kWrong},
                         Row{"[::1", kWrong},
                         Row{"[::1]x", kWrong},
                         Row{"localhost", kWrong},
                         Row{"a..example", kWrong},
                         Row{"a b.example", kWrong},
                         Row{"http://a.example/x", kWrong},
                         Row{"", kWrong},
                         Row{".", kWrong}}) {
    CAPTURE(row.text);
    const auto value = parse_indicator(row.text);
    REQUIRE(value.has_value() == (row.value != nullptr));
    if (!value) continue;
    CHECK(value->value == row.value);
    CHECK(value->kind == row.kind);
  }
}

TEST_CASE("indicators: times and confidence of feeds") {
  constexpr TimeUs kSecond = 1'000'000;
  CHECK(parse_feed_time("2023-11-14T22:13:20Z") == kNoon);
  CHECK(parse_feed_time("2023-11-15 00:13:20.5+02:00") == kNoon);
  CHECK(parse_feed_time("1700000000") == kNoon);
  CHECK(parse_feed_time("1970-01-02") == 86'400 * kSecond);
  CHECK(parse_feed_time("20271231") == parse_feed_time("2027-12-31"));
  for (const char* wrong : {"", "tomorrow", "20271301", "2023-13-01", "2023-02-30", "2023-11-14T25",
                            "2023-11-14X", "2023-11-14T10:00:00+2"})
    CHECK_FALSE(parse_feed_time(wrong).has_value());
  CHECK(parse_confidence("80") == 80);
  CHECK(parse_confidence("80%") == 80);
  CHECK(parse_confidence("High") == 75);
  CHECK(parse_confidence("0") == 1);  // said, and as little as can be
  for (const char* wrong : {"", "101", "-1", "sure"}) CHECK_FALSE(parse_confidence(wrong).has_value());
}
