#include "engine/run.h"

#include <algorithm>
#include <chrono>

#include "engine/log_outputs.h"
#include "engine/pipeline.h"
#include "rules/shared_state.h"

namespace weir::engine {
namespace {

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

// One thread does everything.
struct SingleWorker {
  Pipeline pipeline;
  std::uint64_t packets = 0, bytes = 0;
  TimeUs last_time = 0;

  void run(CaptureSource& source, ProgressMeter& meter) {
    RawPacket raw;
    const std::string* name = nullptr;
    while (source.next(raw) == CaptureSource::Next::packet) {
      if (&source.name() != name) pipeline.set_capture_name(*(name = &source.name()));
      pipeline.inspect(raw);
      ++packets;
      bytes += raw.bytes.size();
      last_time = raw.time;
      meter.packet(packets);
    }
    pipeline.finish();
  }
};

void write_stats(EventLog& log, const RunOptions& options, const RunSummary& summary, TimeUs now) {
  const CounterNames names;
  std::vector<output::CounterValue> values = names.values(summary.counters);
  values.emplace_back("detect.engines.rules_loaded", options.rules_loaded);
  values.emplace_back("detect.engines.rules_failed", options.rules_failed);
  values.emplace_back("detect.engines.rules_skipped", options.rules_skipped);
  log.stats(now, static_cast<std::uint64_t>(summary.seconds), values);
}

}  // namespace

tl::expected<RunSummary, std::string> run_offline(const RunOptions& options, const Config& config,
                                                  std::shared_ptr<const rules::RuleSet> rules) {
  auto setup = PipelineSetup::make(config, options.prevent);
  if (!setup) return tl::unexpected(setup.error());
  auto source = open_capture_files(options.capture);
  if (!source) return tl::unexpected(source.error());
  auto outputs = LogOutputs::open(config, options.log_dir);
  if (!outputs) return tl::unexpected(outputs.error());

  const auto begin = Clock::now();
  rules::SharedState shared;
  std::vector<EventLog::Output> logs;
  for (const LogOutputs::Eve& eve : outputs->eve) logs.push_back({eve.log.get(), eve.sink.get()});
  ProgressMeter meter(options, **source);
  RunSummary summary;
  SingleWorker worker{.pipeline = Pipeline(*setup, std::move(rules), shared, logs)};
  worker.run(**source, meter);

  summary.counters = worker.pipeline.counters();
  summary.packets = worker.packets;
  summary.bytes = worker.bytes;
  summary.flows = summary.counters.flow_total;
  summary.alerts = summary.counters.detect_alert;
  summary.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (config.flag("stats.enabled", true))
    write_stats(worker.pipeline.log(), options, summary, worker.last_time);
  summary.errors = (*source)->errors();
  outputs->close(summary.errors);
  return summary;
}

}  // namespace weir::engine
