#include "engine/log/loss_report.h"

#include <vector>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using weir::engine::LogState;
using weir::engine::LossReport;
using weir::output::Loss;

TEST_CASE("loss report: told at once, then seldom, and when lines are written again") {
  std::vector<std::string> said;
  const weir::engine::LossReportSettings settings{
      .every = 10s, .say = [&said](std::string_view text) { said.emplace_back(text); }};
  LossReport report("eve.json", settings);
  const std::chrono::steady_clock::time_point begin{1h};
  LogState state{.written = 100, .losses = {}, .last_error = {}};
  report.update(state, begin);
  CHECK(said.empty());

  auto& full = state.losses[static_cast<std::size_t>(Loss::write_error)];
  full = 5;
  state.last_error = "eve.json: write: No space left on device";
  report.update(state, begin + 1s);
  REQUIRE(said.size() == 1);
  CHECK(said[0] == "eve.json: 5 lines lost: write: No space left on device");

  full = 90;
  report.update(state, begin + 2s);
  report.update(state, begin + 10s);
  CHECK(said.size() == 1);  // not yet
  report.update(state, begin + 11s);
  REQUIRE(said.size() == 2);
  CHECK(said[1] == "eve.json: 85 lines lost: write: No space left on device");

  report.update(state, begin + 30s);
  CHECK(said.size() == 2);  // nothing is lost, but nothing is written either
  state.written = 101;
  report.update(state, begin + 31s);
  REQUIRE(said.size() == 3);
  CHECK(said[2] == "eve.json: lines are written again");
  report.update(state, begin + 60s);
  CHECK(said.size() == 3);
}

TEST_CASE("loss report: a failure that has not cost lines is told once") {
  std::vector<std::string> said;
  const weir::engine::LossReportSettings settings{
      .every = 0s, .say = [&said](std::string_view text) { said.emplace_back(text); }};
  LossReport report("eve.json", settings);
  const LogState state{.written = 1, .losses = {}, .last_error = "eve.json: open: Permission denied"};
  report.update(state, std::chrono::steady_clock::time_point{1h});
  report.update(state, std::chrono::steady_clock::time_point{2h});
  CHECK(said == std::vector<std::string>{"eve.json: open: Permission denied"});
}
