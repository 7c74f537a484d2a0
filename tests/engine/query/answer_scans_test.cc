#include <doctest/doctest.h>

#include <limits>

#include "engine/config/config.h"
#include "engine/query/answers.h"
#include "engine/query/record_source.h"
#include "tests/engine/scan/scan_scene.h"

using namespace weir;
using namespace weir::engine_test;

namespace {

// Records that a question gets turn by turn, and only the members that it asked for.
class ScanSource final : public engine::RecordSource {
 public:
  explicit ScanSource(std::vector<flow::Record> records) : records_(std::move(records)) {}
  tl::expected<engine::ReadReport, std::string> read(
      const engine::RecordQuery& query, std::span<flow::RecordConsumer* const> consumers) override {
    ++reads;
    if (reads == failing_read) return tl::unexpected(std::string("no such table"));
    engine::ReadReport report;
    for (const flow::Record& whole : records_) {
      if (!engine::fits(query, whole)) continue;
      flow::Record r = whole;
      if (!query.fields.has(engine::Field::times))
        for (flow::Side& side : r.sides) side.first = side.last = 0;
      if (!query.fields.has(engine::Field::exporter)) r.exporter = {};
      consumers[report.records % consumers.size()]->take({&r, 1});
      ++report.records;
    }
    last_records = report.records;
    return report;
  }
  int reads = 0, failing_read = 0;
  std::uint64_t last_records = 0;

 private:
  std::vector<flow::Record> records_;
};

tl::expected<engine::Answer, std::string> ask_scans(ScanSource& source,
                                                    TimeUs from = std::numeric_limits<TimeUs>::min(),
                                                    TimeUs to = std::numeric_limits<TimeUs>::max(),
                                                    const Settings& settings = no_settings()) {
  const engine::QuestionOptions options;
  engine::QuestionCall call{.options = options,
                            .source = source,
                            .from = from,
                            .to = to,
                            .ports = {},
                            .warnings = {},
                            .report = {},
                            .settings = settings};
  return engine::answer_scans(call);
}

std::vector<flow::Record> scanned_day() {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 300; ++n) {
    scene.unanswered({.source = scene_ip("10.66.1.1"),
                      .target = scene_host("10.70.0.1", n),
                      .port = 445,
                      .at = n * kSceneSecond});
    scene.both_ways({.source = scene_ip("10.66.2.2"),
                     .target = scene_ip("10.70.4.4"),
                     .port = static_cast<std::uint16_t>(n + 1),
                     .at = 2 * kSceneHour + n * kSceneSecond},
                    kRstAck);
    scene.answered({.source = scene_host("10.60.0.1", n), .target = scene_ip("10.70.5.5"), .flags = kWhole});
  }
  return scene.records;
}

}  // namespace

TEST_CASE("flows scans: a line for each source and kind, the most targets first") {
  ScanSource source(scanned_day());
  const auto answer = ask_scans(source);
  REQUIRE(answer.has_value());
  REQUIRE(answer->rows.size() == 2);
  const auto& row = answer->rows[0];
  REQUIRE(row.size() == answer->columns.size());
  CHECK(std::get<IpAddress>(row[0]) == scene_ip("10.66.1.1"));
  CHECK(std::get<std::string>(row[1]) == "horizontal");
  CHECK(std::get<std::uint64_t>(row[2]) == 300);
  CHECK(std::get<std::vector<std::uint64_t>>(row[3]) == std::vector<std::uint64_t>{445});
  CHECK(std::holds_alternative<std::monostate>(row[4]));
  CHECK(std::get<std::string>(row[5]) == "TCP");
  CHECK(std::get<engine::When>(row[9]).us == kSceneDay);
  CHECK(std::get<IpAddress>(answer->rows[1][0]) == scene_ip("10.66.2.2"));
  CHECK(std::get<std::string>(answer->rows[1][1]) == "vertical");
  CHECK(std::get<std::vector<IpAddress>>(answer->rows[1][4]) ==
        std::vector<IpAddress>{scene_ip("10.70.4.4")});
}

TEST_CASE("flows scans: it goes by the numbers of the configuration") {
  const auto kinds_with = [](std::string_view text) {
    ScanSource source(scanned_day());
    const auto config = engine::Config::parse(text, "test.yaml", "");
    REQUIRE(config.has_value());
    const auto answer =
        ask_scans(source, std::numeric_limits<TimeUs>::min(), std::numeric_limits<TimeUs>::max(), *config);
    REQUIRE(answer.has_value());
    std::string out;
    for (const auto& row : answer->rows) out += std::get<std::string>(row[1]) + " ";
    return out;
  };
  CHECK(kinds_with("weir: {flows: {scans: {hosts: 300, ports: 300}}}\n") == "horizontal vertical ");
  CHECK(kinds_with("weir: {flows: {scans: {hosts: 301}}}\n") == "vertical ");
  CHECK(kinds_with("weir: {flows: {scans: {ports: 301}}}\n") == "horizontal ");
  // A try a second: a hundred of them need more than a minute.
  CHECK(kinds_with("weir: {flows: {scans: {window: 60}}}\n").empty());
}

TEST_CASE("flows scans: only the records of suspects are read twice") {
  ScanSource source(scanned_day());
  REQUIRE(ask_scans(source).has_value());
  CHECK(source.reads == 2);
  CHECK(source.last_records == 600);
}

TEST_CASE("flows scans: nobody is suspected, nothing is read again") {
  ScanSource source({});
  const auto answer = ask_scans(source);
  REQUIRE(answer.has_value());
  CHECK(answer->rows.empty());
  CHECK(source.reads == 1);
}

TEST_CASE("flows scans: only what was between two times counts") {
  ScanSource source(scanned_day());
  CHECK(ask_scans(source, kSceneDay + kSceneHour)->rows.size() == 1);
  CHECK(ask_scans(source, kSceneDay, kSceneDay + 50 * kSceneSecond)->rows.empty());
}

TEST_CASE("flows scans: what the source of records says is wrong is handed on, of both passes") {
  for (const int failing : {1, 2}) {
    ScanSource source(scanned_day());
    source.failing_read = failing;
    const auto answer = ask_scans(source);
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error() == "no such table");
  }
}
