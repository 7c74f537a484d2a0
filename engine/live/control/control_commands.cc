#include "engine/live/control/control_commands.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

namespace weir::engine {
namespace {

using Kind = ControlArgument::Kind;

bool is_for(const ControlCommand& command, ControlTarget& target) {
  return command.place == CommandPlace::everywhere ||
         (command.place == CommandPlace::captures) == (target.captures() != nullptr);
}

void ctl_help(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  std::vector<std::string_view> names;
  for (const ControlCommand& command : control_commands())
    if (is_for(command, target)) names.push_back(command.name);
  reply.object([&](output::JsonWriter& out) {
    out.number("count", names.size());
    const auto list = out.array("commands");
    for (const std::string_view name : names) out.string(name);
  });
}

void ctl_log_rotate(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  target.rotate_logs();
  reply.ok("log files are being rotated");
}

void ctl_reopen_logs(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  target.reopen_logs();
  reply.ok("log files are being reopened");
}

void ctl_shutdown(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  reply.ok("Closing Suricata");
  target.stop();
}

void ctl_nothing(ControlTarget&, const ControlArguments&, const ControlReply& reply) {
  reply.object([](output::JsonWriter&) {});
}

constexpr std::array kRulesArguments{
    ControlArgument{"sid", "say what became of this rule", Kind::number},
    ControlArgument{"gid", "its group (default 1)", Kind::number},
    ControlArgument{"limit", "list at most so many failed rules (default 1000)", Kind::number},
};
constexpr std::array kFlowsArguments{
    ControlArgument{"limit", "list at most so many (default 100, at most 10000)", Kind::number},
    ControlArgument{"sort", "start, last, bytes or packets; greatest first (default start)"},
    ControlArgument{"address", "only flows with this address on either side"},
    ControlArgument{"port", "only flows with this port on either side", Kind::number},
    ControlArgument{"proto", "only flows of this IP protocol: tcp, udp ... or its number"},
    ControlArgument{"app", "only flows of this application protocol"},
    ControlArgument{"state", "only flows in this state: new, established, closed or bypassed"},
    ControlArgument{"alerted", "only flows that have (true) or have not (false) alerted", Kind::flag},
    ControlArgument{"dropped", "likewise for flows that are dropped", Kind::flag},
    ControlArgument{"flow_id", "only the flow with this number", Kind::number},
};
constexpr std::array kDropFlowArguments{
    ControlArgument{"flow_id", "number of the flow, as in events", Kind::number, true},
};
constexpr std::array kInterfaceArguments{
    ControlArgument{"iface", "name of the interface", Kind::text, true},
};
constexpr std::array kVariableArguments{
    ControlArgument{"variable", "name of the setting: stats.interval", Kind::text, true},
};
constexpr std::array kCaptureArguments{
    ControlArgument{"filename", "capture, or folder of captures"},
    ControlArgument{"output-dir", "folder of the logs"},
    ControlArgument{"tenant", "not used", Kind::number},
    ControlArgument{"continuous", "of a folder: read what comes later, too", Kind::flag},
    ControlArgument{"delete-when-done", "remove captures that were read without an error", Kind::flag},
};
constexpr std::array kMemcapSetArguments{
    ControlArgument{"config", "name of the memcap, as memcap-list has it"},
    ControlArgument{"memcap", "a size"},
};
constexpr auto kMemcapArguments = std::span(kMemcapSetArguments).first<1>();
constexpr std::array kHostbitArguments{
    ControlArgument{"ipaddress", "the host"},
    ControlArgument{"hostbit", "name of the bit"},
    ControlArgument{"expire", "how many seconds it stays", Kind::number},
};
constexpr auto kHostbitNameArguments = std::span(kHostbitArguments).first<2>();
constexpr auto kHostArguments = std::span(kHostbitArguments).first<1>();
constexpr std::array kFlowArguments{
    ControlArgument{"flow_id", "number of the flow, as in events", Kind::number},
};
constexpr std::array kTenantArguments{
    ControlArgument{"id", "not used", Kind::number},
    ControlArgument{"htype", "not used"},
    ControlArgument{"hargs", "not used", Kind::number},
    ControlArgument{"filename", "not used"},
};
// Suricata's words answer for what is missing, as its scripts wait for them.
constexpr std::array kSetArguments{
    ControlArgument{"setname", "name of the data set"},
    ControlArgument{"settype", "its type: string, md5, sha256, ipv4 or ip"},
    ControlArgument{"datavalue",
                    "the value as lists write it: base64 (string), hexadecimal digits, an address"},
    ControlArgument{"datajson", "JSON object that alerts show of the value"},
};
constexpr auto kSetValueArguments = std::span(kSetArguments).first<3>();
constexpr auto kSetNameArguments = std::span(kSetArguments).first<2>();

constexpr std::array kCommands{
    ControlCommand{"status", "version, uptime, workers, rules", {}, ctl_status},
    ControlCommand{"stats", "all counters, as in stats events", {}, ctl_stats},
    ControlCommand{"reload", "read the rules anew; answers when that is done", {}, ctl_reload},
    ControlCommand{"rules", "how many rules there are, which failed and why", kRulesArguments, ctl_rules},
    ControlCommand{"flows", "the flows as they are now", kFlowsArguments, ctl_flows},
    ControlCommand{"drop-flow", "drop all that is to come of a flow (prevent mode)", kDropFlowArguments,
                   ctl_drop_flow},
    ControlCommand{"log-rotate", "move the log files away and begin new ones", {}, ctl_log_rotate},
    ControlCommand{"reopen-logs", "close the log files and open them again", {}, ctl_reopen_logs},
    ControlCommand{"shutdown", "end the run: all flows end and are logged", {}, ctl_shutdown},
    ControlCommand{"dataset-add", "put a value into a data set", kSetValueArguments, ctl_dataset_add},
    ControlCommand{"dataset-add-json", "the same with what alerts show of it", kSetArguments,
                   ctl_dataset_add_json},
    ControlCommand{"dataset-remove", "take a value out of a data set", kSetValueArguments,
                   ctl_dataset_remove},
    ControlCommand{"dataset-lookup", "ask whether a value is in a data set", kSetValueArguments,
                   ctl_dataset_lookup},
    ControlCommand{"dataset-clear", "empty a data set", kSetNameArguments, ctl_dataset_clear},
    ControlCommand{"dataset-dump", "write all data sets that are kept in files", {}, ctl_dataset_dump},
    ControlCommand{"help", "list the commands", {}, ctl_help},
    ControlCommand{"version", "version of the engine", {}, ctl_version},

    ControlCommand{"command-list", "the same as help", {}, ctl_help, true},
    ControlCommand{"uptime", "seconds since the start", {}, ctl_uptime, true},
    ControlCommand{"running-mode", "how the work is shared out", {}, ctl_running_mode, true},
    ControlCommand{"capture-mode", "where packets come from", {}, ctl_capture_mode, true},
    ControlCommand{"dump-counters", "the same as stats", {}, ctl_stats, true},
    ControlCommand{"iface-list", "the interfaces", {}, ctl_iface_list, true, CommandPlace::live},
    ControlCommand{"iface-stat", "packets and drops of an interface", kInterfaceArguments, ctl_iface_stat,
                   true, CommandPlace::live},
    ControlCommand{"iface-bypassed-stat",
                   "what interfaces have bypassed: nothing",
                   {},
                   ctl_nothing,
                   true,
                   CommandPlace::live},
    ControlCommand{"ebpf-bypassed-stats", "the same", {}, ctl_nothing, true, CommandPlace::live},
    ControlCommand{"conf-get", "a setting", kVariableArguments, ctl_conf_get, true},
    ControlCommand{"reload-rules", "reload; answers \"done\"", {}, ctl_reload_done, true},
    ControlCommand{"ruleset-reload-rules", "the same", {}, ctl_reload_done, true},
    ControlCommand{
        "ruleset-reload-nonblocking", "begin to reload, answer at once", {}, ctl_reload_nonblocking, true},
    ControlCommand{"ruleset-reload-time", "when the rules were loaded", {}, ctl_reload_time, true},
    ControlCommand{"ruleset-stats", "how many rules there are", {}, ctl_ruleset_stats, true},
    ControlCommand{"ruleset-failed-rules", "which rules failed", {}, ctl_failed_rules, true},
    ControlCommand{"reopen-log-files", "the same as reopen-logs", {}, ctl_reopen_done, true},
    ControlCommand{"memcap-list", "the configured memcaps", {}, ctl_memcap_list, true},
    ControlCommand{"memcap-show", "one of them", kMemcapArguments, ctl_memcap_show, true},
    ControlCommand{"memcap-set", "refused: they are those of the start", kMemcapSetArguments, ctl_memcap_set,
                   true},
    ControlCommand{"add-hostbit", "set a bit that rules name on a host", kHostbitArguments, ctl_add_hostbit,
                   true},
    ControlCommand{"remove-hostbit", "take it away", kHostbitNameArguments, ctl_remove_hostbit, true},
    ControlCommand{"list-hostbit", "the bits on a host", kHostArguments, ctl_list_hostbit, true},
    ControlCommand{"get-flow-stats-by-id", "packets, bytes and age of a flow", kFlowArguments, ctl_flow_stats,
                   true, CommandPlace::live},
    ControlCommand{"register-tenant-handler", "refused: there are no tenants", kTenantArguments,
                   ctl_no_tenants, true},
    ControlCommand{"unregister-tenant-handler", "likewise", kTenantArguments, ctl_no_tenants, true},
    ControlCommand{"register-tenant", "likewise", kTenantArguments, ctl_no_tenants, true},
    ControlCommand{"reload-tenant", "likewise", kTenantArguments, ctl_no_tenants, true},
    ControlCommand{"reload-tenants", "likewise", {}, ctl_no_tenants, true},
    ControlCommand{"unregister-tenant", "likewise", kTenantArguments, ctl_no_tenants, true},
    ControlCommand{"pcap-file", "read a capture or a folder of them", kCaptureArguments, ctl_pcap_file, true,
                   CommandPlace::captures},
    ControlCommand{"pcap-file-continuous", "read a folder, and what comes into it later", kCaptureArguments,
                   ctl_pcap_file_continuous, true, CommandPlace::captures},
    ControlCommand{
        "pcap-file-number", "how many captures wait", {}, ctl_pcap_file_number, true, CommandPlace::captures},
    ControlCommand{"pcap-file-list", "which they are", {}, ctl_pcap_file_list, true, CommandPlace::captures},
    ControlCommand{"pcap-current",
                   "the one that is being read, or None",
                   {},
                   ctl_pcap_current,
                   true,
                   CommandPlace::captures},
    ControlCommand{"pcap-last-processed",
                   "when the last one was written, in milliseconds",
                   {},
                   ctl_pcap_last_processed,
                   true,
                   CommandPlace::captures},
    ControlCommand{"pcap-interrupt",
                   "end the one that is being read",
                   {},
                   ctl_pcap_interrupt,
                   true,
                   CommandPlace::captures},
};

bool fits(const ControlArgument& row, const ControlArguments& given) {
  switch (row.kind) {
    case Kind::text: return given.text(row.name).has_value();
    case Kind::number: return given.number(row.name).has_value();
    case Kind::flag: return given.flag(row.name).has_value();
  }
  return false;
}

std::string_view kind_name(Kind kind) {
  return kind == Kind::number ? "a number" : kind == Kind::flag ? "true or false" : "text";
}

}  // namespace

std::span<const ControlCommand> control_commands() {
  return kCommands;
}

const ControlCommand* find_control_command(std::string_view name) {
  const auto found =
      std::find_if(kCommands.begin(), kCommands.end(), [&](const auto& row) { return row.name == name; });
  return found == kCommands.end() ? nullptr : &*found;
}

std::optional<std::string> check_arguments(const ControlCommand& command, const ControlArguments& arguments) {
  for (const auto& [name, value] : arguments.all()) {
    const auto row = std::find_if(command.arguments.begin(), command.arguments.end(),
                                  [&name = name](const auto& r) { return r.name == name; });
    if (row == command.arguments.end()) return fmt::format("{} takes no argument '{}'", command.name, name);
    if (!fits(*row, arguments)) return fmt::format("argument '{}': expected {}", name, kind_name(row->kind));
  }
  for (const ControlArgument& row : command.arguments)
    if (row.required && arguments.find(row.name) == nullptr)
      return fmt::format("{} needs the argument '{}'", command.name, row.name);
  return std::nullopt;
}

void run_control_command(ControlTarget& target, const ControlRequest& request, const ControlReply& reply) {
  const ControlCommand* command = find_control_command(request.command);
  if (command == nullptr || !is_for(*command, target)) {
    reply.fail("Unknown command");
    return;
  }
  if (const auto wrong = check_arguments(*command, request.arguments)) {
    reply.fail(*wrong);
    return;
  }
  command->run(target, request.arguments, reply);
}

}  // namespace weir::engine
