#include "engine/live/workers/worker_set.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "engine/config/config.h"

using namespace weir;
using namespace weir::engine;
using std::chrono::milliseconds;

namespace {

// Polls do nothing, or never come back.
class FakeSource final : public PacketSource {
 public:
  FakeSource(bool stuck, std::atomic<int>& polls, std::atomic<int>& abandoned)
      : stuck_(stuck), polls_(polls), abandoned_(abandoned) {}
  tl::expected<std::size_t, std::string> poll(PacketHandler&, milliseconds) override {
    ++polls_;
    while (stuck_) std::this_thread::sleep_for(milliseconds(20));
    std::this_thread::sleep_for(milliseconds(1));
    return 0;
  }
  void close(PacketHandler&) override {}
  void abandon() override { ++abandoned_; }
  CaptureCounters counters() override { return {}; }

 private:
  const bool stuck_;
  std::atomic<int>& polls_;
  std::atomic<int>& abandoned_;
};

// A set of one worker, of whose sources the first `stuck` hang.
struct Bench {
  explicit Bench(int stuck) {
    setup = std::make_unique<PipelineSetup>(*PipelineSetup::make(config, true));
    options.pulses = board.pulses();
    options.workers = {
        {.name = "W1", .open = [this, stuck]() -> tl::expected<std::unique_ptr<PacketSource>, std::string> {
           return std::make_unique<FakeSource>(opened++ < stuck, polls, abandoned);
         }}};
    set = std::make_unique<WorkerSet>(options, *setup, writer, nullptr, milliseconds(100));
  }
  // The next thing that is said of stuck workers; empty when nothing is said for long.
  std::string wait_for_replacement() {
    for (int i = 0; i < 2000; ++i) {
      const auto said = set->replace_stuck(WorkerSet::Clock::now());
      if (!said.empty()) return said.front();
      std::this_thread::sleep_for(milliseconds(5));
    }
    return {};
  }

  const Config config;
  PulseBoard board = *PulseBoard::make(1);
  LogOutputs outputs;
  LogWriter writer{outputs, LogWriterSettings::from(config)};
  LiveOptions options;
  std::unique_ptr<PipelineSetup> setup;
  std::unique_ptr<WorkerSet> set;
  std::atomic<int> opened{0}, polls{0}, abandoned{0};
};

// What a stuck thread may come back to has to outlive the test: benches are never destroyed.
Bench& make_bench(int stuck) {
  static auto& benches = *new std::vector<Bench*>;
  return *benches.emplace_back(new Bench(stuck));
}

}  // namespace

TEST_CASE("worker set: a stuck worker is replaced, its source given up, and the new one gets on") {
  Bench& bench = make_bench(1);
  REQUIRE(bench.set->start(nullptr).has_value());
  CHECK(bench.wait_for_replacement().find("worker W1 did not get on") == 0);
  CHECK(bench.abandoned == 1);
  CHECK(bench.opened == 2);
  CHECK_FALSE(bench.set->failed());
  const int before = bench.polls;
  for (int i = 0; i < 2000 && bench.polls <= before + 3; ++i) std::this_thread::sleep_for(milliseconds(5));
  CHECK(bench.polls > before + 3);
  std::vector<std::string> errors;
  bench.set->stop(milliseconds(10'000), errors);
  CHECK(errors.empty());
  CHECK(bench.set->left_behind());
}

TEST_CASE("worker set: workers that get stuck again and again end the run") {
  Bench& bench = make_bench(100);
  REQUIRE(bench.set->start(nullptr).has_value());
  while (!bench.set->failed()) REQUIRE_FALSE(bench.wait_for_replacement().empty());
  CHECK(bench.opened == 4);  // the first, and three that replaced it
  std::vector<std::string> errors;
  bench.set->stop(milliseconds(50), errors);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0] == "worker W1 did not end in time");
}

TEST_CASE("worker set: nobody is blamed for the time in which the whole process stood still") {
  Bench& bench = make_bench(1);
  REQUIRE(bench.set->start(nullptr).has_value());
  const auto now = WorkerSet::Clock::now();
  CHECK(bench.set->replace_stuck(now).empty());
  CHECK(bench.set->replace_stuck(now + std::chrono::hours(1)).empty());
  std::vector<std::string> errors;
  bench.set->stop(milliseconds(0), errors);
}
