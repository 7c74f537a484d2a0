#include "engine/query/part_joiner.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/engine/query/kept_records.h"

namespace weir::engine {
namespace {

// Keeps what it takes; texts of details are copied.
class JoinedRecords final : public flow::RecordConsumer {
 public:
  std::vector<flow::Record> records;
  std::vector<std::string> hosts, rules, indicators;
  std::vector<std::uint32_t> rule_hits;
  void take(std::span<const flow::Record> taken) override {
    for (const flow::Record& record : taken) {
      records.push_back(record);
      hosts.emplace_back(record.detail != nullptr ? record.detail->host : std::string_view{});
      rules.emplace_back(record.detail != nullptr ? record.detail->hit_rules : std::string_view{});
      indicators.emplace_back(record.detail != nullptr ? record.detail->hit_indicators : std::string_view{});
      rule_hits.push_back(record.detail != nullptr ? record.detail->rule_hits : 0);
    }
  }
};

// Part `part` of a flow, of a minute that begins `minute` minutes after midnight.
flow::Record part_of_flow(std::uint32_t part, TimeUs minute, std::uint16_t source_port = 40'000) {
  flow::Record r;
  r.source = address("10.0.0.1");
  r.destination = address("192.0.2.1");
  r.source_port = source_port;
  r.destination_port = 443;
  r.protocol = 6;
  r.part = part;
  r.end_reason = flow::EndReason::active;
  r.sides[0] = {.packets = 10,
                .bytes = 1000,
                .first = kMidnight + minute * kMinuteOfDay,
                .last = kMidnight + (minute + 1) * kMinuteOfDay,
                .tcp_flags = static_cast<std::uint8_t>(1U << part % 8)};
  return r;
}

constexpr std::size_t kRoomForAll = std::size_t{1} << 20U;

}  // namespace

TEST_CASE("part joiner: whole flows go through at once, and parts become one record at the end") {
  JoinedRecords out;
  PartJoiner joiner(out, kRoomForAll);
  std::vector<flow::Record> records{part_of_flow(0, 0, 1), part_of_flow(1, 0), part_of_flow(0, 0, 2),
                                    part_of_flow(2, 1), part_of_flow(0, 0, 3)};
  records[3].end_reason = flow::EndReason::end;
  records[3].sides[1] = {.packets = 1, .bytes = 60, .first = kMidnight + 5, .last = kMidnight + 6};
  joiner.take(records);
  CHECK(out.records.size() == 3);
  joiner.finish();
  REQUIRE(out.records.size() == 4);
  const flow::Record& joined = out.records.back();
  CHECK(joined.part == 0);
  CHECK(joined.source_port == 40'000);
  CHECK(joined.sides[0].packets == 20);
  CHECK(joined.sides[0].bytes == 2000);
  CHECK(joined.sides[0].first == kMidnight);
  CHECK(joined.sides[0].last == kMidnight + 2 * kMinuteOfDay);
  CHECK(joined.sides[0].tcp_flags == 6);
  CHECK(joined.sides[1].bytes == 60);
  CHECK(joined.end_reason == flow::EndReason::end);
}

TEST_CASE(
    "part joiner: parts of several threads and flows of the same ports are told apart by number and time") {
  JoinedRecords out, other;
  PartJoiner one(out, kRoomForAll), two(other, kRoomForAll);
  // The first flow has three parts, the next one of the same ports two; another flow is between them.
  const std::vector<flow::Record> here{part_of_flow(2, 11), part_of_flow(3, 2), part_of_flow(1, 0)};
  const std::vector<flow::Record> there{part_of_flow(1, 10), part_of_flow(2, 1), part_of_flow(1, 1, 7)};
  one.take(here);
  two.take(there);
  one.merge(two);
  one.finish();
  two.finish();
  CHECK(other.records.empty());
  REQUIRE(out.records.size() == 3);
  std::vector<std::uint64_t> packets;
  for (const flow::Record& record : out.records) packets.push_back(record.sides[0].packets);
  std::sort(packets.begin(), packets.end());
  CHECK(packets == std::vector<std::uint64_t>{10, 20, 30});
}

TEST_CASE("part joiner: records of two exporters are never one flow") {
  JoinedRecords out;
  PartJoiner joiner(out, kRoomForAll);
  std::vector<flow::Record> records{part_of_flow(1, 0), part_of_flow(2, 1)};
  records[1].exporter.domain = 5;
  joiner.take(records);
  joiner.finish();
  CHECK(out.records.size() == 2);
}

TEST_CASE("part joiner: details are kept, with the counters of all parts") {
  JoinedRecords out;
  PartJoiner joiner(out, kRoomForAll);
  std::vector<flow::Record> records{part_of_flow(1, 0), part_of_flow(2, 1)};
  std::string host = "example.com";
  flow::Detail first, second;
  first.host = host;
  first.sides[0].payload_bytes = 500;
  first.sides[0].size_min = 40;
  second.sides[0].payload_bytes = 300;
  second.sides[0].size_min = 60;
  records[0].detail = &first;
  records[1].detail = &second;
  joiner.take(records);
  host = "overwritten";
  joiner.finish();
  REQUIRE(out.records.size() == 1);
  CHECK(out.hosts.front() == "example.com");

  flow::Record joined = records[0];
  flow::Detail detail = first;
  joined.detail = &detail;
  JoinedTexts texts;
  join_part(joined, detail, texts, records[1]);
  CHECK(detail.sides[0].payload_bytes == 800);
  CHECK(detail.sides[0].size_min == 40);
}

TEST_CASE("part joiner: what hit any part hit the flow, each rule and indicator once") {
  JoinedRecords out;
  PartJoiner joiner(out, kRoomForAll);
  std::vector<flow::Record> records{part_of_flow(1, 0), part_of_flow(2, 1), part_of_flow(3, 2),
                                    part_of_flow(1, 0, 7), part_of_flow(2, 1, 7)};
  std::vector<flow::Detail> details(5);
  details[0] = {.rule_hits = 2, .indicator_hits = 1, .hit_rules = "17 3:5", .hit_indicators = "a\t192.0.2.1"};
  details[2] = {.rule_hits = 3, .indicator_hits = 1, .hit_rules = "5 17", .hit_indicators = "b\tbad.example"};
  details[4] = {.rule_hits = 1, .hit_rules = "99"};
  for (std::size_t i = 0; i < records.size(); ++i) records[i].detail = &details[i];
  joiner.take(records);
  joiner.finish();
  REQUIRE(out.records.size() == 2);
  const std::size_t of_three = out.records[0].source_port == 40'000 ? 0 : 1;
  CHECK(out.rule_hits[of_three] == 5);
  CHECK(out.rules[of_three] == "17 3:5 5");
  CHECK(out.indicators[of_three] == "a\t192.0.2.1\nb\tbad.example");
  CHECK(out.rules[1 - of_three] == "99");
  CHECK(out.indicators[1 - of_three].empty());
}

TEST_CASE("part joiner: means are those of all packets, also where the last part had none of a side") {
  flow::Record joined = part_of_flow(1, 0), more = part_of_flow(2, 1);
  flow::Detail detail, later;
  detail.sides[0] = {.size_mean = 100, .gap_mean_us = 1000, .jitter_us = 7};
  detail.sides[1] = {.size_mean = 60, .gap_mean_us = 500, .jitter_us = 9};
  later.sides[0] = {.size_mean = 300, .gap_mean_us = 3000, .jitter_us = 8};
  joined.sides[0] = {.packets = 2, .bytes = 200, .first = 1000, .last = 2000};
  joined.sides[1] = {.packets = 3, .bytes = 180, .first = 1000, .last = 2000};
  more.sides[0] = {.packets = 2, .bytes = 600, .first = 4000, .last = 7000};
  joined.detail = &detail;
  more.detail = &later;
  JoinedTexts texts;
  join_part(joined, detail, texts, more);
  CHECK(detail.sides[0].size_mean == 200);
  CHECK(detail.sides[0].gap_mean_us == 2000);
  CHECK(detail.sides[0].jitter_us == 8);
  CHECK(detail.sides[1].size_mean == 60);
  CHECK(detail.sides[1].gap_mean_us == 500);
  CHECK(detail.sides[1].jitter_us == 9);
}

TEST_CASE("part joiner: parts for which there is no room go through, and are counted") {
  JoinedRecords out;
  PartJoiner joiner(out, 1000);
  for (std::uint32_t part = 1; part <= 100; ++part) {
    const flow::Record record = part_of_flow(part, part);
    joiner.take({&record, 1});
  }
  CHECK(joiner.not_joined() > 0);
  CHECK(out.records.size() == joiner.not_joined());
  joiner.finish();
  std::uint64_t packets = 0;
  for (const flow::Record& record : out.records) packets += record.sides[0].packets;
  CHECK(packets == 1000);
}

TEST_CASE("part joiner: sums that do not fit stay at the greatest number") {
  flow::Record joined = part_of_flow(1, 0), more = part_of_flow(2, 1);
  joined.sides[0].bytes = std::numeric_limits<std::uint64_t>::max() - 5;
  flow::Detail detail;
  JoinedTexts texts;
  join_part(joined, detail, texts, more);
  CHECK(joined.sides[0].bytes == std::numeric_limits<std::uint64_t>::max());
}

}  // namespace weir::engine
