#include <doctest/doctest.h>

#include "decoders/net/ip_protocol.h"
#include "tests/engine/query/kept_records.h"

namespace weir::engine {
namespace {

// Three clients of two services, a monitor and a scanner that only knock.
KeptRecords used_server() {
  KeptRecords kept;
  std::uint16_t port = 40000;
  for (const char* const client : {"10.61.3.4", "10.61.3.5"})
    for (int i = 0; i < 3; ++i)
      kept.talk({.client = client,
                 .server = "10.20.0.7",
                 .client_port = port++,
                 .server_port = 5432,
                 .at = i * kHourOfDay});
  kept.talk({.client = "10.62.9.9", .server = "10.20.0.7", .at = 5 * kHourOfDay, .span = 2 * kSecondOfDay});
  for (int i = 0; i < 12; ++i)
    kept.talk({.client = "10.63.0.9",
               .server = "10.20.0.7",
               .client_port = port++,
               .server_port = 8443,
               .at = i * 5 * kMinuteOfDay + i / 11 * kSecondOfDay,
               .is_answered = false});
  for (std::uint16_t to = 1; to <= 20; ++to)
    kept.talk({.client = "10.66.0.1",
               .server = "10.20.0.7",
               .client_port = 55555,
               .server_port = to,
               .client_flags = 0x02,
               .server_flags = 0x14});
  kept.talk({.client = "10.20.0.7", .server = "10.20.0.1", .server_port = 53, .protocol = 17});
  return kept;
}

}  // namespace

TEST_CASE("used: clients that were answered count, a monitor and a scanner are set apart") {
  KeptRecords kept = used_server();
  const Asked got = ask(answer_used, kept, {.words = {"10.20.0.7"}});
  CHECK(got.cells({"host", "used", "clients", "services", "unanswered"}) ==
        "10.20.0.7 yes 10.61.3.4,10.61.3.5,10.62.9.9 tcp/443,tcp/5432 2");
  CHECK(got.cell(0, "last") == std::to_string(5 * 3600 * 1000 + 2000));
  CHECK(got.cells({"flows", "attempts", "scanners", "monitors"}) == "7 32 10.66.0.1 10.63.0.9");
}

TEST_CASE("used: a client that always has the same port was last answered when the server last spoke") {
  KeptRecords kept;
  for (int hour = 0; hour < 6; ++hour)
    kept.talk({.client = "10.61.3.4",
               .server = "10.20.0.7",
               .client_port = 123,
               .server_port = 123,
               .protocol = 17,
               .at = hour * kHourOfDay,
               .is_answered = hour < 2});
  const Asked got = ask(answer_used, kept, {.words = {"10.20.0.7"}});
  CHECK(got.cells({"used", "flows", "attempts"}) == "yes 2 4");
  CHECK(got.cell(0, "last") == std::to_string(3600 * 1000 + 800));
}

TEST_CASE("used: only who knocks is nobody") {
  KeptRecords kept;
  kept.talk({.client = "10.63.0.9", .server = "10.20.0.8", .is_answered = false});
  const Asked got = ask(answer_used, kept, {.words = {"10.20.0.8"}});
  CHECK(got.cells({"used", "clients", "services", "unanswered", "last"}) == "no - - 1 -");
  CHECK(got.lines()[0] == "10.20.0.8 is not used: nobody was answered");
  CHECK(ask(answer_used, kept, {.words = {"10.20.0.9"}}).cells({"host", "used", "unanswered"}) ==
        "10.20.0.9 no 0");
}

TEST_CASE("used: for a person it says who, what for and until when") {
  setenv("TZ", "UTC", 1);
  tzset();
  KeptRecords kept = used_server();
  const std::vector<std::string> lines = ask(answer_used, kept, {.words = {"10.20.0.7"}}).lines();
  const std::vector<std::string> expected{
      "10.20.0.7 is used: 3 clients, last answered 2023-11-15 05:00:02",
      "    tcp/5432          2 clients        6 flows    21.6 kB   last 2023-11-15 02:00:00",
      "    tcp/443            1 client         1 flow     3.6 kB   last 2023-11-15 05:00:02",
      "  clients: 10.61.3.4, 10.61.3.5, 10.62.9.9",
      "  only knock, and were never answered: 2 addresses",
      "    10.66.0.1: a scanner, 20 attempts, 20 refused, last 2023-11-15 00:00:00",
      "    10.63.0.9: a monitor, every 5m0s, 12 attempts, last 2023-11-15 00:55:01"};
  REQUIRE(lines.size() == expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(lines[i] == expected[i]);
}

TEST_CASE("used: a ping is no use, and a scanner that found an open port is named") {
  KeptRecords kept;
  for (const bool is_reply : {false, true}) {
    flow::Record& r = kept.add(is_reply ? "10.20.0.7" : "10.1.1.1", 0, is_reply ? "10.1.1.1" : "10.20.0.7", 0,
                               ip_protocol::icmp);
    r.has_icmp = true;
    r.icmp_type = is_reply ? 0 : 8;
    r.sides[0] = {.packets = 1, .bytes = 84, .first = kMidnight, .last = kMidnight};
  }
  const Asked pinged = ask(answer_used, kept, {.words = {"10.20.0.7"}});
  CHECK(pinged.cells({"used", "clients", "unanswered", "pinging"}) == "no - 0 10.1.1.1");
  for (std::uint16_t to = 1; to <= 40; ++to)
    kept.talk({.client = "10.66.0.1", .server = "10.20.0.7", .server_port = to, .is_answered = to == 22});
  const Asked scanned = ask(answer_used, kept, {.words = {"10.20.0.7"}});
  CHECK(scanned.cells({"clients", "services", "attempts"}) == "10.66.0.1 tcp/22 39");
  const std::vector<std::string> lines = scanned.lines();
  CHECK(std::find(lines.begin(), lines.end(), "  of these look like scanners: 1 address") != lines.end());
}

TEST_CASE("used: a network has a row for each host, IPv6 among them") {
  KeptRecords kept;
  kept.talk({.client = "2001:db8::9", .server = "2001:db8:1::1"});
  kept.talk({.client = "2001:db8::9", .server = "2001:db8:1::2", .is_answered = false});
  kept.talk({.client = "2001:db8:1::1", .server = "2001:db8:2::1"});
  const Asked got = ask(answer_used, kept, {.words = {"2001:db8:1::/48"}});
  CHECK(got.cells({"host", "used", "clients"}) == "2001:db8:1::1 yes 2001:db8::9; 2001:db8:1::2 no -");
}

TEST_CASE("used: what is no address is refused, and times bound the records") {
  KeptRecords kept = used_server();
  const auto wrong = try_asking(answer_used, kept, {.words = {"server7"}});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error() == "HOST server7: expected an address or a network, such as 192.0.2.0/24");
  const Asked late = ask(answer_used, kept, {.words = {"10.20.0.7"}, .from = kMidnight + 4 * kHourOfDay});
  CHECK(late.cells({"clients", "unanswered"}) == "10.62.9.9 0");
  CHECK(kept.asked.back().fields.has(Field::detail) == false);
}

}  // namespace weir::engine
