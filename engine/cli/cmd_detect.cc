#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "engine/capture/capture_paths.h"
#include "engine/capture/pcap_writer.h"
#include "engine/cli/cli.h"
#include "engine/cli/clickhouse_sink.h"
#include "engine/cli/confinement_plan.h"
#include "engine/cli/digest.h"
#include "engine/cli/digest_report.h"
#include "engine/cli/flow_exports.h"
#include "engine/cli/progress.h"
#include "engine/cli/terminal.h"
#include "engine/query/human_text.h"

namespace weir::engine {
namespace {

std::atomic<bool> interrupted = false;  // by a signal: what was read until then is logged
static_assert(std::atomic<bool>::is_always_lock_free);

// The second signal ends the process as it would have without us.
void end_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted.store(true, std::memory_order_relaxed); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM}) (void)::sigaction(signal, &action, nullptr);
}

RunOptions run_options(const CliOptions& options, const Config& config, const RuleSetup& setup,
                       bool prevent) {
  RunOptions run;
  run.capture = {options.captures, options.bpf, {.idle = {}, .follow = options.follow}};
  run.interrupted = &interrupted;
  run.log_dir = options.log_dir;
  run.records = record_settings(options, config);
  run.checksums = checksum_mode(options);
  run.threads = worker_count(options);
  run.prevent = prevent;
  run.rule_profile = options.rule_profile;
  const rules::LoadedRules& loaded = setup.loaded;
  run.rules_loaded = loaded.rules_seen - loaded.failed - loaded.skipped;
  run.rules_failed = loaded.failed;
  run.rules_skipped = loaded.skipped;
  return run;
}

void tell_of_threads(const CliOptions& options, const RunOptions& run) {
  if (options.threads <= 1 || !(run.prevent || run.capture.is_stream())) return;
  fmt::print(
      stderr, "weir: warning: --threads {}: one worker does it, as {}\n", options.threads,
      run.prevent ? "what becomes of a packet depends on those before" : "events are written as they come");
}

// The file of --pcap-out would be emptied before it is read.
bool is_read(const std::string& file, const std::vector<std::string>& captures) {
  struct stat out {};
  if (file == "-" || ::stat(file.c_str(), &out) != 0 || !S_ISREG(out.st_mode)) return false;
  const auto files = expand_capture_paths(captures);
  return files && std::any_of(files->begin(), files->end(), [&](const CapturePath& in) {
           struct stat info {};
           return ::stat(in.path.c_str(), &info) == 0 && info.st_dev == out.st_dev &&
                  info.st_ino == out.st_ino;
         });
}

// Suricata's form of the call logs to the configured folder.
void take_log_dir(CliOptions& options, const Config& config) {
  if (options.as_suricata && !options.own_log_dir)
    options.log_dir = config.text("default-log-dir").value_or(options.log_dir);
}

// Whoever calls for a report, or sits at the terminal, gets it besides the logs or in place of them.
class Watching {
 public:
  Watching(const CliOptions& options, bool has_rules)
      : options_(options), prints_(prints_alerts(options)), has_rules_(has_rules), log_(Digest::log()) {
    const bool reports = options.json || prints_ || ::isatty(STDERR_FILENO) == 1;
    if (!reports) return;
    if (prints_ && !options.json) printer_.emplace(stdout, wants_colours(options.colour, stdout));
    digest_.emplace([this](const SeenAlert& alert) { show(alert); }, options.json);
  }
  [[nodiscard]] bool writes_logs() const { return !prints_ && !(options_.json && !options_.own_log_dir); }
  void add_to(RunOptions& run, ProgressLine& line) {
    run.writes_logs = writes_logs();
    line_ = &line;
    if (digest_) run.extra = {log_.get(), &*digest_};
  }
  void report(const RunSummary& summary) {
    if (!digest_) return;
    if (printer_) printer_->finish();
    const Report report{*digest_, summary, options_, writes_logs(), has_rules_};
    if (options_.json)
      fmt::print("{}\n", report_json(report));
    else if (printer_)
      fmt::print("{}; no log was written\n{}", summary_text(summary),
                 report_text(report, wants_colours(options_.colour, stdout)));
    else
      fmt::print(stderr, "{}", report_text(report, wants_colours(options_.colour, stderr)));
  }

