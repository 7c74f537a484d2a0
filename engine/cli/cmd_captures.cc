// A run that keeps its rules and reads the captures that clients of its socket hand in, one after the other.
#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "decoders/clock.h"
#include "engine/capture/capture_paths.h"
#include "engine/cli/cli.h"
#include "engine/cli/clickhouse_sink.h"
#include "engine/cli/confinement_plan.h"
#include "engine/cli/flow_exports.h"
#include "engine/live/control/capture_queue.h"
#include "engine/live/control/control_server.h"
#include "engine/live/control/live_sockets.h"
#include "engine/live/control/notify.h"
#include "engine/live/control/signals.h"
#include "engine/live/workers/mailbox.h"
#include "engine/pipeline/pipeline.h"
#include "engine/ruleset/rule_reloader.h"

namespace weir::engine {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTick{200};
constexpr std::uint32_t kPollMs = 1000;  // of a folder that is watched
constexpr std::uint64_t kOneWorkerBytes = std::uint64_t{32}
                                          << 20U;  // captures up to this size are not worth several

std::uint64_t written_ms(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return 0;
  return static_cast<std::uint64_t>(info.st_mtim.tv_sec) * 1000 +
         static_cast<std::uint64_t>(info.st_mtim.tv_nsec) / 1'000'000;
}

// Reads one capture after the other, on a thread of its own.
class CaptureReader {
 public:
  using Tell = std::function<void(const RunSummary& summary)>;  // called on its thread
  CaptureReader(CaptureQueue& queue, const CliOptions& options, const Config& config, RuleState loaded,
                Tell tell)
      : queue_(queue),
        options_(options),
        config_(config),
        loaded_(std::move(loaded)),
        tell_(std::move(tell)) {}

  void set_rules(std::shared_ptr<const rules::RuleSet> rules) {
    const std::lock_guard guard(lock_);
    rules_ = std::move(rules);
  }
  [[nodiscard]] std::shared_ptr<const rules::RuleSet> rules() const {
    const std::lock_guard guard(lock_);
    return rules_;
  }
  void run() {
    while (const auto job = queue_.next()) {
      job->continuous&& fs::is_directory(job->path) ? watch(*job) : read(*job, {job->path});
      queue_.done();
    }
  }

 private:
  void read(const CaptureJob& job, const std::vector<std::string>& paths) {
    const auto files = expand_capture_paths(paths);
    if (!files) return complain(files.error());
    std::uint64_t bytes = 0;
    for (const CapturePath& file : *files) bytes += file.bytes;
    RunOptions run;
    run.capture = {paths, options_.bpf, {}};
    run.log_dir = job.output_dir;
    run.records = record_settings(options_, config_);
    run.checksums = checksum_mode(options_);
    run.threads = options_.threads != 0      ? options_.threads
                  : bytes <= kOneWorkerBytes ? 1
                                             : worker_count(options_);
    run.rules_loaded = loaded_.loaded;
    run.rules_failed = loaded_.failed;
    run.rules_skipped = loaded_.skipped;
    run.interrupted = &queue_.is_interrupted();
    const auto summary = run_offline(run, config_, rules());
    if (!summary) return complain(summary.error());
    tell_(*summary);
    for (const CapturePath& file : *files) queue_.note_processed(written_ms(file.path));
    if (!job.delete_when_done || !summary->errors.empty() || queue_.is_interrupted()) return;
    std::error_code ignored;
    for (const CapturePath& file : *files) fs::remove(file.path, ignored);
  }
  // A file is read when it has not been written to for one round.
  void watch(const CaptureJob& job) {
    std::map<std::string, std::uint64_t> seen, read_already;
    do {
      const auto files = expand_capture_paths({job.path});
      if (!files) return complain(files.error());
      std::vector<std::string> ready;
      std::map<std::string, std::uint64_t> now;
      for (const CapturePath& file : *files) {
        const std::uint64_t written = now[file.path] = written_ms(file.path);
        const auto before = seen.find(file.path);
        if (before == seen.end() || before->second != written || read_already[file.path] == written) continue;
        ready.push_back(file.path);
        read_already[file.path] = written;
      }
      seen = std::move(now);
      if (!ready.empty()) read(job, ready);
    } while (queue_.pause(kPollMs));
  }
  void complain(const std::string& what) const {
    RunSummary failed;
    failed.errors.push_back(what);
    tell_(failed);
  }

