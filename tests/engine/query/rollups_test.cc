// The same questions before records have gone, and after: rollups answer what they can, and nothing else.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "output/flow/store/store_expiry.h"
#include "output/flow/store/store_writer.h"
#include "tests/engine/query/kept_records.h"
#include "tests/temporary_folder.h"

namespace weir::engine {
namespace {

constexpr TimeUs kDayOfRollups = 24 * kHourOfDay;

void keep(const std::string& folder, const std::vector<flow::Record>& records) {
  auto store = output::StoreWriter::open({.folder = folder});
  REQUIRE(store.has_value());
  (*store)->take(records);
  (*store)->close();
}

// All records of that day go.
void roll_up_all(const std::string& folder, const std::string& rule) {
  output::ExpiryLimits limits;
  limits.records.max_age = kDayOfRollups;
  REQUIRE(limits.add(output::RollupRule::parse(rule).value()).has_value());
  const auto expired = output::expire_store(folder, limits, kMidnight + 3 * kDayOfRollups);
  REQUIRE(expired.has_value());
  CHECK(expired->problems.empty());
  CHECK(expired->rollups == 1);
}

struct Told {
  Asked asked;
  std::vector<std::string> notes;
};
Told told_by(const std::string& folder, Answering question, const Asking& what) {
  auto source = open_store(folder);
  REQUIRE(source.has_value());
  QuestionOptions options;
  options.words = what.words;
  options.by = what.by;
  options.step = what.step;
  options.limit = what.limit;
  QuestionCall call{.options = options,
                    .source = **source,
                    .from = what.from,
                    .to = what.to,
                    .ports = what.ports,
                    .warnings = {},
                    .report = {},
                    .records = what.records};
  auto answer = question(call);
  REQUIRE(answer.has_value());
  return {.asked = {.answer = std::move(*answer), .warnings = call.warnings}, .notes = call.report.notes};
}

// Two points that see both directions of some services, answered, refused and unanswered, and a long transfer.
KeptRecords day_of_talks() {
  KeptRecords kept;
  std::uint16_t port = 40000;
  for (int i = 0; i < 30; ++i) {
    const TimeUs at = i * 7 * kMinuteOfDay;
    kept.talk({.client = "10.61.3.4",
               .server = "10.20.0.7",
               .client_port = port++,
               .server_port = 5432,
               .at = at,
               .domains = {1, 2}});
    kept.talk({.client = "10.61.3.5",
               .server = "10.20.0.7",
               .client_port = port++,
               .at = at,
               .is_answered = i % 3 == 0});
    kept.talk({.client = "10.63.0.9",
               .server = "10.20.0.7",
               .client_port = port++,
               .server_port = 22,
               .at = at,
               .client_flags = 0x02,
               .server_flags = 0x14});
  }
  kept.talk({.client = "10.61.3.4",
             .server = "10.20.0.8",
             .client_port = port++,
             .at = kHourOfDay + 1,
             .packets = 1001,
             .span = 47 * kMinuteOfDay});
  return kept;
}

// The rows of an answer before and after; and that the answer after is by rollups.
void check_same(Answering question, const Asking& what, const std::vector<std::string_view>& columns) {
  const test::TemporaryFolder folder;
  keep(folder.path, day_of_talks().records);
  const Told before = told_by(folder.path, question, what);
  CHECK(before.notes.empty());
  roll_up_all(folder.path, "5m");
  const Told after = told_by(folder.path, question, what);
  CHECK(after.asked.cells(columns) == before.asked.cells(columns));
  CHECK_FALSE(before.asked.answer.rows.empty());
  REQUIRE(after.notes.size() == 1);
  CHECK(after.notes[0].find(
            "2023-11-15: rollups by 5m (src,dst,proto,port,exporter) stand for the records") == 0);
}

}  // namespace

TEST_CASE("rollups: top, series, count and matrix say the same of what they keep") {
  check_same(answer_top, {.words = {}}, {"src_ip", "flows", "packets", "bytes", "share"});
  check_same(answer_top, {.words = {"not", "answered"}, .by = "dst,port"},
             {"dest_ip", "port", "flows", "bytes"});
  check_same(answer_top, {.words = {"dport", "443"}, .by = "exporter"}, {"exporter", "flows", "packets"});
  check_same(answer_series, {.words = {}, .step = "5m"}, {"time", "flows", "packets", "bytes"});
  check_same(answer_series, {.words = {}, .by = "proto", .step = "1h"}, {"time", "flows", "packets"});
  check_same(answer_count, {.words = {"src", "in", "10.61.0.0/16"}},
             {"records", "flows", "packets", "bytes", "hosts", "first", "last"});
  check_same(answer_matrix, {.words = {}}, {"src_net", "dest_net", "flows", "bytes_toserver"});
}

TEST_CASE("rollups: used, peers and talked say the same of services, answers and refusals") {
  check_same(answer_used, {.words = {"10.20.0.7"}},
             {"used", "last", "clients", "services", "unanswered", "flows", "attempts"});
  check_same(answer_peers, {.words = {"10.61.3.4"}, .ports = {5432, 443}},
             {"ip", "port", "flows", "bytes", "answered", "first", "last", "last_answered"});
  check_same(answer_talked, {.words = {"10.63.0.9"}},
             {"ip", "port", "flows", "refused", "answered", "packets"});
}

TEST_CASE("rollups: a filter or key that they do not keep leaves their days out, and that is told") {
  const test::TemporaryFolder folder;
  keep(folder.path, day_of_talks().records);
  roll_up_all(folder.path, "1h:src,dst,proto,port");
  KeptRecords later;
  later.talk({.client = "10.61.3.4", .server = "10.20.0.7", .at = 24 * kHourOfDay, .is_answered = false});
  keep(folder.path, later.records);
  const auto left_out = [&](Answering question, const Asking& what) {
    const Told told = told_by(folder.path, question, what);
    return told.asked.answer.rows.empty()
               ? std::string("no row")
               : told.asked.cell(0, "flows") + (told.notes.empty() ? "" : ": " + told.notes[0]);
  };
  const std::string head = "1: 2023-11-15: rollups by 1h (src,dst,proto,port) are all that is left, and ";
  CHECK(left_out(answer_top, {.words = {}, .by = "vlan"}) == head + "they do not keep vlan: left out");
  CHECK(left_out(answer_top, {.words = {}, .by = "dst,dport"}) == head + "they do not keep dport: left out");
  CHECK(left_out(answer_count, {.words = {"bytes > 1"}}) ==
        head + "the question needs each record: left out");
  CHECK(left_out(answer_series, {.words = {}, .step = "10m"}) ==
        head + "--step is no multiple of 1h: left out");
  CHECK(left_out(answer_talked, {.words = {"10.61.3.4"}}) == head + "they do not keep exporter: left out");
  // Days that nobody asks for are not told of.
  CHECK(left_out(answer_top, {.words = {}, .from = kMidnight + 20 * kHourOfDay, .by = "vlan"}) == "1");
  // What both can tell is added up.
  const Told both = told_by(folder.path, answer_count, {.words = {"dst 10.20.0.7 and dport 443"}});
  CHECK(both.asked.cells({"records", "flows"}) == "31 31");
}

TEST_CASE("rollups: records that know both directions keep their answers, client by client") {
  std::vector<flow::Record> records;
  for (std::uint16_t n = 0; n < 6; ++n) {
    flow::Record& r = records.emplace_back();
    r.source = address("10.0.0.1");
    r.destination = address("10.0.0.2");
    r.source_port = static_cast<std::uint16_t>(40000 + n);
    r.destination_port = 8443;
    r.protocol = 6;
    const TimeUs first = kMidnight + n * kSecondOfDay;
    r.sides[0] = {.packets = 2, .bytes = 100, .first = first, .last = first + 10, .tcp_flags = 0x02};
    if (n >= 2)
      r.sides[1] = {.packets = 1, .bytes = 40, .first = first + 5, .last = first + 9, .tcp_flags = 0x14};
    if (n < 5) continue;
    r.sides[0].tcp_flags = r.sides[1].tcp_flags = 0x1b;
  }
  const test::TemporaryFolder folder;
  keep(folder.path, records);
  const std::vector<std::string_view> columns{"flows", "attempts", "used", "services"};
  const std::string before = told_by(folder.path, answer_used, {.words = {"10.0.0.2"}}).asked.cells(columns);
  CHECK(before == "1 5 yes tcp/8443");
  roll_up_all(folder.path, "1h");
  CHECK(told_by(folder.path, answer_used, {.words = {"10.0.0.2"}}).asked.cells(columns) == before);
  const Asked talked = told_by(folder.path, answer_talked, {.words = {"10.0.0.1"}}).asked;
  CHECK(talked.cells({"ip", "port", "flows", "refused", "answered"}) == "10.0.0.2 8443 6 3 yes");
}

}  // namespace weir::engine
