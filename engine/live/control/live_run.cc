#include "engine/live/control/live_run.h"
#include "decoders/clock.h"
#include "engine/live/control/live_reload.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <new>

#include <fmt/format.h>

#include "engine/account/levels.h"
#include "engine/live/confine/seccomp_filter.h"
#include "engine/live/control/control_server.h"
#include "engine/live/control/fd_loop.h"
#include "engine/live/control/metrics_server.h"
#include "engine/live/control/notify.h"
#include "engine/live/control/signals.h"
#include "engine/live/sources/guard.h"
#include "engine/live/workers/worker_set.h"
#include "engine/log/log_outputs.h"
#include "engine/log/log_writer.h"
#include "engine/log/record_writer.h"
#include "engine/log/scan_output.h"
#include "engine/pipeline/pipeline.h"

namespace weir::engine {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds, std::chrono::seconds;

constexpr seconds kComplaints{60};
constexpr milliseconds kTick{100}, kReportLimit{500}, kDrainLimit{10'000};

class LiveRun final : public ControlTarget {
 public:
  LiveRun(const LiveOptions& options, const Config& config, const PipelineSetup& setup, LogOutputs& outputs,
          const output::RecordOutputs& records, ScanOutput* scans, Signals& signals,
          std::shared_ptr<Mailbox> mailbox, RuleReloader* reloader)
      : options_(options),
        config_(config),
        setup_(setup),
        signals_(signals),
        mailbox_(std::move(mailbox)),
        writer_(outputs, LogWriterSettings::from(config)),
        scans_(scans),
        scan_end_(scans != nullptr ? writer_.add_end() : nullptr),
        records_(start_records(records)),
        stats_end_(writer_.add_end()),
        workers_(options, setup, writer_, records_.get(),
                 milliseconds(config.number("weir.restart-stuck-ms", 10'000))),
        reload_(reloader, fds_, workers_, notifier_),
        names_(CounterNames::Options::from(config, options.prevent, options.fail_open)),
        stats_on_(config.flag("stats.enabled", true)),
        stats_every_(
            static_cast<std::int64_t>(std::max<std::uint64_t>(config.number("stats.interval", 8), 1))) {
    for (const EventLog::Output& out : stats_end_->outputs())
      stats_sessions_.push_back(out.log->session(*out.sink));
  }

  tl::expected<void, std::string> start(std::shared_ptr<const rules::RuleSet> rules, LiveSockets sockets) {
    reload_.begin_with(rules, options_.rules);
    if (auto started = workers_.start(std::move(rules)); !started) return started;
    if (sockets.metrics) metrics_ = std::make_unique<MetricsServer>(std::move(*sockets.metrics), fds_, *this);
    if (sockets.control) control_ = std::make_unique<ControlServer>(std::move(*sockets.control), fds_, *this);
    if (!notifier_.problem().empty()) fmt::print(stderr, "weir: warning: {}\n", notifier_.problem());
    if (options_.begun) options_.begun();
    notifier_.ready(fmt::format("inspecting with {} workers, {} rules", workers_.workers().size(),
                                reload_.state().loaded));
    return {};
  }

  void loop() {
    fds_.add(signals_.fd(), POLLIN, [this](short) { take_signals(); });
    fds_.add(mailbox_->fd(), POLLIN, [this](short) { mailbox_->run(); });
    if (options_.guard != nullptr) fds_.add(options_.guard->fd(), POLLIN, [this](short) { hear_of_guard(); });
    auto next_stats = begin_ + stats_every_;
    while (!stopping_ && !workers_.all_ended() && !workers_.failed()) {
      notify_alive();
      try {
        do_round();
        if (stats_on_ && Clock::now() >= next_stats) {
          next_stats += stats_every_;
          write_stats(workers_.sum_up(kReportLimit));
        }
      } catch (const std::bad_alloc&) {
        tell_no_memory();
      }
    }
  }

  // All flows end and are logged.
  RunSummary finish() {
    notifier_.stopping();
    RunSummary summary;
    if (workers_.failed()) summary.errors.emplace_back("workers do not get on");
    workers_.stop(kDrainLimit, summary.errors);
    const LiveWorker::Report total = workers_.sum_up(kReportLimit);
    if (stats_on_) write_stats(total);
    const auto until = Clock::now() + kDrainLimit;     // of logs and records together
    if (scans_ != nullptr) end_scans(summary.errors);  // they are told in the logs
    writer_.stop(std::max(std::chrono::ceil<milliseconds>(until - Clock::now()), kReportLimit),
                 summary.errors);
    if (records_ != nullptr) stop_records(until, summary.errors);
    if (const auto rules = reload_.rules(); rules != nullptr) rules->save_datasets(summary.errors);
    metrics_.reset();
    control_.reset();  // who waits for the end sees it now
    summary.threads_left = workers_.left_behind();
    summary.counters = total.counters;
    note_left_out(summary);
    summary.packets = total.counters.decoder_pkts;
    summary.bytes = total.counters.decoder_bytes;
    summary.flows = total.counters.flow_total;
    summary.alerts = total.counters.detect_alert;
    summary.seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    return summary;
  }

 private:
  std::unique_ptr<RecordWriter> start_records(const output::RecordOutputs& records) {
    if (records.empty()) return nullptr;
    if (scans_ != nullptr) scans_->log_to(scan_end_->outputs(), false, [this] { scan_end_->hand_over(); });
    return std::make_unique<RecordWriter>(records);
  }

  void end_scans(std::vector<std::string>& errors) {
    records_->stop(Clock::now() + kDrainLimit / 2);
    scan_end_->may_wait(kReportLimit);
    scans_->close(errors);
  }

  void stop_records(Clock::time_point until, std::vector<std::string>& errors) {
    records_->stop(std::max(until, Clock::now() + kReportLimit));
    if (const std::uint64_t lost = records_->lost(); lost != 0)
      errors.push_back(fmt::format("{} flow records are lost: those who take them were too slow", lost));
  }

  void do_round() {
    fds_.wait(kTick);
    writer_.tick();
    survey_.tick();
    if (control_) control_->tick();
    if (metrics_) metrics_->tick();
    for (const std::string& said : workers_.replace_stuck(Clock::now()))
      fmt::print(stderr, "weir: warning: {}\n", said);
    tell_refusals();
    look_at_guard();
  }

  // Now and then: what there was no memory for is tried again, or is lost; workers go on meanwhile.
  void tell_no_memory() {
    const auto now = Clock::now();
    if (now < next_complaint_) return;
    next_complaint_ = now + kComplaints;
    (void)std::fputs("weir: warning: out of memory\n", stderr);
  }

  // As long as all workers are: a stuck one is for the service manager to end with us.
  void notify_alive() {
    const auto interval = notifier_.watchdog_interval();
    if (!interval) return;
    const auto now = Clock::now();
    notifier_.watchdog(workers_.all_move(now, *interval), now);
  }

  // What the sandbox refused for the first time: something is missing in its list, or somebody tries things.
  void tell_refusals() {
    if (refused_calls() == refusals_told_) return;
    refusals_told_ = refused_calls();
    for (const std::string& call : newly_refused_calls())
      fmt::print(stderr, "weir: warning: sandbox: refused system call {}\n", call);
  }

  void hear_of_guard() {
    const GuardNews news = options_.guard->news();
    switch (news) {
      case GuardNews::none: return;
      case GuardNews::replaced:
      case GuardNews::replaced_silent:
        ++guards_replaced_;
        fmt::print(
            stderr, "weir: warning: the guard process {}; another one has taken its place\n",
            news == GuardNews::replaced ? "had ended" : "did not get on (was it stopped?) and was ended");
        return;
      case GuardNews::gone:
        guard_gone_ = true;
        fds_.remove(options_.guard->fd());
        fmt::print(stderr,
                   "weir: warning: the guard process has ended, and the spare one, too: should a worker "
                   "hang, its traffic waits "
                   "until the run is started anew\n");
    }
  }

  // Guard and spare see to each other; when both stand still, nobody does.
  void look_at_guard() {
    if (options_.guard == nullptr || guard_gone_ || options_.guard->is_silent() == guard_silent_) return;
    guard_silent_ = !guard_silent_;
    fmt::print(
        stderr, "weir: warning: {}\n",
        guard_silent_
            ? "the guard process does not get on, nor does the spare one (were they stopped?): should a "
              "worker hang, its traffic waits until they go on"
            : "the guard process gets on again");
  }

  void take_signals() {
    while (const auto signal = signals_.next()) {
      if (*signal == LiveSignal::stop) stopping_ = true;
      if (*signal == LiveSignal::reopen) writer_.request_reopen();
      if (*signal == LiveSignal::reload)
        reload_.request([](const ReloadResult& result) {
          if (!result.done) fmt::print(stderr, "weir: warning: SIGUSR2: {}\n", result.error);
        });
    }
  }

  [[nodiscard]] std::uint64_t total_of(std::atomic<std::uint64_t> Pulse::*counter) const {
    std::uint64_t sum = 0;
    for (const Pulse& pulse : options_.pulses) sum += (pulse.*counter).load(std::memory_order_relaxed);
    return sum;
  }

  void write_stats(const LiveWorker::Report& total) {
    notifier_.status(fmt::format("{} packets, {} dropped by the kernel, {} alerts",
                                 total.counters.decoder_pkts, total.capture.kernel_drops,
                                 total.counters.detect_alert));
    if (records_ != nullptr) records_->note_unseen(total.capture.kernel_drops);
    pressure_max_ = std::max(pressure_max_, levels(total).pressure());
    const std::vector<output::CounterValue> values = stats(total);
    const auto shares = stage_shares(total.counters.stages);
    std::vector<output::ThreadStats> threads;  // as they said for the sum
    for (const auto& worker : workers_.workers())
      threads.push_back({worker->name(), names_.values(worker->last_report().counters)});
    for (const auto& session : stats_sessions_)
      session->stats({.time = wall_clock(),
                      .uptime_s = uptime_s(),
                      .counters = values,
                      .stage_shares = shares,
                      .threads = threads});
    stats_end_->hand_over();
  }

  [[nodiscard]] RunLevels levels(const LiveWorker::Report& total) const {
    const std::uint64_t workers = workers_.workers().size();  // each has tables of its own
    return {.flows = total.flows,
            .flow_table = {total.memory.flows, setup_.flows.memcap_bytes * workers},
            .stream_sessions = {total.memory.stream_sessions, setup_.streams.memcap_bytes * workers},
            .stream_data = {total.memory.stream_data, setup_.streams.reassembly_memcap_bytes * workers},
            .fragments = {total.memory.defrag, setup_.defrag.memcap_bytes * workers}};
  }

  // --- what the control socket asks for (ControlTarget)

  [[nodiscard]] bool prevents() const override { return options_.prevent; }
  [[nodiscard]] const Config& config() const override { return config_; }
  [[nodiscard]] std::string log_dir() const override { return options_.log_dir; }
  [[nodiscard]] std::uint64_t uptime_s() const override {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<seconds>(Clock::now() - begin_).count());
  }
  [[nodiscard]] LiveWorkers workers() const override { return workers_.workers(); }
  [[nodiscard]] const LiveWorker::Report& lost_workers() const override { return workers_.lost(); }
  [[nodiscard]] WorkerSurvey& survey() override { return survey_; }
  [[nodiscard]] std::vector<output::CounterValue> stats(const LiveWorker::Report& total) const override {
    std::vector<output::CounterValue> values = names_.values(total.counters);
    values.emplace_back("capture.kernel_packets", total.capture.kernel_packets);
    values.emplace_back("capture.kernel_drops", total.capture.kernel_drops);
    values.emplace_back("capture.errors", total.capture.errors);
    values.emplace_back("capture.kernel_ifdrops", 0);  // no source here tells of them
    append_levels(levels(total), pressure_max_, values);
    append_absent(AbsentStats::from(config_, writer_.files() != nullptr), values);
    values.emplace_back("weir.refused_calls", refused_calls());
    if (options_.prevent) {
      values.emplace_back("weir.guard.takeovers", total_of(&Pulse::takeovers));
      values.emplace_back("weir.guard.passed", total_of(&Pulse::passed));
      values.emplace_back("weir.guard.replaced", guards_replaced_);
      values.emplace_back("weir.guard.running",
                          options_.guard != nullptr && !guard_gone_ && !guard_silent_ ? 1 : 0);
    }
    values.emplace_back("detect.engines[].rules_loaded", reload_.state().loaded);
    values.emplace_back("detect.engines[].rules_failed", reload_.state().failed);
    values.emplace_back("detect.engines[].rules_skipped", reload_.state().skipped);
    writer_.counters().append_to(values);
    if (const output::FileStore* files = writer_.files()) files->append_counters(values);
    if (output::PacketQueue* packets = writer_.packets()) packets->log().append_counters(values);
    if (records_ != nullptr) records_->append_counters(values);
    return values;
  }
  [[nodiscard]] const RuleState& rule_state() const override { return reload_.state(); }
  [[nodiscard]] std::shared_ptr<const rules::RuleSet> rule_set() const override { return reload_.rules(); }
  void reload(std::function<void(const ReloadResult&)> done) override { reload_.request(std::move(done)); }
  [[nodiscard]] rules::SharedState* shared_state() override { return &workers_.shared_state(); }
  void reopen_logs() override { writer_.request_reopen(); }
  void rotate_logs() override { writer_.request_rotate(); }
  void stop() override { stopping_ = true; }

  const LiveOptions& options_;
  const Config& config_;
  const PipelineSetup& setup_;
  std::uint64_t pressure_max_ = 0;  // of stats events so far
  Signals& signals_;
  FdLoop fds_;
  std::shared_ptr<Mailbox> mailbox_;
  WorkerSurvey survey_{mailbox_};
  LogWriter writer_;
  ScanOutput* const scans_;                   // null: they are not told
  std::unique_ptr<LogWriter::End> scan_end_;  // of the thread that hands records on; likewise
  std::unique_ptr<RecordWriter> records_;     // null: nobody wants them
  std::unique_ptr<LogWriter::End> stats_end_;
  std::vector<std::unique_ptr<output::LogSession>> stats_sessions_;  // know the last values, for deltas
  WorkerSet workers_;
  ServiceNotifier notifier_ = ServiceNotifier::from_environment();
  LiveReload reload_;
  CounterNames names_;
  std::unique_ptr<ControlServer> control_;  // none when it is off, likewise
  std::unique_ptr<MetricsServer> metrics_;
  std::uint64_t refusals_told_ = 0, guards_replaced_ = 0;
  bool guard_gone_ = false, guard_silent_ = false;
  Clock::time_point next_complaint_{};
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
                                               Signals& signals, LiveSockets sockets,
                                               std::shared_ptr<const rules::RuleSet> rules,
                                               RuleReloader* reloader) {
  // Threads that are started from here on inherit it; workers have cores of their own.
  if (!options.management_cores.empty()) (void)pin_this_thread(options.management_cores);
  auto made = PipelineSetup::make(config, options.prevent, options.fail_open);
  if (!made) return tl::unexpected(made.error());
  auto opened = LogOutputs::open(config, options.log_dir);
  if (!opened) return tl::unexpected(opened.error());
  auto receivers = output::open_record_outputs(options.records);
  if (!receivers) return tl::unexpected(receivers.error());
  auto records = std::make_unique<output::RecordOutputs>(std::move(*receivers));
  const auto scans = open_scan_output(config);
  if (scans != nullptr) records->push_back(scans);
  auto setup = std::make_unique<PipelineSetup>(std::move(*made));
  if (const std::string problem =
          setup->want_records(!records->empty(), output::wants_fingerprints(*records));
      !problem.empty())
    return tl::unexpected(problem);
  setup->packet_budget = options.packet_budget;
  auto outputs = std::make_unique<LogOutputs>(std::move(*opened));
  auto mailbox = Mailbox::make();
  if (!mailbox) return tl::unexpected(mailbox.error());
  auto run = std::make_unique<LiveRun>(options, config, *setup, *outputs, *records, scans.get(), signals,
                                       std::move(*mailbox), reloader);
  if (auto started = run->start(std::move(rules), std::move(sockets)); !started)
    return tl::unexpected(started.error());
  run->loop();
  RunSummary summary = run->finish();
  for (const auto& output : *records) {
    output->close(summary.errors);
    append_record_notes(*output, summary);
  }
  if (summary.threads_left) {  // what they may come back to stays
    (void)run.release();
    (void)outputs.release();
    (void)records.release();
    (void)setup.release();
  }
  return summary;
}

}  // namespace weir::engine