  CaptureQueue& queue_;
  const CliOptions& options_;
  const Config& config_;
  const RuleState loaded_;
  const Tell tell_;
  mutable std::mutex lock_;
  std::shared_ptr<const rules::RuleSet> rules_;
};

class CaptureRun final : public ControlTarget {
 public:
  CaptureRun(const CliOptions& options, const Config& config, Signals& signals, RuleReloader& reloader,
             RuleState loaded, std::shared_ptr<Mailbox> mailbox)
      : options_(options),
        config_(config),
        signals_(signals),
        reloader_(reloader),
        state_(loaded),
        mailbox_(std::move(mailbox)),
        names_(CounterNames::Options::from(config, false)),
        reader_(queue_, options, config, std::move(loaded),
                [this](const RunSummary& summary) { mailbox_->post([this, summary] { take(summary); }); }) {}

  RunSummary run(std::shared_ptr<const rules::RuleSet> rules, Listener listener) {
    reader_.set_rules(std::move(rules));
    ControlServer server(std::move(listener), fds_, *this);
    fds_.add(signals_.fd(), POLLIN, [this](short) { take_signals(); });
    fds_.add(mailbox_->fd(), POLLIN, [this](short) { mailbox_->run(); });
    fds_.add(reloader_.fd(), POLLIN, [this](short) { take_reload(); });
    std::thread thread([this] { reader_.run(); });
    notifier_.ready(fmt::format("captures are taken at {}, {} rules", server.path(), state_.loaded));
    if (is_watched(options_)) fmt::print(stderr, "weir: captures are taken at {}\n", server.path());
    while (!stopping_) {
      fds_.wait(kTick);
      server.tick();
    }
    notifier_.stopping();
    queue_.stop();
    thread.join();
    mailbox_->run();
    if (const auto last = reader_.rules(); last != nullptr) last->save_datasets(total_.errors);
    return std::move(total_);
  }

 private:
  void take(const RunSummary& summary) {
    total_.counters += summary.counters;
    total_.packets += summary.packets;
    total_.bytes += summary.bytes;
    total_.flows += summary.flows;
    total_.alerts += summary.alerts;
    total_.seconds += summary.seconds;
    for (const std::string& error : summary.errors) print_error(error);
  }
  void take_signals() {
    while (const auto signal = signals_.next()) {
      if (*signal == LiveSignal::stop) stopping_ = true;
      if (*signal == LiveSignal::reload) reload([](const ReloadResult&) {});
    }
  }
  void take_reload() {
    auto result = reloader_.take();
    if (!result) return;
    fmt::print(stderr, "weir: {}", result->report.text());
    const ReloadReport& report = result->report;
    const bool done = result->rules != nullptr;
    if (done) put_in_force(*result);
    ++(done ? state_.reloads_done : state_.reloads_failed);
    state_.last_reload_at = wall_clock();
    state_.last_reload_error = done ? std::string{} : report.error;
    const ReloadResult told{.done = done,
                            .error = report.error,
                            .report = [&report](output::JsonWriter& out) { report.write_members(out); }};
    for (const auto& waits : std::exchange(waiting_, {})) waits(told);
  }
  void put_in_force(RuleReloader::Result& result) {
    auto old = reader_.rules();
    reader_.set_rules(result.rules);
    reloader_.retire(std::move(old));
    ++state_.version;
    state_.loaded_at = wall_clock();
    state_.files = result.report.files;
    state_.loaded = result.report.loaded;
    state_.failed = result.report.failed;
    state_.skipped = result.report.skipped;
    state_.errors = result.report.errors;
  }

  // --- what the control socket asks for (ControlTarget)

