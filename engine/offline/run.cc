#include "engine/offline/run.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <optional>

#include <fmt/format.h>

#include "engine/account/levels.h"
#include "engine/capture/pcap_writer.h"
#include "engine/log/log_outputs.h"
#include "engine/log/record_tap.h"
#include "engine/log/scan_output.h"
#include "engine/offline/capture_notes.h"
#include "engine/offline/checksum_gate.h"
#include "engine/offline/worker_pool.h"
#include "engine/pipeline/pipeline.h"
#include "output/packet_chooser.h"
#include "rules/state/shared_state.h"

namespace weir::engine {
namespace {

constexpr std::chrono::hours kStoreEnd{24};  // nobody waits for a verdict here

using Clock = std::chrono::steady_clock;
constexpr std::uint64_t kProgressEveryPackets = 4096;
constexpr auto kProgressEvery = std::chrono::milliseconds(100);

// Calls the run's progress function now and then, without asking the clock for each packet.
class ProgressMeter {
 public:
  ProgressMeter(const RunOptions& options, const CaptureSource& source)
      : options_(options), source_(source) {}
  void packet(std::uint64_t number) {
    if (number % kProgressEveryPackets != 0 || !options_.progress) return;
    const auto now = Clock::now();
    if (now - last_ < kProgressEvery) return;
    last_ = now;
    options_.progress({number, source_.bytes_done(), source_.bytes_total()});
  }

 private:
  const RunOptions& options_;
  const CaptureSource& source_;
  Clock::time_point last_ = Clock::now();
};

// The names of capture files, kept for as long as events may need them.
class CaptureNames {
 public:
  const std::string* keep(const std::string& name) {
    if (names_.empty() || names_.back() != name) names_.push_back(name);
    return &names_.back();
  }

 private:
  std::deque<std::string> names_;
};

// What -k says, or else the configuration.
ChecksumMode checksum_mode(const RunOptions& options, const Config& config) {
  if (options.checksums != ChecksumMode::automatic) return options.checksums;
  const std::string text = config.text("pcap-file.checksum-checks").value_or("auto");
  if (text == "auto") return ChecksumMode::automatic;
  return config.flag("pcap-file.checksum-checks", true) ? ChecksumMode::all : ChecksumMode::none;
}

// What is done while a stream has nothing to read: events that have come are written out, so that whoever waits for them
// sees them.
class IdleStream {
 public:
  explicit IdleStream(const std::atomic<bool>* interrupted) : interrupted_(interrupted) {}
  void flush_to(const LogOutputs& outputs) { outputs_ = &outputs; }
  // What is held back comes first.
  void let_go_with(std::function<void()> release) { release_ = std::move(release); }
  // False: the run is to end.
  [[nodiscard]] bool go_on() const {
    if (release_) release_();
    if (outputs_ != nullptr) outputs_->flush();
    return interrupted_ == nullptr || !interrupted_->load(std::memory_order_relaxed);
  }

 private:
  const std::atomic<bool>* interrupted_;
  const LogOutputs* outputs_ = nullptr;
  std::function<void()> release_;
};

struct Input {
  CaptureSource& source;
  ProgressMeter& meter;
  RunSummary& summary;
  ChecksumGate checksums;
  const std::atomic<bool>* interrupted = nullptr;
  IdleStream* idle = nullptr;
  TimeUs first_time = 0, last_time = 0;
  CaptureNames names{};  // of all captures so far: workers may be behind, and flows end when all is read
  CaptureNotes notes{};
  std::uint64_t captures = 0;         // of the frames so far
  const std::string* name = nullptr;  // of the capture that is read

  // Calls f(frame, whether its checksums count, its fine time or null: the source's) for each frame.
  template <class F>
  void for_each(F&& f) {
    if (idle != nullptr) idle->let_go_with([this, &f] { checksums.stop_waiting(f); });
    while (next(f)) {
    }
    if (idle != nullptr) idle->let_go_with({});
  }
  // Reads a frame, for which it calls f; it may also do so for frames before, or keep this one for later. False: there are no more,
  // and all have been passed on.
  template <class F>
  bool next(F&& f) {
    RawPacket raw;
    if ((interrupted != nullptr && interrupted->load(std::memory_order_relaxed)) ||
        source.next(raw) != CaptureSource::Next::packet) {
      end_capture(f);
      notes.finish(summary);
      return false;
    }
    if (source.captures() != captures) begin_capture(f);
    raw.capture = name;
    notes.frame(raw);
    checksums.packet(raw, source, f);
    if (summary.packets++ == 0) first_time = raw.time;
    summary.bytes += raw.bytes.size();
    last_time = raw.time;
    meter.packet(summary.packets);
    return true;
  }

  template <class F>
  void begin_capture(F&& f) {
    end_capture(f);
    captures = source.captures();
    name = names.keep(source.name());
    checksums.begin_capture(source.is_stream());
  }
  template <class F>
  void end_capture(F&& f) {
    if (name == nullptr) return;
    checksums.end_capture(f);
    notes.end_capture(*name, checksums);
  }
};

// Hands lines on to a sink of somebody else.
class HandingSink final : public output::Sink {
 public:
  explicit HandingSink(output::Sink& to) : to_(to) {}
  void write_line(std::string_view line, const std::shared_ptr<output::LineCondition>& condition) override {
    to_.write_line(line, condition);
  }
  void flush() override { to_.flush(); }

