#include "output/stats_log.h"

#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

struct Lines final : Sink {
  using Sink::write_line;
  void write_line(std::string_view text, const std::shared_ptr<LineCondition>&) override {
    lines.emplace_back(text);
  }
  void flush() override {}
  std::vector<std::string> lines;
};

std::vector<std::string> written(const FakeSettings& settings) {
  Lines sink;
  const StatsLog log(settings);
  const std::vector<CounterValue> all{
      {"decoder.pkts", 7}, {"detect.engines[].rules_loaded", 2}, {"tcp.rst", 0}};
  const std::vector<ThreadStats> threads{{"W#01", {{"decoder.pkts", 3}}}, {"W#02", {{"decoder.pkts", 4}}}};
  const std::vector<StageShare> no_shares;
  log.session(sink)->stats({.time = 1'468'449'727'199'672,
                            .uptime_s = 93'784,
                            .counters = all,
                            .stage_shares = no_shares,
                            .threads = threads});
  return sink.lines;
}

}  // namespace

TEST_CASE("stats log: a table of what was counted") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  const std::string rule(84, '-');
  const std::string total = "decoder.pkts                                  | Total                     | 7";
  CHECK(written({}) ==
        std::vector<std::string>{
            rule, "Date: 7/13/2016 -- 22:42:07 (uptime: 1d, 02h 03m 04s)", rule,
            "Counter                                       | TM Name                   | Value", rule,
            total});
  const auto zeros = written({{"null-values", "yes"}});
  REQUIRE(zeros.size() == 7);
  CHECK(zeros[6] == "tcp.rst                                       | Total                     | 0");
  const auto threads = written({{"totals", "no"}, {"threads", "yes"}});
  REQUIRE(threads.size() == 7);
  CHECK(threads[5] == "decoder.pkts                                  | W#01                      | 3");
  CHECK(threads[6] == "decoder.pkts                                  | W#02                      | 4");
  CHECK_FALSE(StatsLog(FakeSettings{}).wants(EventType::alert));
}