 private:
  // One capture, and nothing that says what becomes of its events.
  static bool prints_alerts(const CliOptions& options) {
    if (options.log_dir == "-") return true;
    struct stat info {};
    const bool asks_for_logs =
        options.own_log_dir || !options.config.empty() || options.as_suricata || options.json;
    return !asks_for_logs && options.captures.size() == 1 && ::isatty(STDOUT_FILENO) == 1 &&
           !(::stat(options.captures.front().c_str(), &info) == 0 && S_ISDIR(info.st_mode));
  }
  void show(const SeenAlert& alert) {
    if (!printer_) return;
    line_->clear();
    printer_->show(alert);
  }

  const CliOptions& options_;
  bool prints_, has_rules_;
  std::unique_ptr<const output::Log> log_;
  std::optional<AlertPrinter> printer_;  // none: alerts are not printed
  std::optional<Digest> digest_;
  ProgressLine* line_ = nullptr;
};

int scan(CliOptions options, bool prevent) {
  if (options.live_capture || !options.queues.empty()) return run_live_command(options, prevent);
  if (options.takes_captures && !prevent) return run_captures_command(options);
  if (options.captures.empty()) {
    fmt::print(stderr,
               "weir {0}: no input: name capture files or folders with -r, or {1}\nTry 'weir {0} --help'.\n",
               prevent ? "prevent" : "detect", prevent ? "queues with -q" : "interfaces with -i");
    return kExitUsage;
  }
  if (is_read(options.pcap_out, options.captures)) {
    print_error(fmt::format("--pcap-out {}: is one of the captures that are read; name another file",
                            options.pcap_out));
    return kExitFailed;
  }
  const auto config = load_configuration(options);
  if (!config) return kExitFailed;
  auto exports = export_settings(options, *config);
  if (!exports) {
    print_error(exports.error());
    return kExitFailed;
  }
  take_log_dir(options, *config);
  RuleSetupOptions sources = options.rules;
  sources.inline_mode = prevent;
  RuleSetup setup = set_up_rules(*config, sources);
  if (!report_rules(setup, options)) return kExitFailed;
  Watching watching(options, !setup.loaded.signatures.empty());
  if (watching.writes_logs() && !make_log_dir(options.log_dir)) return kExitFailed;

  ProgressLine line;
  RunOptions run = run_options(options, *config, setup, prevent);
  tell_of_threads(options, run);
  exports->flushes = run.capture.is_stream();
  auto exporter = open_exports(*exports, output::FlowExport::Time::packets);
  if (!exporter) {
    print_error(exporter.error());
    return kExitFailed;
  }
  run.records.exporter = std::move(*exporter);
  auto clickhouse = open_clickhouse_sink(*config, !run.capture.is_stream());
  if (!clickhouse) {
    print_error(clickhouse.error());
    return kExitFailed;
  }
  run.records.clickhouse = std::move(*clickhouse);
  watching.add_to(run, line);
  std::optional<PcapWriter> passed;
  if (!options.pcap_out.empty()) run.passed = &passed.emplace(options.pcap_out);
  run.ready = [&]() -> tl::expected<void, std::string> {
    if (passed && !passed->open())
      print_error(fmt::format("--pcap-out {}; the scan goes on without it", passed->error()));
    if (auto confined = confine_offline(confinement_plan(options, *config), *config); !confined)
      return confined;
    if (!report_values(*config) && options.strict)
      return tl::unexpected(std::string("a value in the configuration, and --strict"));
    return {};
  };
  if (::isatty(STDERR_FILENO) == 1) run.progress = [&line](const RunProgress& p) { line.show(p); };
  auto rules = build_rules(setup, *config, options);
  setup = {};  // what only loading needed
  end_on_signals();
  const auto summary = run_offline(run, *config, std::move(rules));
  line.clear();
  if (!summary) {
    print_error(summary.error());
    return kExitFailed;
  }
  print_errors(*summary, options);
  const bool cut_short = interrupted && !run.capture.is_stream();
  if (cut_short) print_error("interrupted: what was read until then is logged, the rest was not read");
  print_notes(*summary, options);
  if (watching.writes_logs() && (is_watched(options) || interrupted)) print_summary(*summary, options);
  watching.report(*summary);
  if (is_watched(options) && passed)
    fmt::print(stderr, "weir: {} of {} packets passed to {}\n", passed->frames_written(), summary->packets,
               passed->path());
  return summary->errors.empty() && !cut_short ? kExitDone : kExitFailed;
}

}  // namespace