  [[nodiscard]] bool prevents() const override { return false; }
  [[nodiscard]] const Config& config() const override { return config_; }
  [[nodiscard]] std::string log_dir() const override { return options_.log_dir; }
  [[nodiscard]] std::uint64_t uptime_s() const override {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin_).count());
  }
  [[nodiscard]] LiveWorkers workers() const override { return {}; }
  [[nodiscard]] const LiveWorker::Report& lost_workers() const override { return none_; }
  [[nodiscard]] WorkerSurvey& survey() override { return survey_; }
  [[nodiscard]] std::vector<output::CounterValue> stats(const LiveWorker::Report&) const override {
    return names_.values(total_.counters);
  }
  [[nodiscard]] const RuleState& rule_state() const override { return state_; }
  [[nodiscard]] std::shared_ptr<const rules::RuleSet> rule_set() const override { return reader_.rules(); }
  void reload(std::function<void(const ReloadResult&)> done) override {
    if (!waiting_.empty() || !reloader_.start(reader_.rules()))
      return done({.error = "Reload already in progress", .report = {}});
    waiting_.push_back(std::move(done));
  }
  [[nodiscard]] CaptureQueue* captures() override { return &queue_; }
  void reopen_logs() override {}  // each capture's logs are opened and closed with it
  void rotate_logs() override {}
  void stop() override { stopping_ = true; }

  const CliOptions& options_;
  const Config& config_;
  Signals& signals_;
  RuleReloader& reloader_;
  RuleState state_;
  FdLoop fds_;
  std::shared_ptr<Mailbox> mailbox_;
  WorkerSurvey survey_{mailbox_};
  ServiceNotifier notifier_ = ServiceNotifier::from_environment();
  CounterNames names_;
  CaptureQueue queue_;
  CaptureReader reader_;
  std::vector<std::function<void(const ReloadResult&)>> waiting_;
  RunSummary total_;
  const LiveWorker::Report none_{};
  const Clock::time_point begin_ = Clock::now();
  bool stopping_ = false;
};

// --unix-socket=FILE stands above what the configuration says.
CliOptions with_socket(CliOptions options) {
  if (!options.unix_socket.empty())
    options.settings.push_back("weir.control.path=" + fs::absolute(options.unix_socket).string());
  options.settings.emplace_back("weir.control.enabled=yes");
  return options;
}

}  // namespace

int run_captures_command(const CliOptions& given) {
  const auto fail = [](const std::string& reason) {
    print_error(reason);
    return kExitFailed;
  };
  const CliOptions options = with_socket(given);
  auto signals = Signals::take();
  if (!signals) return fail(signals.error());
  const auto config = load_configuration(options);
  if (!config) return kExitFailed;
  const auto exports = export_settings(options, *config);
  if (!exports) return fail(exports.error());
  if (!exports->collectors.empty())
    return fail("--unix-socket: flow records are not exported; use -r, or keep them with --store");
  const auto clickhouse = clickhouse_settings(*config);
  if (!clickhouse) return fail(clickhouse.error());
  if (*clickhouse)
    return fail("--unix-socket: flow records do not go to ClickHouse; use -r, or keep them with --store");
  auto sockets = LiveSockets::open(*config, std::nullopt);
  if (!sockets) return fail(sockets.error());
  sockets->open_in_log_dir(*config, options.log_dir);
  if (!sockets->control) return fail(sockets->warning);
  if (auto confined = confine_captures(*config); !confined) return fail(confined.error());
  RuleSetup setup = set_up_rules(*config, options.rules);
  if (!report_rules(setup, options) || !report_setup(*config, options)) return kExitFailed;
  RuleState state;
  state.take(setup.loaded, wall_clock());
  auto rules = build_rules(setup, *config, options);
  RuleReloader reloader({.config = options.config,
                         .settings = options.settings,
                         .rules = options.rules,
                         .strict = options.strict,
                         .cache_dir = cache_dir(*config, options)},
                        setup.loaded);
  setup = {};
  auto mailbox = Mailbox::make();
  if (!mailbox) return fail(mailbox.error());
  CaptureRun run(options, *config, *signals, reloader, std::move(state), std::move(*mailbox));
  const RunSummary summary = run.run(std::move(rules), std::move(*sockets->control));
  for (const std::string& error : summary.errors) print_error(error);
  if (is_watched(options)) print_summary(summary, options);
  return summary.errors.empty() ? kExitDone : kExitFailed;
}

}  // namespace weir::engine
