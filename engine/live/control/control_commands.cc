#include "engine/live/control/control_commands.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace weir::engine {
namespace {

using Kind = ControlArgument::Kind;

void ctl_help(ControlTarget&, const ControlArguments&, const ControlReply& reply) {
  reply.object([](output::JsonWriter& out) {
    out.number("count", control_commands().size());
    const auto list = out.array("commands");
    for (const ControlCommand& command : control_commands()) out.string(command.name);
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
  reply.ok("the run ends");
  target.stop();
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
    ControlCommand{"iface-list", "the interfaces", {}, ctl_iface_list, true},
    ControlCommand{"iface-stat", "packets and drops of an interface", kInterfaceArguments, ctl_iface_stat,
                   true},
    ControlCommand{"conf-get", "a setting", kVariableArguments, ctl_conf_get, true},
    ControlCommand{"reload-rules", "the same as reload", {}, ctl_reload, true},
    ControlCommand{"ruleset-reload-rules", "the same as reload", {}, ctl_reload, true},
    ControlCommand{
        "ruleset-reload-nonblocking", "begin to reload, answer at once", {}, ctl_reload_nonblocking, true},
    ControlCommand{"ruleset-reload-time", "when the rules were loaded", {}, ctl_reload_time, true},
    ControlCommand{"ruleset-stats", "how many rules there are", {}, ctl_ruleset_stats, true},
    ControlCommand{"ruleset-failed-rules", "which rules failed", {}, ctl_failed_rules, true},
    ControlCommand{"reopen-log-files", "the same as reopen-logs", {}, ctl_reopen_logs, true},
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
  if (command == nullptr) {
    reply.fail(fmt::format("unknown command '{}'; 'help' lists them", request.command));
    return;
  }
  if (const auto wrong = check_arguments(*command, request.arguments)) {
    reply.fail(*wrong);
    return;
  }
  command->run(target, request.arguments, reply);
}

}  // namespace weir::engine
