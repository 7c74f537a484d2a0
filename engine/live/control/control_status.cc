// Commands that tell how a run is doing.
#include <unistd.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "engine/account/stats.h"
#include "engine/live/control/control_commands.h"
#include "output/timestamp.h"
#include "rules/load/requires.h"
#include "weir_version.h"

namespace weir::engine {
namespace {

LiveWorker::Report total_of(const ControlTarget& target, const std::vector<NamedReport>& reports) {
  LiveWorker::Report total = target.lost_workers();
  for (const NamedReport& r : reports) total += r.report;
  return total;
}

void write_worker(output::JsonWriter& out, const NamedReport& r) {
  const auto worker = out.object();
  out.string("name", r.name);
  out.string("state", r.state);
  if (!r.error.empty()) out.bytes("error", r.error);
  out.number("packets", r.report.counters.decoder_pkts);
  out.number("bytes", r.report.counters.decoder_bytes);
  out.number("flows", r.report.flows);
  out.number("alerts", r.report.counters.detect_alert);
  out.number("kernel_packets", r.report.capture.kernel_packets);
  out.number("kernel_drops", r.report.capture.kernel_drops);
  out.number("capture_errors", r.report.capture.errors);
}

void write_rule_counts(output::JsonWriter& out, const RuleState& rules) {
  const auto object = out.object("rules");
  out.number("version", rules.version);
  out.string("loaded_at", time_text(rules.loaded_at));
  out.number("files", rules.files);
  out.number("loaded", rules.loaded);
  out.number("failed", rules.failed);
  out.number("skipped", rules.skipped);
  if (rules.last_reload_at == 0) return;
  const auto reload = out.object("last_reload");
  out.string("time", time_text(rules.last_reload_at));
  out.boolean("done", rules.last_reload_error.empty());
  if (!rules.last_reload_error.empty()) out.bytes("error", rules.last_reload_error);
}

std::vector<std::string> interfaces(const ControlTarget& target) {
  std::vector<std::string> out;
  for (const auto& worker : target.workers())
    if (const std::string name(worker->interface());
        !name.empty() && std::find(out.begin(), out.end(), name) == out.end())
      out.push_back(name);
  return out;
}

}  // namespace

std::string time_text(TimeUs time) {
  output::TimestampFormatter formatter;
  std::array<char, output::TimestampFormatter::kIsoBytes> text{};
  formatter.iso(time, text.data());
  return {text.data(), text.size()};
}

void ctl_status(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  ask_reports(target, [&target, reply](const std::vector<NamedReport>& reports) {
    reply.object([&](output::JsonWriter& out) {
      out.string("version", WEIR_VERSION);
      out.number("pid", static_cast<std::uint64_t>(::getpid()));
      out.string("mode", target.prevents() ? "prevent" : "detect");
      out.number("uptime", target.uptime_s());
      out.bytes("log_dir", target.log_dir());
      write_rule_counts(out, target.rule_state());
      const auto workers = out.array("workers");
      for (const NamedReport& r : reports) write_worker(out, r);
    });
  });
}

void ctl_stats(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  ask_reports(target, [&target, reply](const std::vector<NamedReport>& reports) {
    const LiveWorker::Report total = total_of(target, reports);
    reply.object([&](output::JsonWriter& out) {
      out.number("uptime", target.uptime_s());
      output::write_counter_tree(out, target.stats(total));
      const auto shares = out.object("stage_share");
      for (const auto& [stage, share] : stage_shares(total.counters.stages)) out.real(stage, share);
    });
  });
}

void ctl_version(ControlTarget&, const ControlArguments&, const ControlReply& reply) {
  constexpr const auto& kLanguage = rules::kLanguageVersion;
  reply.ok(fmt::format("{}.{}.{} RELEASE (weir {})", kLanguage.major, kLanguage.minor, kLanguage.patch,
                       WEIR_VERSION));
}

void ctl_uptime(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  reply.message([&](output::JsonWriter& out) { out.number("message", target.uptime_s()); });
}

void ctl_running_mode(ControlTarget&, const ControlArguments&, const ControlReply& reply) {
  reply.ok("workers");
}

void ctl_capture_mode(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  if (target.captures() != nullptr) return reply.ok("UNIX_SOCKET");
  const bool pcap = target.config().text("weir.capture").value_or("") == "pcap";
  reply.ok(target.prevents() ? "NFQ" : pcap ? "PCAP_DEV" : "AF_PACKET_DEV");
}

void ctl_iface_list(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  const std::vector<std::string> names = interfaces(target);
  reply.object([&](output::JsonWriter& out) {
    out.number("count", names.size());
    const auto list = out.array("ifaces");
    for (const std::string& name : names) out.bytes_item(name);
  });
}

void ctl_iface_stat(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  const std::string name = *arguments.text("iface");
  std::vector<std::string> of_interface;  // names of its workers
  for (const auto& worker : target.workers())
    if (worker->interface() == name) of_interface.push_back(worker->name());
  if (of_interface.empty()) {
    reply.fail(fmt::format("nothing listens on '{}'", name));
    return;
  }
  ask_reports(target, [reply, of_interface](const std::vector<NamedReport>& reports) {
    LiveWorker::Report sum;
    for (const NamedReport& r : reports)
      if (std::find(of_interface.begin(), of_interface.end(), r.name) != of_interface.end()) sum += r.report;
    reply.object([&](output::JsonWriter& out) {
      out.number("pkts", sum.capture.kernel_packets);
      out.number("drop", sum.capture.kernel_drops);
      out.number("invalid-checksums", sum.counters.tcp_invalid_checksum);
    });
  });
}

void ctl_conf_get(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  const std::string name = *arguments.text("variable");
  if (const auto value = target.config().text(name))
    reply.ok(*value);
  else
    reply.fail("Unable to get value");
}

}  // namespace weir::engine