 private:
  output::Sink& to_;
};

// The same of a log.
class HandedLog final : public output::Log {
 public:
  explicit HandedLog(const output::Log& log) : log_(log) {}
  [[nodiscard]] bool wants(output::EventType type) const override { return log_.wants(type); }
  [[nodiscard]] std::unique_ptr<output::LogSession> session(output::Sink& sink) const override {
    return log_.session(sink);
  }

 private:
  const output::Log& log_;
};

tl::expected<LogOutputs, std::string> open_outputs(const RunOptions& options, const Config& config) {
  LogOutputs none;
  auto outputs = options.writes_logs ? LogOutputs::open(config, options.log_dir) : std::move(none);
  if (!outputs || options.extra.log == nullptr) return outputs;
  outputs->logs.push_back({std::make_unique<HandedLog>(*options.extra.log),
                           std::make_unique<HandingSink>(*options.extra.sink), "the report"});
  return outputs;
}

std::vector<EventLog::Output> event_logs(const LogOutputs& outputs) {
  std::vector<EventLog::Output> logs;
  for (const LogOutputs::Open& open : outputs.logs) logs.push_back({open.log.get(), open.sink.get()});
  return logs;
}

struct Totals {
  Counters counters;
  std::vector<Counters> workers;
  RuleProfile rule_profile;
};

// One thread does everything; no queue in between.
Totals run_single(Input& input, const PipelineSetup& setup,
                  const std::shared_ptr<const rules::RuleSet>& rules, rules::SharedState& shared,
                  const LogOutputs& outputs, const output::RecordOutputs& records, PcapWriter* passed) {
  const std::vector<EventLog::Output> logs = event_logs(outputs);
  RunPosition position;
  std::optional<output::PacketChooser> packets;
  if (outputs.packets != nullptr)
    packets.emplace(*outputs.packets, *outputs.packets, outputs.packets->settings().before_alert_bytes);
  std::optional<RecordFan> fan;
  if (!records.empty()) fan.emplace(records);
  Pipeline pipeline(setup, rules, shared, logs, position,
                    {.files = outputs.files.get(),
                     .packets = outputs.packet_links(packets ? &*packets : nullptr),
                     .records = fan ? &*fan : nullptr});
  input.for_each([&](const RawPacket& raw, bool checksums, const FineTime* time) {
    pipeline.verify_checksums(checksums);
    const Verdict verdict = pipeline.inspect(raw);
    if (passed == nullptr) return;
    const FineTime fine = time != nullptr ? *time : input.source.fine_time();
    passed->show(raw, fine);
    if (verdict == Verdict::accept) passed->write(raw, fine, pipeline.outcome().frame);
  });
  pipeline.finish();
  if (fan) fan->flush();
  Totals totals{.counters = pipeline.counters(), .workers = {pipeline.counters()}, .rule_profile = {}};
  if (const RuleProfile* profile = pipeline.rule_profile()) totals.rule_profile.add(*profile);
  return totals;
}

Totals run_pool(Input& input, unsigned workers, const PipelineSetup& setup,
                const std::shared_ptr<const rules::RuleSet>& rules, rules::SharedState& shared,
                LogOutputs& outputs, const output::RecordOutputs& records) {
  WorkerPool pool(workers, setup, rules, shared, outputs, records);
  pool.run([&input](FrameBlock& block) {
    const auto add = [&](const RawPacket& raw, bool checksums, const FineTime* held) {
      block.add(raw, checksums, held == nullptr ? input.source.window() : nullptr);
    };
    bool goes_on = true;
    while (goes_on && !block.is_full()) goes_on = input.next(add);
    return goes_on;
  });
  return {
      .counters = pool.counters(), .workers = pool.worker_counters(), .rule_profile = pool.rule_profile()};
}

std::vector<output::ThreadStats> thread_stats(const CounterNames& names,
                                              const std::vector<Counters>& workers) {
  std::vector<output::ThreadStats> out;
  out.reserve(workers.size());
  for (const Counters& worker : workers)
    out.push_back({fmt::format("W#{:02}", out.size() + 1), names.values(worker)});
  return out;
}

// The uptime of a run over files is the time that they cover, so that every run says the same.
void write_stats(const LogOutputs& outputs, const output::RecordOutputs& records, const RunOptions& options,
                 const Config& config, const RunSummary& summary, const std::vector<Counters>& workers,
                 const Input& input) {
  const CounterNames names(CounterNames::Options::from(config, options.prevent));
  std::vector<output::CounterValue> values = names.values(summary.counters);
  values.emplace_back("detect.engines[].rules_loaded", options.rules_loaded);
  values.emplace_back("detect.engines[].rules_failed", options.rules_failed);
  values.emplace_back("detect.engines[].rules_skipped", options.rules_skipped);
  append_levels({}, 0, values);
  append_absent(AbsentStats::from(config, outputs.files != nullptr), values);
  if (outputs.files != nullptr) outputs.files->append_counters(values);
  for (const auto& output : records) output->append_counters(values);
  if (outputs.packets != nullptr) {
    outputs.packets->files().flush();
    outputs.packets->append_counters(values);
  }
  const auto uptime_s =
      static_cast<std::uint64_t>(std::max<TimeUs>(input.last_time - input.first_time, 0) / 1'000'000);
  const auto shares = stage_shares(summary.counters.stages);
  const std::vector<output::ThreadStats> threads = thread_stats(names, workers);
  for (const LogOutputs::Open& open : outputs.logs)
    open.log->session(*open.sink)
        ->stats({.time = input.last_time,
                 .uptime_s = uptime_s,
                 .counters = values,
                 .stage_shares = shares,
                 .threads = threads});
}

// The file of --rule-profile: opened before the run, so that a wrong name is said at once.
class RuleProfileFile {
 public:
  explicit RuleProfileFile(const std::string& path) : path_(path) {
    if (wanted()) file_.open(path, std::ios::binary | std::ios::trunc);
  }
  [[nodiscard]] bool wanted() const { return !path_.empty(); }
  [[nodiscard]] bool failed() const { return wanted() && !file_; }
  [[nodiscard]] std::string error() const { return "--rule-profile " + path_ + ": cannot be written"; }
  void write(const RuleProfile& profile, const rules::RuleSet* rules) {
    if (!wanted()) return;
    file_ << (rules != nullptr ? rule_profile_json(profile, *rules, rate_.nanoseconds_per_tick()) : "[]\n");
    file_.close();
  }

