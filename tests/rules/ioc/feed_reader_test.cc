#include "rules/ioc/feed_reader.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::rules;

namespace {

struct ReadFeed {
  IndicatorTable table;
  FeedReport report;
  explicit ReadFeed(std::string_view text) { report = read_feed_text(text, "bad.csv", table, "bad"); }
  [[nodiscard]] const Indicator* address(const char* text, std::uint16_t port = 0) const {
    return table.find_address(IpNetwork::parse(text)->address, port, 0);
  }
  [[nodiscard]] std::string problem(std::size_t i) const { return to_string(report.problems.at(i)); }
};

}  // namespace

TEST_CASE("feeds: a line is an indicator, and lines that are wrong are told with their place") {
  const ReadFeed feed(
      "\xef\xbb\xbf# addresses, domains\n"
      "192.0.2.1\n"
      "  192.0.2.0/24:443   # a server\r\n"
      "\n"
      "; evil.example is next\n"
      "evil.example\n"
      "192.0.2.1\n"
      " 192.0.2.999\n"
      "192.0.2.1 and more\n"
      "\x1b[31m.\x01\n");
  CHECK(feed.report.indicators == 3);
  CHECK(feed.report.again == 1);
  CHECK(feed.report.wrong == 3);
  REQUIRE(feed.report.problems.size() == 3);
  CHECK(feed.problem(0) == "bad.csv:8:2: error: no address, network, name or fingerprint (192.0.2.999)");
  CHECK(feed.problem(1) == "bad.csv:9:11: error: only a comment may follow an indicator (and more)");
  CHECK(feed.problem(2) == "bad.csv:10:1: error: no address, network, name or fingerprint (?[31m.?)");
  REQUIRE(feed.address("192.0.2.7", 443) != nullptr);
  CHECK(feed.address("192.0.2.7", 443)->feed == "bad");
}

TEST_CASE("feeds: CSV has its columns by name, in any order") {
  const ReadFeed feed(
      "tags,Port,indicator,nonsense,confidence,expiry,feed\n"
      "\"botnet, c2\",443,192.0.2.1,x,80,2027-01-01,theirs\n"
      ",,evil.example,x,high\n"
      "a,70000,192.0.2.2,x,1,,\n"
      "a,1,192.0.2.2,x,120,,\n"
      "a,1,192.0.2.2,x,12,soon,\n"
      "a,1,,x,12,,\n"
      "\"a,1,192.0.2.2\n");
  CHECK(feed.report.indicators == 2);
  REQUIRE(feed.report.problems.size() == 5);
  CHECK(feed.problem(0) == "bad.csv:4:3: error: the port is no number from 1 to 65535 (70000)");
  CHECK(feed.problem(1) == "bad.csv:5:17: error: the confidence is no number from 0 to 100 (120)");
  CHECK(feed.problem(2) == "bad.csv:6:20: error: the expiry is no date, such as 2027-01-31 (soon)");
  CHECK(feed.problem(3) == "bad.csv:7:1: error: there is no indicator (a,1,,x,12,,)");
  CHECK(feed.problem(4).starts_with("bad.csv:8:1: error: a quote has no end"));
  const Indicator* const one = feed.address("192.0.2.1", 443);
  REQUIRE(one != nullptr);
  CHECK(one->value == "192.0.2.1:443");
  CHECK(one->feed == "theirs");
  CHECK(one->confidence == 80);
  CHECK(one->expiry == TimeUs{1'798'761'600} * 1'000'000);
  CHECK(std::vector<std::string_view>(one->tags.begin(), one->tags.end()) ==
        std::vector<std::string_view>{"botnet", "c2"});
  CHECK(feed.address("192.0.2.1", 80) == nullptr);
  CHECK(feed.table.find_domain("evil.example", 0)->confidence == 75);
}

TEST_CASE("feeds: a header in a comment counts, and types that are not matched are passed over") {
  const ReadFeed feed(
      "# A feed of somebody\n"
      "# \"first_seen_utc\",\"ioc_value\",\"ioc_type\",\"confidence_level\"\n"
      "\"2026-01-01\", \"192.0.2.1:8080\", \"ip:port\", \"100\"\n"
      "\"2026-01-01\", \"http://a.example/\", \"url\", \"100\"\n"
      "\"2026-01-01\", \"d41d8cd98f00b204e9800998ecf8427e\", \"md5_hash\", \"100\"\n");
  CHECK(feed.report.indicators == 1);
  CHECK(feed.report.other == 2);
  CHECK(feed.report.problems.empty());
  CHECK(feed.address("192.0.2.1", 8080)->confidence == 100);
}

TEST_CASE("feeds: a type is what its words say") {
  const ReadFeed feed("ip,type\n192.0.2.1,security scanner\n192.0.2.2,profile\n192.0.2.3,filename|md5\n");
  CHECK(feed.report.indicators == 2);
  CHECK(feed.report.other == 1);
}

TEST_CASE("feeds: of many wrong lines some are told and all are counted, and long ones are wrong") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "nonsense\n";
  text += std::string(kMaxFeedLineBytes + 1, 'a') + "\n192.0.2.1";
  const ReadFeed feed(text);
  CHECK(feed.report.wrong == 101);
  CHECK(feed.report.problems.size() == kMaxFeedProblems);
  CHECK(feed.report.indicators == 1);
}

TEST_CASE("feeds: a file that is not there is told") {
  IndicatorTable table;
  const FeedReport report = read_feed("/nonexistent/feed.txt", table);
  REQUIRE(report.problems.size() == 1);
  CHECK(to_string(report.problems[0]).starts_with("/nonexistent/feed.txt: error: cannot be opened"));
}
