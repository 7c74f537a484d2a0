#include "engine/log/log_writer.h"

#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "output/fast_log.h"

using namespace std::chrono_literals;
using weir::engine::LogOutputs;
using weir::engine::LogWriter;
using weir::engine::LogWriterCounters;
using weir::engine::LogWriterSettings;
using weir::output::Loss;

namespace {

// Keeps what it gets; a gate holds it up, as a disk would that does not answer.
struct FakeSink final : weir::output::Sink {
  std::vector<std::string> lines;
  std::vector<std::string> calls;
  std::atomic<bool> gate_open{true};
  std::chrono::microseconds slowness{0};

  void write_line(std::string_view line, const std::shared_ptr<weir::output::LineCondition>&) override {
    while (!gate_open) std::this_thread::sleep_for(1ms);
    if (slowness.count() != 0) std::this_thread::sleep_for(slowness);
    lines.emplace_back(line);
    written(1);
  }
  void flush() override {}
  void reopen() override { calls.push_back(fmt::format("reopen after {}", lines.size())); }
  void rotate() override { calls.push_back(fmt::format("rotate after {}", lines.size())); }
};

struct Logs {
  LogOutputs outputs;
  std::vector<FakeSink*> sinks;
  explicit Logs(std::size_t count = 1) {
    for (std::size_t i = 0; i < count; ++i) {
      auto sink = std::make_unique<FakeSink>();
      sinks.push_back(sink.get());
      outputs.logs.push_back({std::make_unique<weir::output::FastLog>(), std::move(sink), fmt::format("log{}", i)});
    }
  }
};

LogWriterSettings settings(std::size_t queue_bytes = std::size_t{1} << 20U) {
  LogWriterSettings out;
  out.queue_bytes = queue_bytes;
  out.gather = 1ms;
  out.reports.say = [](std::string_view) {};
  return out;
}

std::uint64_t lost(const LogWriterCounters& counters, Loss loss) {
  return counters.lines_lost[static_cast<std::size_t>(loss)];
}

std::vector<std::string> stop(LogWriter& writer, std::chrono::milliseconds limit = 10s) {
  std::vector<std::string> errors;
  writer.stop(limit, errors);
  return errors;
}

// "<worker> <number>" lines stand in order of their numbers, worker by worker.
void check_order(const std::vector<std::string>& lines) {
  std::map<std::string, int> last;
  for (const std::string& line : lines) {
    const std::size_t space = line.find(' ');
    const int number = std::stoi(line.substr(space + 1));
    const auto at = last.find(line.substr(0, space));
    if (at != last.end()) REQUIRE(at->second < number);
    last[line.substr(0, space)] = number;
  }
}

// Several threads write lines to every output, and hand over now and then.
int produce(LogWriter& writer, int threads, int lines_each) {
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&writer, t, lines_each] {
      const auto end = writer.add_end();
      for (int i = 0; i < lines_each; ++i) {
        for (const auto& out : end->outputs()) out.sink->write_line(fmt::format("{} {}", t, i));
        if (i % (t + 3) == 0) end->hand_over();
      }
    });
  for (auto& thread : running) thread.join();
  return threads * lines_each;
}

}  // namespace