 private:
  std::string path_;
  std::ofstream file_;
  TickRate rate_;
};

}  // namespace

tl::expected<RunSummary, std::string> run_offline(const RunOptions& options, const Config& config,
                                                  std::shared_ptr<const rules::RuleSet> rules) {
  auto setup = PipelineSetup::make(config, options.prevent);
  if (!setup) return tl::unexpected(setup.error());
  const bool is_stream = options.capture.is_stream();
  IdleStream idle(options.interrupted);
  FileCaptureOptions capture = options.capture;
  if (is_stream) capture.patience.idle = [&idle] { return idle.go_on(); };
  auto source = open_capture_files(capture);
  if (!source) return tl::unexpected(source.error());
  auto outputs = open_outputs(options, config);
  if (!outputs) return tl::unexpected(outputs.error());
  auto records = output::open_record_outputs(options.records);
  if (!records) return tl::unexpected(records.error());
  if (auto scans = open_scan_output(config); scans != nullptr && !outputs->logs.empty()) {
    scans->log_to(event_logs(*outputs), !is_stream);
    records->push_back(std::move(scans));
  }
  if (const std::string problem =
          setup->want_records(!records->empty(), output::wants_fingerprints(*records));
      !problem.empty())
    return tl::unexpected(problem);
  idle.flush_to(*outputs);
  RuleProfileFile profile_file(options.rule_profile);
  if (profile_file.failed()) return tl::unexpected(profile_file.error());
  setup->detection.profile_rules = profile_file.wanted();

  if (options.ready)
    if (auto ready = options.ready(); !ready) return tl::unexpected(ready.error());

  const auto begin = Clock::now();
  rules::SharedState shared;
  ProgressMeter meter(options, **source);
  RunSummary summary;
  Input input{.source = **source,
              .meter = meter,
              .summary = summary,
              .checksums = ChecksumGate(checksum_mode(options, config), setup->decoding),
              .interrupted = options.interrupted,
              .idle = is_stream ? &idle : nullptr};
  // What becomes of a packet depends on what became of the one inside it: inline decisions are one
  // pipeline's. Of a stream whatever has come is to be written before more does.
  Totals totals = options.threads > 1 && !options.prevent && !is_stream
                      ? run_pool(input, options.threads, *setup, rules, shared, *outputs, *records)
                      : run_single(input, *setup, rules, shared, *outputs, *records, options.passed);
  summary.counters = totals.counters;
  summary.flows = summary.counters.flow_total;
  summary.alerts = summary.counters.detect_alert;
  summary.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  summary.errors = (*source)->errors();
  summary.capture_errors = summary.errors.size();
  summary.capture_error_reasons = (*source)->error_reasons();
  note_left_out(summary);
  if (outputs->files != nullptr) outputs->files->stop(kStoreEnd, summary.errors);
  for (const auto& output : *records) {
    output->close(summary.errors);
    append_record_notes(*output, summary);
  }
  if (config.flag("stats.enabled", true))
    write_stats(*outputs, *records, options, config, summary, totals.workers, input);
  profile_file.write(totals.rule_profile, rules.get());
  if (profile_file.failed()) summary.errors.push_back(profile_file.error());
  outputs->close(summary.errors);
  if (rules != nullptr) rules->save_datasets(summary.errors);
  if (options.passed != nullptr) options.passed->close(summary.errors);
  return summary;
}

}  // namespace weir::engine
