#include <doctest/doctest.h>

#include "tests/engine/query/kept_records.h"

namespace weir::engine {

TEST_CASE("peers: which database a host used, and which it tried in vain") {
  KeptRecords kept;
  for (std::uint16_t i = 0; i < 30; ++i)
    kept.talk({.client = "10.40.0.11",
               .server = i < 10 ? "10.41.0.1" : "10.41.0.2",
               .client_port = static_cast<std::uint16_t>(20000 + i),
               .server_port = 5432,
               .at = 14 * kHourOfDay + i * kMinuteOfDay,
               .bytes = 1000,
               .reply_after = i % 2 == 0 ? 1000 : -1000});
  for (std::uint16_t i = 0; i < 5; ++i)
    kept.talk({.client = "10.40.0.11",
               .server = "10.41.0.3",
               .client_port = static_cast<std::uint16_t>(21000 + i),
               .server_port = 3306,
               .at = 14 * kHourOfDay,
               .packets = 1,
               .bytes = 60,
               .is_answered = false});
  kept.talk({.client = "10.40.0.11", .server = "10.41.0.9", .at = 14 * kHourOfDay});
  kept.talk({.client = "10.99.0.1", .server = "10.40.0.11", .server_port = 5432, .at = 14 * kHourOfDay});
  Asking asking{.words = {"10.40.0.11"},
                .ports = {5432, 3306},
                .from = kMidnight + 14 * kHourOfDay,
                .to = kMidnight + 14 * kHourOfDay + 20 * kMinuteOfDay};
  CHECK(ask(answer_peers, kept, asking).cells({"ip", "port", "proto", "flows", "bytes", "answered"}) ==
        "10.41.0.1 5432 TCP 10 40000 yes; 10.41.0.2 5432 TCP 10 40000 yes; 10.41.0.3 3306 TCP 5 300 no");
  asking.ports = {};
  CHECK(ask(answer_peers, kept, asking).answer.rows.size() == 4);
}

TEST_CASE("peers: a port that is asked for is the server's, whatever came first") {
  KeptRecords kept;
  kept.talk({.client = "10.40.0.11",
             .server = "10.41.0.1",
             .client_port = 20000,
             .server_port = 23456,
             .reply_after = -1000});
  CHECK(ask(answer_peers, kept, {.words = {"10.40.0.11"}, .ports = {23456}}).cells({"ip", "port"}) ==
        "10.41.0.1 23456");
}

TEST_CASE("talked: all that the host began, once for each server and port, whoever saw it") {
  KeptRecords kept;
  for (std::uint16_t i = 0; i < 4; ++i)
    kept.talk({.client = "10.50.1.23",
               .server = "203.0.113.66",
               .client_port = static_cast<std::uint16_t>(45000 + i),
               .bytes = 500,
               .domains = {1, 2, 3}});
  kept.talk({.client = "10.50.1.23",
             .server = "203.0.113.67",
             .server_port = 8443,
             .bytes = 500,
             .is_answered = false});
  kept.talk({.client = "10.50.1.23", .server = "9.9.9.9", .server_port = 53, .protocol = 17, .bytes = 500});
  kept.talk({.client = "10.1.1.1", .server = "10.50.1.23", .server_port = 22});
  kept.talk({.client = "10.50.1.23",
             .server = "10.70.0.6",
             .server_port = 445,
             .bytes = 40,
             .client_flags = 0x02,
             .server_flags = 0x14});
  const Asked got = ask(answer_talked, kept, {.words = {"10.50.1.23"}});
  CHECK(got.cells({"ip", "port", "proto", "flows", "bytes", "answered"}) ==
        "203.0.113.66 443 TCP 4 8000 yes; 9.9.9.9 53 UDP 1 2000 yes; 203.0.113.67 8443 TCP 1 500 no; "
        "10.70.0.6 445 TCP 1 160 no");
  CHECK(got.cells({"bytes_out", "bytes_in", "refused"}) == "2000 6000 0; 500 1500 0; 500 0 0; 40 120 1");
}

TEST_CASE("talked: records of a server's replies that come first are not what it asked for") {
  KeptRecords kept;
  for (std::uint16_t i = 0; i < 50; ++i)
    kept.talk({.client = "10.60.0.1",
               .server = "10.70.0.10",
               .client_port = static_cast<std::uint16_t>(32768 + i),
               .reply_after = -1000});
  CHECK(ask(answer_talked, kept, {.words = {"10.70.0.10"}}).answer.rows.empty());
  CHECK(ask(answer_talked, kept, {.words = {"10.60.0.1"}}).cells({"ip", "flows"}) == "10.70.0.10 50");
}

TEST_CASE("talked: a network is no host") {
  KeptRecords kept;
  const auto wrong = try_asking(answer_talked, kept, {.words = {"10.0.0.0/8"}});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error() == "HOST 10.0.0.0/8: expected an address such as 192.0.2.1");
}

}  // namespace weir::engine
