#include "engine/log/record_writer.h"

#include <atomic>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace weir;
using weir::engine::RecordWriter;

namespace {

// Takes what it is given, when it may.
class SlowOutput final : public output::RecordOutput {
 public:
  SlowOutput(std::vector<std::uint16_t>& ports, std::atomic<bool>& may) : ports_(ports), may_(may) {}
  void take(std::span<const flow::Record> records) override {
    while (!may_.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    for (const flow::Record& record : records) ports_.push_back(record.source_port);
  }
  void tick(TimeUs now) override { ticked_ = ticked_ || now > 0; }
  void close(std::vector<std::string>& /*errors*/) override {}

 private:
  std::vector<std::uint16_t>& ports_;
  std::atomic<bool>& may_;
  bool ticked_ = false;
};

struct SlowRun {
  std::vector<std::uint16_t> ports;
  std::atomic<bool> may{false};
  output::RecordOutputs outputs;
  SlowRun() { outputs.push_back(std::make_unique<SlowOutput>(ports, may)); }
};

}  // namespace

TEST_CASE("record writer: all records arrive, in the order of their worker") {
  SlowRun run;
  run.may = true;
  RecordWriter writer(run.outputs);
  constexpr std::uint16_t kRecords = 1000;
  {
    const auto end = writer.add_end();
    for (std::uint16_t i = 0; i < kRecords; ++i) end->record({.source_port = i});
  }
  writer.stop();
  REQUIRE(run.ports.size() == kRecords);
  for (std::uint16_t i = 0; i < kRecords; ++i) CHECK(run.ports[i] == i);
  CHECK(writer.lost() == 0);
}

TEST_CASE("record writer: at the end what is not handed on in time is lost and counted") {
  SlowRun run;
  RecordWriter writer(run.outputs);
  constexpr std::size_t kRecords = output::RecordBlock::kRecords * 20;
  {
    const auto end = writer.add_end();
    for (std::size_t i = 0; i < kRecords; ++i) end->record({.source_port = static_cast<std::uint16_t>(i)});
  }
  std::thread later([&run] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    run.may = true;
  });
  writer.stop(RecordWriter::Clock::now());
  later.join();
  CHECK(writer.lost() > 0);
  CHECK(run.ports.size() + writer.lost() == kRecords);
}

TEST_CASE("record writer: who takes records too slowly costs records, never time") {
  SlowRun run;
  constexpr std::size_t kBlocks = 2;
  RecordWriter writer(run.outputs, kBlocks);
  const auto end = writer.add_end();
  constexpr std::size_t kRecords = output::RecordBlock::kRecords * 20;
  for (std::size_t i = 0; i < kRecords; ++i) end->record({.source_port = static_cast<std::uint16_t>(i)});
  end->hand_over();
  CHECK(writer.lost() > 0);
  run.may = true;
  writer.stop();
  CHECK(run.ports.size() + writer.lost() == kRecords);
  std::vector<output::CounterValue> counters;
  writer.append_counters(counters);
  REQUIRE(counters.size() == 2);
  CHECK(counters[0] == output::CounterValue{"weir.flows.records", run.ports.size()});
  CHECK(counters[1] == output::CounterValue{"weir.flows.records_lost", writer.lost()});
}
