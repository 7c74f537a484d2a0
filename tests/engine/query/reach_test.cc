#include <doctest/doctest.h>

#include "decoders/net/ip_protocol.h"
#include "tests/engine/query/kept_records.h"

namespace weir::engine {
namespace {

constexpr TimeUs kTen = 10 * kHourOfDay;

// Answered from 8 to 9, lost between the second and the third router from 10 to 11; answers of another server that only the third saw.
KeptRecords lost_behind_core() {
  KeptRecords kept;
  for (std::uint16_t k = 0; k < 60; ++k) {
    const TimeUs minute = k * kMinuteOfDay;
    kept.talk({.client = "198.51.100.9",
               .server = "10.30.0.5",
               .client_port = static_cast<std::uint16_t>(30000 + k),
               .at = 8 * kHourOfDay + minute,
               .domains = {1, 2, 3}});
    kept.talk({.client = "198.51.100.9",
               .server = "10.30.0.5",
               .client_port = static_cast<std::uint16_t>(31000 + k),
               .at = kTen + minute,
               .packets = 3,
               .bytes = 180,
               .is_answered = false,
               .domains = {1, 2}});
    kept.talk({.client = "198.51.100.9",
               .server = "10.30.0.6",
               .client_port = static_cast<std::uint16_t>(32000 + k),
               .at = kTen + minute,
               .packets = 3,
               .bytes = 180,
               .domains = {1, 2, 3},
               .reply_domains = {3}});
  }
  return kept;
}

Asking asking(const char* server, int from_hour) {
  return {.words = {"198.51.100.9", server},
          .ports = {443},
          .from = kMidnight + from_hour * kHourOfDay,
          .to = kMidnight + (from_hour + 1) * kHourOfDay};
}

const std::vector<std::string_view> kVerdict{"verdict", "seen_at", "reply_seen_at", "packets",
                                             "reply_packets"};

}  // namespace

TEST_CASE("reach: answered, lost on the way there, on the way back, and not seen") {
  KeptRecords kept = lost_behind_core();
  CHECK(ask(answer_reach, kept, asking("10.30.0.5", 8)).cells(kVerdict) == "answered 1,2,3 1,2,3 360 360");
  CHECK(ask(answer_reach, kept, asking("10.30.0.5", 10)).cells(kVerdict) == "unanswered 1,2 - 180 0");
  CHECK(ask(answer_reach, kept, asking("10.30.0.6", 10)).cells(kVerdict) == "answered 1,2,3 3 180 180");
  CHECK(ask(answer_reach, kept, asking("10.30.0.7", 10)).cells(kVerdict) == "unseen - - 0 0");
}

TEST_CASE("reach: it names the place of the loss, and when it worked last") {
  KeptRecords kept = lost_behind_core();
  const Asked there = ask(answer_reach, kept, asking("10.30.0.5", 10));
  CHECK(there.cells({"attempts", "answered", "lost_behind", "lost_before", "last_answered"}) ==
        "60 0 2 3 " + std::to_string((8 * 60 + 59) * 60 * 1000));
  const Asked back = ask(answer_reach, kept, asking("10.30.0.6", 10));
  CHECK(back.cells({"lost_behind", "answers_lost_behind", "answers_lost_before"}) == "- 3 2");
}

TEST_CASE("reach: what a person reads") {
  setenv("TZ", "UTC", 1);
  tzset();
  KeptRecords kept = lost_behind_core();
  const std::vector<std::string> lines = ask(answer_reach, kept, asking("10.30.0.5", 10)).lines();
  const std::vector<std::string> expected{
      "198.51.100.9 -> 10.30.0.5 tcp/443: NOT ANSWERED, 60 attempts (SYN only), 180 packets",
      "  192.0.2.1/1   10:00:00 - 10:59:00   seen       no reply",
      "  192.0.2.2/2   10:00:00 - 10:59:00   seen       no reply",
      "  192.0.2.3/3                         not seen              <- lost between 192.0.2.2/2 and "
      "192.0.2.3/3",
      "  last answered 08:59:00 (60 times between 08:00 and 09:00)"};
  REQUIRE(lines.size() == expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(lines[i] == expected[i]);
  const std::vector<std::string> back = ask(answer_reach, kept, asking("10.30.0.6", 10)).lines();
  REQUIRE(back.size() == 4);
  CHECK(back[0] == "198.51.100.9 -> 10.30.0.6 tcp/443: ANSWERED, 60 flows, 180 packets, 180 back");
  CHECK(back[2] ==
        "  192.0.2.2/2   10:00:00 - 10:59:00   seen       no reply   <- answers lost between 192.0.2.3/3 and "
        "192.0.2.2/2");
  const std::vector<std::string> unseen = ask(answer_reach, kept, asking("10.30.0.5", 12)).lines();
  REQUIRE(unseen.size() == 2);
  CHECK(unseen[0] == "198.51.100.9 -> 10.30.0.5 tcp/443: NOT SEEN");
  CHECK(unseen[1] == "  last answered 2023-11-15 08:59:00 (60 times between 08:00 and 09:00)");
}

TEST_CASE("reach: points stand in the order in which packets came by") {
  KeptRecords kept;
  for (const std::uint32_t domain : {3U, 1U, 2U})
    kept.talk({.client = "198.51.100.9",
               .server = "10.30.0.5",
               .at = kTen + (domain == 3   ? 0
                             : domain == 1 ? 4000
                                           : 9000),
               .is_answered = false,
               .domains = {domain}});
  kept.talk({.client = "198.51.100.9",
             .server = "10.30.0.5",
             .client_port = 40001,
             .at = kTen,
             .is_answered = false,
             .domains = {3}});
  kept.talk({.client = "198.51.100.9", .server = "10.30.0.5", .at = 9 * kHourOfDay, .domains = {4}});
  const Asked got = ask(answer_reach, kept, asking("10.30.0.5", 10));
  CHECK(got.cell(0, "seen_at") == "1,2,3");
  const std::vector<std::string> lines = got.lines();
  REQUIRE(lines.size() >= 4);
  CHECK(lines[1].starts_with("  192.0.2.3/3 "));
  CHECK(lines[2].starts_with("  192.0.2.1/1 "));
  CHECK(lines[3].starts_with("  192.0.2.2/2 "));
}

TEST_CASE("reach: TTLs that exporters tell go before times") {
  KeptRecords kept;
  std::array<flow::Detail, 3> details;
  for (const std::uint32_t domain : {1U, 2U, 3U}) {
    details[domain - 1].sides[0].ttl_min = static_cast<std::uint8_t>(60 + domain);
    kept.talk({.client = "198.51.100.9",
               .server = "10.30.0.5",
               .at = kTen,
               .is_answered = false,
               .domains = {domain}});
    kept.records.back().detail = &details[domain - 1];
  }
  const std::vector<std::string> lines = ask(answer_reach, kept, asking("10.30.0.5", 10)).lines();
  REQUIRE(lines.size() == 5);
  CHECK(lines[1].starts_with("  192.0.2.3/3 "));
  CHECK(lines[3].starts_with("  192.0.2.1/1 "));
  CHECK(lines[4] == "  nothing came back behind the last point");
}

TEST_CASE("reach: a reset is refused, and who sends ICMP errors or drops is named") {
  KeptRecords kept;
  kept.talk({.client = "198.51.100.9",
             .server = "10.30.0.5",
             .at = kTen,
             .client_flags = 0x02,
             .server_flags = 0x14});
  const Asked reset = ask(answer_reach, kept, asking("10.30.0.5", 10));
  CHECK(reset.cells({"verdict", "refused", "reply_seen_at"}) == "unanswered 1 1");
  CHECK(reset.lines()[0] ==
        "198.51.100.9 -> 10.30.0.5 tcp/443: REFUSED, 1 attempt, 1 of them reset, 6 packets");

  kept.records.pop_back();
  flow::Record& error = kept.add("192.0.2.99", 0, "198.51.100.9", 0, ip_protocol::icmp);
  error.has_icmp = true;
  error.icmp_type = 3;
  error.sides[0] = {.packets = 1, .bytes = 56, .first = kMidnight + kTen, .last = kMidnight + kTen};
  flow::Detail denied;
  denied.firewall_event = 3;
  kept.talk({.client = "198.51.100.9",
             .server = "10.30.0.5",
             .client_port = 1,
             .at = kTen,
             .is_answered = false,
             .domains = {7}});
  kept.records.back().detail = &denied;
  const Asked told = ask(answer_reach, kept, asking("10.30.0.5", 10));
  CHECK(told.cells({"dropped_by", "icmp_errors_of", "icmp_errors_perhaps_of", "attempts"}) ==
        "192.0.2.7 - 192.0.2.99 2");
  const std::vector<std::string> lines = told.lines();
  CHECK(std::find(lines.begin(), lines.end(),
                  "  ICMP errors to the client, about what is not recorded, sent by 192.0.2.99") !=
        lines.end());
}

TEST_CASE("reach: an ICMP error of another exporter is joined to the flow that it quotes") {
  // IPv4, TCP, from the client 198.51.100.9:40000 to 10.30.0.5:443.
  std::string quoted("\x45\0\0\x28\0\0\0\0\x40\x06\0\0\xc6\x33\x64\x09\x0a\x1e\0\x05\x9c\x40\x01\xbb", 24);
  const auto asked_with = [&](std::string_view payload) {
    KeptRecords kept;
    kept.talk({.client = "198.51.100.9", .server = "10.30.0.5", .at = kTen, .is_answered = false});
    flow::Record& error = kept.add("192.0.2.99", 0, "198.51.100.9", 0, ip_protocol::icmp);
    error.exporter = KeptRecords::point(5);
    error.has_icmp = true;
    error.icmp_type = 3;
    error.sides[0] = {.packets = 1, .bytes = 56, .first = kMidnight + kTen, .last = kMidnight + kTen};
    flow::Detail detail;
    detail.sides[0].payload = payload;
    error.detail = &detail;
    return ask(answer_reach, kept, asking("10.30.0.5", 10))
        .cells({"icmp_errors_of", "icmp_errors_perhaps_of"});
  };
  CHECK(asked_with(quoted) == "192.0.2.99 -");
  for (std::size_t size = 0; size < quoted.size(); ++size)
    CHECK(asked_with(quoted.substr(0, size)) == "- 192.0.2.99");
  // About another server, or another port of this one: it says nothing of these flows.
  std::string other = quoted;
  other[19] = 6;
  CHECK(asked_with(other) == "- -");
  quoted[23] = 1;
  CHECK(asked_with(quoted) == "- -");
}

TEST_CASE("reach: the last point that saw packets names where it sent them") {
  KeptRecords kept = lost_behind_core();
  for (flow::Record& r : kept.records)
    r.routing.next_hop = address(r.exporter.domain == 2 ? "192.0.2.254" : "192.0.2.253");
  const Asked lost = ask(answer_reach, kept, asking("10.30.0.5", 10));
  CHECK(lost.cell(0, "next_hops") == "192.0.2.254");
  CHECK(lost.lines()[2] ==
        "  192.0.2.2/2   10:00:00 - 10:59:00   seen       no reply   -> sent on to 192.0.2.254");
  CHECK(ask(answer_reach, kept, asking("10.30.0.5", 8)).cell(0, "next_hops") == "-");
}

TEST_CASE("reach: without a port each service has a row, and what the server began is none") {
  KeptRecords kept;
  kept.talk({.client = "198.51.100.9", .server = "10.30.0.5", .at = kTen, .is_answered = false});
  kept.talk({.client = "198.51.100.9", .server = "10.30.0.5", .protocol = 17, .at = kTen});
  kept.talk({.client = "10.30.0.5", .server = "198.51.100.9", .server_port = 25, .at = kTen});
  const Asked got = ask(answer_reach, kept, {.words = {"198.51.100.9", "10.30.0.5"}});
  CHECK(got.cells({"proto", "port", "verdict"}) == "TCP 443 unanswered; UDP 443 answered");
}

TEST_CASE("reach: details and the past are not read for what was answered") {
  KeptRecords kept = lost_behind_core();
  ask(answer_reach, kept, asking("10.30.0.5", 8));
  CHECK(kept.asked.size() == 1);
  CHECK_FALSE(kept.asked[0].fields.has(Field::detail));
  CHECK(kept.asked[0].hosts.only_addresses());
}

}  // namespace weir::engine
