#include "engine/live/live_run.h"

#include <algorithm>
#include <chrono>
#include <map>

#include <fmt/format.h>

#include "engine/live/clock.h"
#include "engine/live/fd_loop.h"
#include "engine/live/live_worker.h"
#include "engine/live/notify.h"
#include "engine/live/progress_watch.h"
#include "engine/live/signals.h"
#include "engine/log_outputs.h"
#include "engine/log_writer.h"
#include "engine/pipeline.h"
#include "rules/shared_state.h"

namespace weir::engine {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds, std::chrono::seconds;

constexpr milliseconds kTick{100}, kReportLimit{500}, kDrainLimit{10'000};

ChecksumTrust checksum_trust(ChecksumMode mode) {
  switch (mode) {
    case ChecksumMode::all: return ChecksumTrust::all;
    case ChecksumMode::none: return ChecksumTrust::none;
    default: return ChecksumTrust::kernel;
  }
}

class LiveRun {
 public:
  LiveRun(const LiveOptions& options, const Config& config, const PipelineSetup& setup, LogOutputs& outputs,
          Signals& signals, std::shared_ptr<const rules::RuleSet> rules)
      : options_(options),
        setup_(setup),
        signals_(signals),
        rules_(std::move(rules)),
        writer_(outputs, LogWriterSettings::from(config)),
        stats_end_(writer_.add_end()),
        stats_on_(config.flag("stats.enabled", true)),
        stats_every_(std::max<std::int64_t>(config.number("stats.interval", 8), 1)) {}

  tl::expected<void, std::string> start() {
    for (const WorkerPlan& plan : options_.workers)
      if (auto started = start_worker(plan); !started) return started;
    if (!notifier_.problem().empty()) fmt::print(stderr, "weir: warning: {}\n", notifier_.problem());
    notifier_.ready(
        fmt::format("inspecting with {} workers, {} rules", workers_.size(), options_.rules_loaded));
    return {};
  }

  void loop() {
    FdLoop fds;
    fds.add(signals_.fd(), POLLIN, [this](short) { take_signals(); });
    auto next_stats = begin_ + stats_every_;
    while (!stopping_ && !all_ended()) {
      fds.wait(kTick);
      writer_.tick();
      notify_alive();
      if (stats_on_ && Clock::now() >= next_stats) {
        write_stats(sum_up());
        next_stats += stats_every_;
      }
    }
  }

  // All flows end and are logged.
  RunSummary finish() {
    notifier_.stopping();
    for (const auto& worker : workers_) worker->request_stop();
    const auto limit = Clock::now() + kDrainLimit;
    while (!all_ended() && Clock::now() < limit) std::this_thread::sleep_for(milliseconds(5));
    RunSummary summary;
    const LiveWorker::Report total = sum_up();
    if (stats_on_) write_stats(total);
    for (const auto& worker : workers_)
      if (worker->ended() && !worker->error().empty()) summary.errors.push_back(worker->error());
    workers_.clear();
    writer_.stop(kDrainLimit, summary.errors);
    summary.counters = total.counters;
    summary.packets = total.counters.decoder_pkts;
    summary.bytes = total.counters.decoder_bytes;
    summary.flows = total.counters.flow_total;
    summary.alerts = total.counters.detect_alert;
    summary.seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    return summary;
  }

 private:
  tl::expected<void, std::string> start_worker(const WorkerPlan& plan) {
    auto source = plan.open();
    if (!source) return tl::unexpected(source.error());
    auto end = writer_.add_end();
    LiveWorker::Parts parts{.pulse = &options_.pulses[workers_.size()],
                            .source = std::move(*source),
                            .outputs = end->outputs(),
                            .lines = std::move(end),
                            .checksums = checksum_trust(options_.checksums),
                            .cores = plan.cores};
    workers_.push_back(std::make_unique<LiveWorker>(plan.name, setup_, rules_, shared_, std::move(parts)));
    return {};
  }

  // As long as all workers are: a stuck one is for the service manager to end with us.
  void notify_alive() {
    const auto interval = notifier_.watchdog_interval();
    if (!interval) return;
    beats_.clear();
    for (const auto& worker : workers_) beats_.push_back(worker->beats());
    const auto now = Clock::now();
    notifier_.watchdog(progress_.all_move(beats_, now, *interval), now);
  }

  void take_signals() {
    while (const auto signal = signals_.next()) {
      if (*signal == LiveSignal::stop) stopping_ = true;
      if (*signal == LiveSignal::reopen) writer_.request_reopen();
    }
  }

  [[nodiscard]] bool all_ended() const {
    return std::all_of(workers_.begin(), workers_.end(), [](const auto& w) { return w->ended(); });
  }

  LiveWorker::Report sum_up() {
    LiveWorker::Report sum;
    for (const auto& worker : workers_) {
      const LiveWorker::Report report = worker->report(kReportLimit);
      sum.counters += report.counters;
      sum.capture += report.capture;
    }
    return sum;
  }

  [[nodiscard]] std::uint64_t total_of(std::atomic<std::uint64_t> Pulse::*counter) const {
    std::uint64_t sum = 0;
    for (const Pulse& pulse : options_.pulses) sum += (pulse.*counter).load(std::memory_order_relaxed);
    return sum;
  }

  void write_stats(const LiveWorker::Report& total) {
    std::vector<output::CounterValue> values = names_.values(total.counters);
    values.emplace_back("capture.kernel_packets", total.capture.kernel_packets);
    values.emplace_back("capture.kernel_drops", total.capture.kernel_drops);
    values.emplace_back("capture.errors", total.capture.errors);
    if (options_.prevent) {
      values.emplace_back("weir.guard.takeovers", total_of(&Pulse::takeovers));
      values.emplace_back("weir.guard.passed", total_of(&Pulse::passed));
    }
    values.emplace_back("detect.engines[].rules_loaded", options_.rules_loaded);
    values.emplace_back("detect.engines[].rules_failed", options_.rules_failed);
    values.emplace_back("detect.engines[].rules_skipped", options_.rules_skipped);
    notifier_.status(fmt::format("{} packets, {} dropped by the kernel, {} alerts",
                                 total.counters.decoder_pkts, total.capture.kernel_drops,
                                 total.counters.detect_alert));
    const auto uptime = std::chrono::duration_cast<seconds>(Clock::now() - begin_).count();
    for (const EventLog::Output& out : stats_end_->outputs())
      output::EveSession(*out.log, *out.sink)
          .stats(wall_clock(), static_cast<std::uint64_t>(uptime), values,
                 stage_shares(total.counters.stages));
    stats_end_->hand_over();
  }

  const LiveOptions& options_;
  const PipelineSetup& setup_;
  Signals& signals_;
  std::shared_ptr<const rules::RuleSet> rules_;
  rules::SharedState shared_;
  LogWriter writer_;
  std::unique_ptr<LogWriter::End> stats_end_;
  std::vector<std::unique_ptr<LiveWorker>> workers_;
  CounterNames names_;
  ServiceNotifier notifier_ = ServiceNotifier::from_environment();
  ProgressWatch progress_;
  std::vector<std::uint64_t> beats_;
  const bool stats_on_;
  const seconds stats_every_;
  const Clock::time_point begin_ = Clock::now();
  bool stopping_ = false;
};

}  // namespace

tl::expected<void, std::string> pin_threads(const Config& config, LiveOptions& options) {
  const auto affinity = CpuAffinity::from(config, present_cores());
  if (!affinity) return tl::unexpected(affinity.error());
  std::map<std::string, std::size_t> numbers;
  for (WorkerPlan& plan : options.workers)
    plan.cores = affinity->worker(numbers[plan.interface]++, plan.interface);
  options.management_cores = affinity->management();
  return {};
}

tl::expected<RunSummary, std::string> run_live(const LiveOptions& options, const Config& config,
                                               Signals& signals,
                                               std::shared_ptr<const rules::RuleSet> rules) {
  // Threads that are started from here on inherit it; workers have cores of their own.
  if (!options.management_cores.empty()) (void)pin_this_thread(options.management_cores);
  auto setup = PipelineSetup::make(config, options.prevent);
  if (!setup) return tl::unexpected(setup.error());
  auto outputs = LogOutputs::open(config, options.log_dir);
  if (!outputs) return tl::unexpected(outputs.error());
  LiveRun run(options, config, *setup, *outputs, signals, std::move(rules));
  if (auto started = run.start(); !started) return tl::unexpected(started.error());
  run.loop();
  return run.finish();
}

}  // namespace weir::engine
