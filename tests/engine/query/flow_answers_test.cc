// list, top, series, count and matrix.
#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "engine/query/answers.h"
#include "tests/engine/query/kept_records.h"

namespace weir::engine {
namespace {

// Three hosts that fetch something of two servers: 10.0.0.1 most, in one record of both directions.
KeptRecords three_clients() {
  KeptRecords out;
  const auto add = [&](std::string_view from, std::string_view to, std::uint16_t port, std::uint64_t sent,
                       std::uint64_t got, TimeUs minute) {
    flow::Record& r = out.add(from, 40'000, to, port, 6);
    const TimeUs first = kMidnight + minute * kMinuteOfDay;
    r.sides[0] = {.packets = 2, .bytes = sent, .first = first, .last = first + kMinuteOfDay, .tcp_flags = 2};
    if (got != 0)
      r.sides[1] = {
          .packets = 4, .bytes = got, .first = first, .last = first + kMinuteOfDay, .tcp_flags = 0x12};
  };
  add("10.0.0.1", "192.0.2.1", 443, 100, 5000, 0);
  add("10.0.0.1", "192.0.2.2", 53, 50, 150, 20);
  add("10.0.0.2", "192.0.2.1", 443, 200, 2000, 1);
  add("10.0.1.3", "192.0.2.1", 443, 60, 0, 2);
  return out;
}

// Takes the ports that records come from, as text.
class ListedRecords final : public RecordOutput {
 public:
  std::string text;
  void take(std::span<const flow::Record> records) override {
    for (const flow::Record& r : records)
      text += fmt::format("{}{}>{}", text.empty() ? "" : " ", short_text(r.source), r.destination_port);
  }
  [[nodiscard]] bool has_failed() const override { return false; }
  tl::expected<void, std::string> finish() override { return {}; }
};

std::string listed(KeptRecords& records, Asking what) {
  ListedRecords out;
  what.records = &out;
  (void)ask(answer_list, records, what);
  return out.text;
}

std::string asking_error(Answering question, const Asking& what) {
  KeptRecords records = three_clients();
  const auto asked = try_asking(question, records, what);
  return asked ? "" : asked.error();
}

}  // namespace

TEST_CASE("flows top: groups by source, with what part of all they have") {
  KeptRecords records = three_clients();
  const Asked asked = ask(answer_top, records, {});
  CHECK(asked.cells({"src_ip", "flows", "packets", "bytes"}) ==
        "10.0.0.1 2 12 5300; 10.0.0.2 1 6 2200; 10.0.1.3 1 2 60");
  CHECK(std::stod(asked.cell(0, "share")) == doctest::Approx(5300.0 / 7560));
  CHECK(asked.warnings.empty());
}

TEST_CASE("flows top: by several fields, sorted and cut as asked") {
  KeptRecords records = three_clients();
  CHECK(ask(answer_top, records, {.by = "dst,dport", .sort = "flows", .limit = 1})
            .cells({"dest_ip", "dest_port", "flows"}) == "192.0.2.1 443 3");
  CHECK(ask(answer_top, records, {.by = "src/24", .sort = "packets"}).cells({"src_net", "packets"}) ==
        "10.0.0.0/24 18; 10.0.1.0/24 2");
  // 5100 bytes in a minute; of 10.0.0.1 it is all it had, in 21 minutes.
  CHECK(ask(answer_top, records, {.sort = "bps"}).cells({"src_ip", "bps"}) ==
        "10.0.0.2 293; 10.0.0.1 33; 10.0.1.3 8");
}

TEST_CASE("flows top: either end counts, one that talks to itself once") {
  KeptRecords records = three_clients();
  flow::Record& own = records.add("10.0.1.3", 1, "10.0.1.3", 2, 6);
  own.sides[0] = {.packets = 1, .bytes = 7, .first = kMidnight, .last = kMidnight};
  CHECK(ask(answer_top, records, {.by = "host", .sort = "flows"}).cells({"ip", "flows", "bytes"}) ==
        "192.0.2.1 3 7360; 10.0.0.1 2 5300; 10.0.1.3 2 67; 10.0.0.2 1 2200; 192.0.2.2 1 200");
}

TEST_CASE("flows top: sampled packets stand for many, but with --raw, which is told") {
  KeptRecords records = three_clients();
  records.records[3].sampling = 1000;
  const Asked asked = ask(answer_top, records, {.limit = 1});
  CHECK(asked.cells({"src_ip", "flows", "packets", "bytes"}) == "10.0.1.3 1 2000 60000");
  REQUIRE(asked.warnings.size() == 1);
  CHECK(asked.warnings[0].find("--raw") != std::string::npos);
  const Asked raw = ask(answer_top, records, {.raw = true, .limit = 1});
  CHECK(raw.cells({"src_ip", "bytes"}) == "10.0.0.1 5300");
  CHECK(raw.warnings.empty());
}

TEST_CASE("flows top: names of all threads are one table") {
  KeptRecords records = three_clients();
  std::vector<flow::Detail> details(4);
  const std::vector<std::string> names{"a.example", "b.example", "b.example", "a.example"};
  for (std::size_t i = 0; i < 4; ++i) {
    details[i].host = names[i];
    records.records[i].detail = &details[i];
  }
  CHECK(ask(answer_top, records, {.by = "sni"}).cells({"name", "flows", "bytes"}) ==
        "a.example 2 5160; b.example 2 2400");
}

TEST_CASE("flows: a filter says which records count, and the source which it need not read") {
  KeptRecords records = three_clients();
  CHECK(ask(answer_top, records, {.words = {"dst", "192.0.2.1", "and answered"}}).cells({"src_ip"}) ==
        "10.0.0.1; 10.0.0.2");
  REQUIRE(records.asked.size() == 1);
  CHECK(records.asked[0].hosts.contains(address("192.0.2.1")));
  CHECK_FALSE(records.asked[0].fields.has(Field::detail));
  CHECK(asking_error(answer_top, {.words = {"dport foo"}}) ==
        "filter, column 7: expected a port, got 'foo'\n  dport foo\n        ^");
}

TEST_CASE("flows: only members that are needed are asked for") {
  KeptRecords records = three_clients();
  (void)ask(answer_top, records, {});
  const Fields fields = records.asked.at(0).fields;
  for (const Field needed : {Field::addresses, Field::counters, Field::exporter}) CHECK(fields.has(needed));
  for (const Field idle :
       {Field::times, Field::ports, Field::protocol, Field::tcp_flags, Field::path, Field::detail})
    CHECK_FALSE(fields.has(idle));
}

TEST_CASE("flows: parts of a flow are one flow, and one record for what a filter says of its size") {
  KeptRecords records = three_clients();
  records.records[0].part = 1;
  flow::Record second = records.records[0];
  second.part = 2;
  second.sides[0].first = second.sides[1].first = kMidnight + 2 * kMinuteOfDay;
  records.records.push_back(second);
  CHECK(ask(answer_top, records, {.limit = 1}).cells({"src_ip", "flows", "bytes"}) == "10.0.0.1 2 10400");
  CHECK(ask(answer_top, records, {.words = {"bytes > 10k"}}).cells({"src_ip", "flows", "bytes"}) ==
        "10.0.0.1 1 10200");
  CHECK(listed(records, {.words = {"src 10.0.0.1 and port 443"}}) == "10.0.0.1>443");
  CHECK(listed(records, {.words = {"src 10.0.0.1 and port 443"}, .raw = true}) ==
        "10.0.0.1>443 10.0.0.1>443");
}

TEST_CASE("flows series: bytes are spread over the time of a flow, which counts where it begins") {
  KeptRecords records;
  flow::Record& r = records.add("10.0.0.1", 40'000, "192.0.2.1", 443, 6);
  // From 4 minutes to 14: one of its ten minutes lies in the first step, five in the second, four in the third.
  r.sides[0] = {.packets = 100,
                .bytes = 1001,
                .first = kMidnight + 4 * kMinuteOfDay,
                .last = kMidnight + 14 * kMinuteOfDay};
  flow::Record& late = records.add("10.0.0.2", 40'000, "192.0.2.1", 443, 6);
  late.sides[0] = {.packets = 1,
                   .bytes = 60,
                   .first = kMidnight + 21 * kMinuteOfDay,
                   .last = kMidnight + 21 * kMinuteOfDay};
  CHECK(ask(answer_series, records, {}).cells({"time", "flows", "packets", "bytes"}) ==
        "0 1 10 100; 300000 0 50 500; 600000 0 40 401; 900000 0 0 0; 1200000 1 1 60");
  CHECK(ask(answer_series, records, {.by = "src", .step = "10m"}).cells({"time", "src_ip", "bytes"}) ==
        "0 10.0.0.1 600; 0 10.0.0.2 0; 600000 10.0.0.1 401; 600000 10.0.0.2 0; 1200000 10.0.0.1 0; "
        "1200000 10.0.0.2 60");
  const Asked cut = ask(answer_series, records, {.by = "src", .step = "1h", .limit = 1});
  CHECK(cut.cells({"src_ip", "bytes"}) == "10.0.0.1 1001");
  CHECK(cut.warnings.size() == 1);
}

TEST_CASE("flows series: what lies outside the window is left out") {
  KeptRecords records;
  flow::Record& r = records.add("10.0.0.1", 40'000, "192.0.2.1", 443, 6);
  r.sides[0] = {.packets = 100, .bytes = 1000, .first = kMidnight, .last = kMidnight + 10 * kMinuteOfDay};
  CHECK(ask(answer_series, records,
            {.from = kMidnight + 5 * kMinuteOfDay, .to = kMidnight + 10 * kMinuteOfDay, .step = "1m"})
            .cells({"time", "bytes"}) == "300000 100; 360000 100; 420000 100; 480000 100; 540000 100");
}

TEST_CASE("flows series: times that somebody made up end nothing but the answer") {
  KeptRecords records = three_clients();
  records.records[0].sides[0].first = std::numeric_limits<TimeUs>::min();
  records.records[0].sides[0].last = std::numeric_limits<TimeUs>::max();
  records.records[0].sides[1] = {};
  Asking what;
  what.step = "1s";
  const auto asked = try_asking(answer_series, records, what);
  REQUIRE_FALSE(asked.has_value());
  CHECK(asked.error().find("ask for a longer --step or for less time") != std::string::npos);
}

TEST_CASE("flows count: sums, hosts and times of all") {
  KeptRecords records = three_clients();
  CHECK(ask(answer_count, records, {})
            .cells({"records", "flows", "packets", "bytes", "hosts", "first", "last"}) ==
        "4 4 20 7560 5 0 1260000");
  CHECK(ask(answer_count, records, {.words = {"udp"}}).cells({"records", "bytes", "first"}) == "0 0 -");
}

TEST_CASE("flows count: records that stand for several flows count as so many") {
  KeptRecords records;
  flow::Record& r = records.add("10.0.0.1", 40'000, "192.0.2.1", 443, 6);
  r.sides[0] = {.packets = 20, .bytes = 2000, .first = kMidnight, .last = kMidnight + 1};
  r.flows = 12;
  flow::Record& other = records.add("10.0.0.1", 40'001, "192.0.2.1", 443, 6);
  other.sides[0] = {.packets = 1, .bytes = 60, .first = kMidnight, .last = kMidnight + 1};
  CHECK(ask(answer_count, records, {}).cells({"records", "flows", "packets"}) == "2 13 21");
  CHECK(ask(answer_top, records, {.by = "dport"}).cells({"flows"}) == "13");
}

TEST_CASE("flows matrix: networks by networks, both directions apart") {
  KeptRecords records = three_clients();
  CHECK(ask(answer_matrix, records, {})
            .cells({"src_net", "dest_net", "flows", "bytes_toserver", "bytes_toclient"}) ==
        "10.0.0.0/24 192.0.2.0/24 3 350 7150; 10.0.1.0/24 192.0.2.0/24 1 60 0");
  const Asked one = ask(answer_matrix, records, {.by = "src/8,dst", .limit = 1});
  CHECK(one.cells({"src_net", "dest_ip", "flows"}) == "10.0.0.0/8 192.0.2.1 3");
  CHECK(one.warnings.size() == 1);
}

TEST_CASE("flows list: as they come, or sorted, and no more than asked for") {
  KeptRecords records = three_clients();
  CHECK(listed(records, {}) == "10.0.0.1>443 10.0.0.1>53 10.0.0.2>443 10.0.1.3>443");
  CHECK(listed(records, {.limit = 2}) == "10.0.0.1>443 10.0.0.1>53");
  CHECK(listed(records, {.sort = "bytes"}) == "10.0.0.1>443 10.0.0.2>443 10.0.0.1>53 10.0.1.3>443");
  CHECK(listed(records, {.sort = "time", .limit = 3}) == "10.0.0.1>443 10.0.0.2>443 10.0.1.3>443");
  CHECK(listed(records, {.sort = "packets", .limit = 0}).empty());
  CHECK(listed(records, {.words = {"dport 53"}, .sort = "bps"}) == "10.0.0.1>53");
}

TEST_CASE("flows: options that cannot be read are named") {
  CHECK(asking_error(answer_top, {.sort = "size"}) ==
        "--sort size: expected bytes, packets, flows, bps, pps or bpp");
  CHECK(asking_error(answer_list, {.sort = "flows"}) ==
        "--sort flows: expected time, bytes, packets, duration, bps, pps or bpp");
  CHECK(asking_error(answer_series, {.step = "5"}) == "--step 5: expected a span such as 5m, 1h or 2d");
  CHECK(asking_error(answer_series, {.sort = "bps"}) == "--sort bps: series takes bytes, packets or flows");
  CHECK(asking_error(answer_matrix, {.by = "source"}).starts_with("--by source: 'source' is none of src, "));
}

TEST_CASE("flows: what is wrong with a call is told apart from what could not be read") {
  struct Row {
    Answering question;
    std::vector<std::string> words;
    const char *by = "", *sort = "", *step = "";
  };
  const Row rows[] = {{.question = answer_list, .words = {"bytes >"}},
                      {.question = answer_list, .words = {}, .sort = "colour"},
                      {.question = answer_count, .words = {"bytes >"}},
                      {.question = answer_top, .words = {"bytes >"}},
                      {.question = answer_top, .words = {}, .by = "colour"},
                      {.question = answer_matrix, .words = {}, .sort = "colour"},
                      {.question = answer_series, .words = {}, .step = "soon"},
                      {.question = answer_series, .words = {}, .sort = "bps"},
                      {.question = answer_used, .words = {"server7"}},
                      {.question = answer_talked, .words = {"server7"}},
                      {.question = answer_reach, .words = {"10.0.0.1", "server7"}},
                      {.question = answer_known_bad, .words = {}}};
  for (const Row& row : rows) {
    KeptRecords records = three_clients();
    QuestionOptions options;
    options.words = row.words;
    options.by = row.by;
    options.sort = row.sort;
    options.step = row.step;
    QuestionCall call{
        .options = options, .source = records, .from = 0, .to = 1, .ports = {}, .warnings = {}, .report = {}};
    const auto answer = row.question(call);
    REQUIRE_FALSE(answer);
    CAPTURE(answer.error());
    CHECK(call.is_wrong);
    CHECK(records.asked.empty());
  }
}

}  // namespace weir::engine