ChecksumMode checksum_mode(const CliOptions& options) {
  return options.checksums == "all"    ? ChecksumMode::all
         : options.checksums == "none" ? ChecksumMode::none
                                       : ChecksumMode::automatic;
}

output::RecordSettings record_settings(const CliOptions& options, const Settings& root) {
  output::RecordSettings out;
  out.store.folder = options.store;
  out.store.sealers = options.captures.empty() ? 1 : worker_count(options);
  out.store.read(root);
  return out;
}

bool make_log_dir(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || !std::filesystem::is_directory(path, error)) {
    print_error(fmt::format("-l {}: {}", path, error ? error.message() : "not a folder"));
    return false;
  }
  return true;
}

namespace {

// 12 x "the file is empty", 3 x ..., the most frequent ones.
std::string counted_reasons(const std::map<std::string, std::size_t>& reasons) {
  constexpr std::size_t kMaxReasons = 6;
  std::vector<std::pair<std::size_t, std::string_view>> sorted;
  sorted.reserve(reasons.size());
  for (const auto& [reason, times] : reasons) sorted.emplace_back(times, reason);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string out;
  for (std::size_t i = 0; i < std::min(kMaxReasons, sorted.size()); ++i)
    out += fmt::format("{}{} x \"{}\"", i == 0 ? "" : ", ", sorted[i].first, sorted[i].second);
  if (sorted.size() > kMaxReasons) out += " and others";
  return out;
}

}  // namespace

void print_errors(const RunSummary& summary, const CliOptions& options) {
  constexpr std::size_t kMaxNamed = 5;  // captures
  std::size_t all = 0;
  for (const auto& [reason, times] : summary.capture_error_reasons) all += times;
  const bool sums_up = all > summary.capture_errors || (all > kMaxNamed && !options.verbose);
  if (sums_up)
    print_error(fmt::format("{} captures could not be read, or not to their end: {}{}", all,
                            counted_reasons(summary.capture_error_reasons),
                            options.verbose ? "" : " (-v names them)"));
  for (std::size_t i = options.verbose || !sums_up ? 0 : summary.capture_errors; i < summary.errors.size();
       ++i)
    print_error(summary.errors[i]);
}

void print_notes(const RunSummary& summary, const CliOptions& options) {
  for (const RunNote& note : summary.notes) {
    if (!note.is_loss && !is_watched(options)) continue;
    const std::string_view kind = note.is_loss ? "warning: " : "";
    const bool several = note.each.size() != 1;
    if (several)
      fmt::print(stderr, "weir: {}{}{}\n", kind, note.text,
                 note.each.empty() || options.verbose ? "" : " (-v names them)");
    if (!several || options.verbose)
      for (const std::string& one : note.each) fmt::print(stderr, "weir: {}{}\n", kind, one);
  }
}

std::string summary_text(const RunSummary& s) {
  const double rate = s.seconds > 0 ? static_cast<double>(s.bytes) / s.seconds : 0;
  return fmt::format("{} packets, {} in {:.2f} s ({}/s); {} flows, {} alerts", s.packets,
                     human_bytes(static_cast<double>(s.bytes)), s.seconds, human_bytes(rate), s.flows,
                     s.alerts);
}

void print_summary(const RunSummary& s, const CliOptions& options) {
  fmt::print(stderr, "weir: {}; logs in {}\n", summary_text(s), options.log_dir);
}

int run_detect(const CliOptions& options) {
  return scan(options, options.prevent);
}
int run_prevent(const CliOptions& options) {
  return scan(options, true);
}

}  // namespace weir::engine