TEST_CASE("log writer: the lines of several threads all arrive, each thread's in order, in every output") {
  Logs logs{3};
  LogWriter writer(logs.outputs, settings(std::size_t{64} << 20U));
  const int produced = produce(writer, 4, 20'000);
  CHECK(stop(writer).empty());
  for (const FakeSink* sink : logs.sinks) {
    CHECK(static_cast<int>(sink->lines.size()) == produced);
    check_order(sink->lines);
  }
  CHECK(writer.counters().lines_written == static_cast<std::uint64_t>(produced) * 3);
  CHECK(writer.counters().lost() == 0);
  CHECK(writer.counters().queued_bytes == 0);
  CHECK(writer.counters().queued_bytes_peak > 0);
}

TEST_CASE("log writer: a full queue loses whole batches, never waits, and every line is accounted for") {
  Logs logs;
  LogWriter writer(logs.outputs, settings(10'000));
  logs.sinks[0]->gate_open = false;
  const int produced = produce(writer, 4, 20'000);  // would never return if workers waited
  CHECK(writer.counters().queued_bytes <= 10'000);
  CHECK(writer.counters().queued_bytes_peak <= 10'000);
  logs.sinks[0]->gate_open = true;
  const std::vector<std::string> errors = stop(writer);
  const LogWriterCounters counters = writer.counters();
  CHECK(lost(counters, Loss::queue_full) > 0);
  CHECK(counters.lines_written > 0);
  CHECK(counters.lines_written == logs.sinks[0]->lines.size());
  CHECK(counters.lines_written + counters.lost() == static_cast<std::uint64_t>(produced));
  check_order(logs.sinks[0]->lines);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0] == fmt::format("log0: {} lines not written: the log queue was full", counters.lost()));
}

TEST_CASE("log writer: lines that come while others are lost and written are accounted for") {
  Logs logs{2};
  logs.sinks[0]->slowness = 20us;
  LogWriter writer(logs.outputs, settings(3'000));
  const auto produced = static_cast<std::uint64_t>(produce(writer, 4, 10'000));
  stop(writer);
  const LogWriterCounters counters = writer.counters();
  CHECK(counters.lines_written + counters.lost() == produced * 2);
  CHECK(logs.sinks[0]->lines.size() + logs.sinks[1]->lines.size() == counters.lines_written);
}

TEST_CASE("log writer: the end does not take longer than it may, and counts what it leaves behind") {
  Logs logs;
  logs.sinks[0]->slowness = 1ms;
  LogWriter writer(logs.outputs, settings());
  const auto end = writer.add_end();
  const std::string line(50'000, 'x');  // so that there are several chunks
  for (int i = 0; i < 20; ++i) end->outputs()[0].sink->write_line(line);
  end->hand_over();
  CHECK(stop(writer, 0ms).size() == 1);
  const LogWriterCounters counters = writer.counters();
  CHECK(lost(counters, Loss::shutdown) > 0);
  CHECK(counters.lines_written + lost(counters, Loss::shutdown) == 20);
  end->outputs()[0].sink->write_line("late");
  end->hand_over();
  CHECK(lost(writer.counters(), Loss::shutdown) == lost(counters, Loss::shutdown) + 1);
}

TEST_CASE("log writer: threads that hand over while it ends are accounted for") {
  for (int round = 0; round < 20; ++round) {
    Logs logs;
    LogWriter writer(logs.outputs, settings());
    std::thread ending;
    std::atomic<bool> go{false};
    std::thread producing([&] {
      go = true;
      produce(writer, 3, 500);
    });
    while (!go) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::microseconds(round * 20));
    stop(writer, round % 2 == 0 ? 0ms : 1000ms);
    producing.join();
    const LogWriterCounters counters = writer.counters();
    CHECK(counters.lines_written + counters.lost() == 1500);
    CHECK(logs.sinks[0]->lines.size() == counters.lines_written);
  }
}

TEST_CASE("log writer: an end that may wait loses nothing") {
  Logs logs;
  logs.sinks[0]->slowness = 5us;
  LogWriter writer(logs.outputs, settings(2'000));
  {
    const auto end = writer.add_end();
    end->may_wait(60s);
    for (int i = 0; i < 5'000; ++i) {
      end->outputs()[0].sink->write_line(fmt::format("0 {}", i));
      end->hand_over();
    }
  }
  CHECK(stop(writer).empty());
  CHECK(logs.sinks[0]->lines.size() == 5'000);
}

TEST_CASE(
    "log writer: a line that is larger than chunks arrives, one that is larger than the queue is lost") {
  Logs logs;
  LogWriter writer(logs.outputs, settings());
  const auto end = writer.add_end();
  auto* sink = end->outputs()[0].sink;
  sink->write_line("before");
  sink->write_line(std::string(700'000, 'a'));
  end->hand_over();
  sink->write_line(std::string(2'000'000, 'b'));
  sink->write_line("after");
  end->hand_over();
  stop(writer);
  REQUIRE(logs.sinks[0]->lines.size() == 3);
  CHECK(logs.sinks[0]->lines[1].size() == 700'000);
  CHECK(logs.sinks[0]->lines[2] == "after");
  CHECK(lost(writer.counters(), Loss::queue_full) == 1);
}

TEST_CASE("log writer: files are opened again and rotated after what was handed over before") {
  Logs logs;
  LogWriter writer(logs.outputs, settings());
  const auto end = writer.add_end();
  for (int i = 0; i < 3; ++i) end->outputs()[0].sink->write_line("x");
  end->hand_over();
  writer.request_reopen();
  REQUIRE(writer.flush(10s));
  CHECK(logs.sinks[0]->lines.size() == 3);
  CHECK(logs.sinks[0]->calls == std::vector<std::string>{"reopen after 3"});
  end->outputs()[0].sink->write_line("x");
  end->hand_over();
  writer.request_rotate();
  REQUIRE(writer.flush(10s));
  CHECK(logs.sinks[0]->calls == std::vector<std::string>{"reopen after 3", "rotate after 4"});
}

TEST_CASE("log writer: flush gives up on a writer that is held up") {
  Logs logs;
  LogWriter writer(logs.outputs, settings());
  logs.sinks[0]->gate_open = false;
  const auto end = writer.add_end();
  end->outputs()[0].sink->write_line("x");
  end->hand_over();
  CHECK_FALSE(writer.flush(5ms));
  logs.sinks[0]->gate_open = true;
  CHECK(writer.flush(10s));
  CHECK(logs.sinks[0]->lines.size() == 1);
}

TEST_CASE("log writer: what is lost is said while the run lasts") {
  Logs logs;
  std::vector<std::string> said;
  LogWriterSettings with_reports = settings(100);
  with_reports.reports.say = [&said](std::string_view text) { said.emplace_back(text); };
  with_reports.reports.every = 0ms;
  LogWriter writer(logs.outputs, with_reports);
  const auto end = writer.add_end();
  end->outputs()[0].sink->write_line(std::string(200, 'x'));
  end->hand_over();
  writer.tick();
  writer.tick();
  CHECK(said == std::vector<std::string>{"log0: 1 lines lost: the log queue was full"});
  end->outputs()[0].sink->write_line("y");
  end->hand_over();
  REQUIRE(writer.flush(10s));
  writer.tick();
  writer.tick();
  CHECK(said.size() == 2);
  CHECK(said.back() == "log0: lines are written again");
}

TEST_CASE("log writer: stats name each reason") {
  LogWriterCounters counters;
  for (std::size_t i = 0; i < counters.lines_lost.size(); ++i) counters.lines_lost[i] = i + 1;
  std::vector<weir::output::CounterValue> values;
  counters.append_to(values);
  for (std::size_t i = 0; i < counters.lines_lost.size(); ++i) {
    const std::string name =
        "weir.log_lines_lost." + std::string(weir::output::loss_name(static_cast<Loss>(i)));
    CHECK(std::count(values.begin(), values.end(), weir::output::CounterValue{name, i + 1}) == 1);
  }
}
