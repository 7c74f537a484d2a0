#include "engine/live/control/metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "engine/live/confine/seccomp_filter.h"
#include "engine/live/control/prometheus_text.h"
#include "weir_version.h"

namespace weir::engine {
namespace {

using Report = LiveWorker::Report;
constexpr double kUsPerSecond = 1e6;

// A family with a sample a worker.
struct PerWorker {
  const char *name, *type, *help;
  std::uint64_t (*value)(const Report& report);
};
constexpr PerWorker kPerWorker[] = {
    {"weir_packets_total", "counter", "Packets decoded.",
     [](const Report& r) { return r.counters.decoder_pkts; }},
    {"weir_bytes_total", "counter", "Bytes of these packets.",
     [](const Report& r) { return r.counters.decoder_bytes; }},
    {"weir_invalid_packets_total", "counter", "Packets that are broken.",
     [](const Report& r) { return r.counters.decoder_invalid; }},
    {"weir_kernel_packets_total", "counter", "Packets that the kernel had for us, those it dropped included.",
     [](const Report& r) { return r.capture.kernel_packets; }},
    {"weir_kernel_drops_total", "counter",
     "Packets that the kernel dropped, or let pass, as we were too slow.",
     [](const Report& r) { return r.capture.kernel_drops; }},
    {"weir_capture_errors_total", "counter", "Errors of reading packets.",
     [](const Report& r) { return r.capture.errors; }},
    {"weir_queue_packets", "gauge", "Packets that wait in the kernel's ring or queue.",
     [](const Report& r) { return r.capture.waiting; }},
    {"weir_uninspected_packets_total", "counter", "Packets that there was no memory to inspect.",
     [](const Report& r) { return r.counters.out_of_memory; }},
    {"weir_alerts_total", "counter", "Alerts.", [](const Report& r) { return r.counters.detect_alert; }},
    {"weir_flows_total", "counter", "Flows that have begun.",
     [](const Report& r) { return r.counters.flow_total; }},
    {"weir_flows", "gauge", "Flows that there are now.", [](const Report& r) { return r.flows; }},
};

struct VerdictRow {
  const char* name;
  std::uint64_t Counters::*count;
};
constexpr VerdictRow kVerdicts[] = {{"accepted", &Counters::ips_accepted},
                                    {"blocked", &Counters::ips_blocked},
                                    {"rejected", &Counters::ips_rejected}};

struct MemoryRow {
  const char* table;
  std::uint64_t PipelineMemory::*bytes;
};
constexpr MemoryRow kMemory[] = {{"flows", &PipelineMemory::flows},
                                 {"stream_sessions", &PipelineMemory::stream_sessions},
                                 {"stream_data", &PipelineMemory::stream_data},
                                 {"defrag", &PipelineMemory::defrag}};

void write_workers(PrometheusText& out, const std::vector<NamedReport>& reports) {
  out.family("weir_worker_up", "gauge", "1 when the worker answers.");
  for (const NamedReport& r : reports) out.sample({{"worker", r.name}}, std::uint64_t{r.state == "running"});
  for (const PerWorker& row : kPerWorker) {
    out.family(row.name, row.type, row.help);
    for (const NamedReport& r : reports) out.sample({{"worker", r.name}}, row.value(r.report));
  }
  out.family("weir_memory_bytes", "gauge", "Memory of a worker's tables.");
  for (const NamedReport& r : reports)
    for (const MemoryRow& row : kMemory)
      out.sample({{"worker", r.name}, {"table", row.table}}, r.report.memory.*row.bytes);
}

void write_verdicts(PrometheusText& out, const std::vector<NamedReport>& reports) {
  out.family("weir_verdicts_total", "counter", "Packets by what became of them.");
  for (const NamedReport& r : reports)
    for (const VerdictRow& row : kVerdicts)
      out.sample({{"worker", r.name}, {"verdict", row.name}}, r.report.counters.*row.count);
}

void write_times(PrometheusText& out, const std::vector<NamedReport>& reports, double seconds_per_tick) {
  out.family("weir_inspection_seconds", "histogram",
             "Time that a packet's inspection takes; one packet in 256 is timed.");
  for (const NamedReport& r : reports) {
    const LatencyTicks& latency = r.report.counters.latency;
    const std::vector<std::uint64_t> counts = within_bounds(latency, seconds_per_tick);
    for (std::size_t i = 0; i < counts.size(); ++i)
      out.part("_bucket", {{"worker", r.name}, {"le", fmt::format("{}", kLatencyBounds[i])}}, counts[i]);
    out.part("_bucket", {{"worker", r.name}, {"le", "+Inf"}}, latency.total);
    out.part("_sum", {{"worker", r.name}}, static_cast<double>(latency.sum) * seconds_per_tick);
    out.part("_count", {{"worker", r.name}}, latency.total);
  }
  out.family("weir_stage_sampled_seconds_total", "counter",
             "Time by stage of the pipeline, of those packets that are timed: one in 256.");
  for (const NamedReport& r : reports)
    for (std::size_t i = 0; i < kStages; ++i)
      out.sample({{"worker", r.name}, {"stage", kStageNames[i]}},
                 static_cast<double>(r.report.counters.stages[i]) * seconds_per_tick);
}

void write_rules(PrometheusText& out, const RuleState& rules) {
  out.family("weir_rules", "gauge", "Rules by what became of them.");
  out.sample({{"state", "loaded"}}, std::uint64_t{rules.loaded});
  out.sample({{"state", "failed"}}, std::uint64_t{rules.failed});
  out.sample({{"state", "skipped"}}, std::uint64_t{rules.skipped});
  out.family("weir_rule_set_version", "gauge", "Number of the rule set in use; one more with each reload.");
  out.sample({}, rules.version);
  out.family("weir_rule_reloads_total", "counter", "Reloads of the rules by what became of them.");
  out.sample({{"result", "done"}}, rules.reloads_done);
  out.sample({{"result", "failed"}}, rules.reloads_failed);
  out.family("weir_rule_set_loaded_timestamp_seconds", "gauge", "When the rule set in use was loaded.");
  out.sample({}, static_cast<double>(rules.loaded_at) / kUsPerSecond);
}

double seconds_of(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / kUsPerSecond;
}

std::uint64_t resident_bytes() {
  std::uint64_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void write_process(PrometheusText& out, const ControlTarget& target) {
  out.family("weir_build_info", "gauge", "Version and mode.");
  out.sample({{"version", WEIR_VERSION}, {"mode", target.prevents() ? "prevent" : "detect"}},
             std::uint64_t{1});
  out.family("weir_uptime_seconds", "gauge", "Time since the run began.");
  out.sample({}, target.uptime_s());
  rusage used{};
  (void)::getrusage(RUSAGE_SELF, &used);
  out.family("process_cpu_seconds_total", "counter", "CPU time of the process.");
  out.sample({}, seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
  out.family("process_resident_memory_bytes", "gauge", "Memory of the process.");
  out.sample({}, resident_bytes());
  out.family("weir_sandbox_refused_calls_total", "counter", "System calls that the sandbox refused.");
  out.sample({}, refused_calls());
}

// All counters of stats events under their names there. Those that are 0 are left out.
void write_counters(PrometheusText& out, const ControlTarget& target,
                    const std::vector<NamedReport>& reports) {
  Report total = target.lost_workers();
  for (const NamedReport& r : reports) total += r.report;
  out.family("weir_counter", "untyped", "What stats events say, summed over all workers.");
  for (const auto& [name, value] : target.stats(total))
    if (value != 0) out.sample({{"name", name}}, value);
}

}  // namespace

std::vector<std::uint64_t> within_bounds(const LatencyTicks& latency, double seconds_per_tick) {
  std::vector<std::uint64_t> out(std::size(kLatencyBounds));
  std::uint64_t sum = 0;
  std::size_t bound = 0;
  for (std::size_t c = 0; c < latency.counts.size() && bound < out.size(); ++c) {
    const double end = static_cast<double>(LatencyTicks::end_of(c)) * seconds_per_tick;
    if (latency.counts[c] == 0) continue;
    while (bound < out.size() && end > kLatencyBounds[bound]) out[bound++] = sum;
    sum += latency.counts[c];
  }
  while (bound < out.size()) out[bound++] = sum;
  return out;
}

std::string metrics_page(const ControlTarget& target, const std::vector<NamedReport>& reports,
                         double seconds_per_tick) {
  PrometheusText out;
  write_process(out, target);
  write_workers(out, reports);
  if (target.prevents()) write_verdicts(out, reports);
  write_times(out, reports, seconds_per_tick);
  write_rules(out, target.rule_state());
  write_counters(out, target, reports);
  return out.take();
}

}  // namespace weir::engine
