#include <doctest/doctest.h>

#include "decoders/net/ip_protocol.h"
#include "tests/engine/query/kept_records.h"
#include "tests/temporary_folder.h"

namespace weir::engine {
namespace {

class FeedFile {
 public:
  explicit FeedFile(const std::string& text) : path_(folder_.write("feed.txt", text)) {}
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  test::TemporaryFolder folder_;
  std::string path_;
};

}  // namespace

TEST_CASE("known-bad: each host and indicator, networks and IPv6 among them, counted once") {
  KeptRecords kept;
  for (std::uint16_t i = 0; i < 3; ++i) {
    const auto port = static_cast<std::uint16_t>(61000 + i);
    kept.talk({.client = "10.61.7.7",
               .server = "185.1.1.7",
               .client_port = port,
               .at = i * kHourOfDay,
               .bytes = 3000,
               .domains = {1, 2}});
    kept.talk({.client = "10.61.7.7", .server = "192.0.2.200", .client_port = port, .bytes = 1000});
  }
  kept.talk({.client = "2001:db8:60::5", .server = "2001:db8:bad::1", .bytes = 500});
  kept.talk({.client = "10.61.7.7", .server = "192.0.2.100", .bytes = 1000});
  const FeedFile feed("185.1.1.7\n185.1.1.8\n192.0.2.128/25\n2001:0db8:0bad::/48\n");
  const Asked got = ask(answer_known_bad, kept, {.feeds = {feed.path()}});
  CHECK(got.cells({"host", "indicator", "flows", "bytes"}) ==
        "10.61.7.7 185.1.1.7 3 36000; 10.61.7.7 192.0.2.128/25 3 12000; 2001:db8:60::5 2001:db8:bad::/48 1 "
        "2000");
  CHECK(got.cells({"bytes_out", "bytes_in"}) == "9000 27000; 3000 9000; 500 1500");
  CHECK(got.cell(0, "first") == "0");
  CHECK(got.cell(0, "last") == std::to_string(2 * 3600 * 1000 + 800));
  CHECK(got.cell(1, "addresses") == "192.0.2.200");
  CHECK(kept.asked.size() == 1);
  CHECK(kept.asked[0].hosts.networks().size() == 4);
  CHECK_FALSE(kept.asked[0].fields.has(Field::detail));
}

TEST_CASE("known-bad: who came to us counts, too, and a port and an expiry are kept to") {
  KeptRecords kept;
  kept.talk({.client = "185.1.1.7", .server = "10.0.0.1", .bytes = 100});
  kept.talk({.client = "10.0.0.2", .server = "185.1.1.8", .server_port = 80});
  kept.talk({.client = "10.0.0.3", .server = "185.1.1.8"});
  kept.talk({.client = "10.0.0.4", .server = "185.1.1.9"});
  const FeedFile feed(
      "indicator,confidence,expiry,feed\n"
      "185.1.1.7,80,,ours\n185.1.1.8:443,,,ours\n185.1.1.9,,2023-01-01,ours\n");
  const Asked got = ask(answer_known_bad, kept, {.feeds = {feed.path()}});
  CHECK(got.cells({"host", "indicator", "feed", "confidence", "began_there"}) ==
        "10.0.0.3 185.1.1.8:443 ours - 0; 10.0.0.1 185.1.1.7 ours 80 1");
  CHECK(got.cells({"bytes_out", "bytes_in"}) == "900 2700; 300 100");
}

TEST_CASE("known-bad: names and fingerprints in details, read only when a feed has some") {
  KeptRecords kept;
  flow::Detail detail;
  detail.host = "www.Evil.example";
  detail.ja4 = "t13d1516h2_8daaf6152771_e5627efa2ab1";
  for (std::uint16_t port = 1; port <= 2; ++port) {
    flow::Record& r = kept.add("10.0.0.1", static_cast<std::uint16_t>(50000 + port), "203.0.113.1", 443, 6);
    r.exporter = {};
    r.sides[0] = {.packets = 1, .bytes = 100, .first = kMidnight, .last = kMidnight, .tcp_flags = 0x1b};
    r.sides[1] = {.packets = 1, .bytes = 300, .first = kMidnight, .last = kMidnight, .tcp_flags = 0x1b};
    r.detail = &detail;
  }
  kept.talk({.client = "10.0.0.2", .server = "185.1.1.7"});
  kept.talk({.client = "10.0.0.2", .server = "185.1.1.6"});
  const FeedFile names("evil.example\nt13d1516h2_8daaf6152771_e5627efa2ab1\n185.1.1.7\n");
  const Asked got = ask(answer_known_bad, kept, {.feeds = {names.path()}});
  CHECK(got.cells({"host", "indicator", "kind", "flows", "bytes"}) ==
        "10.0.0.2 185.1.1.7 address 1 3600; 10.0.0.1 evil.example domain 2 800; "
        "10.0.0.1 t13d1516h2_8daaf6152771_e5627efa2ab1 fingerprint 2 800");
  CHECK(kept.asked[0].hosts.empty());
  CHECK(kept.asked[0].fields.has(Field::detail));
}

TEST_CASE("known-bad: feeds that are missing, empty or wrong") {
  KeptRecords kept;
  const auto none = try_asking(answer_known_bad, kept, {});
  REQUIRE_FALSE(none);
  CHECK(none.error() == "known-bad: name the indicators with --ioc FILE");
  const auto missing = try_asking(answer_known_bad, kept, {.feeds = {"no-such-feed.txt"}});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().find("no-such-feed.txt") != std::string::npos);
  const FeedFile empty("# nothing\n");
  CHECK_FALSE(try_asking(answer_known_bad, kept, {.feeds = {empty.path()}}));
  const FeedFile half("185.1.1.7\n!!\n");
  CHECK(ask(answer_known_bad, kept, {.feeds = {half.path()}}).warnings.size() == 1);
  CHECK(kept.asked.size() == 1);
}

}  // namespace weir::engine
