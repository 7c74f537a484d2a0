// The table of commands that a live run takes on its control socket: one row each, for the server, for
// `weir ctl` and for its help.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/live/control/control_protocol.h"
#include "engine/live/control/control_target.h"

namespace weir::engine {

// Where the answer to a request goes: exactly one, at once or later, on the main thread.
class ControlReply {
 public:
  explicit ControlReply(std::function<void(std::string)> send) : send_(std::move(send)) {}
  void ok(std::string_view message) const { send_(control_ok(message)); }
  void fail(std::string_view message) const { send_(control_nok(message)); }
  // `fill(JsonWriter&)` writes the member "message": a number, an array ...
  template <class Fill>
  void message(const Fill& fill) const {
    send_(control_ok_message(fill));
  }
  // `fill(JsonWriter&)` writes the members of the message.
  template <class Fill>
  void object(const Fill& fill) const {
    send_(control_ok_object(fill));
  }

 private:
  std::function<void(std::string)> send_;
};

struct ControlArgument {
  enum class Kind : std::uint8_t { text, number, flag };
  std::string_view name, summary;
  Kind kind = Kind::text;
  bool required = false;
};

// Where a command means something: in a run on interfaces or queues, in one that reads the captures that clients hand in.
enum class CommandPlace : std::uint8_t { everywhere, live, captures };

struct ControlCommand {
  std::string_view name, summary;
  // On a command line they may be given without their names, in this order.
  std::span<const ControlArgument> arguments;
  void (*run)(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) = nullptr;
  bool suricata = false;  // there for Suricata's clients: help lists it last
  CommandPlace place = CommandPlace::everywhere;
};

std::span<const ControlCommand> control_commands();
const ControlCommand* find_control_command(std::string_view name);
// What is wrong with the arguments, by the command's row; nothing when they are right.
std::optional<std::string> check_arguments(const ControlCommand& command, const ControlArguments& arguments);
// Looks the command up, checks, runs.
void run_control_command(ControlTarget& target, const ControlRequest& request, const ControlReply& reply);

// --- the rows' functions, by file

// control_status.cc
void ctl_status(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_stats(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_version(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_uptime(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_running_mode(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_capture_mode(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_iface_list(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_iface_stat(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_conf_get(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
// control_rules.cc
void ctl_rules(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_reload(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
// control_suricata.cc
void ctl_reload_done(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_reload_nonblocking(ControlTarget& target, const ControlArguments& arguments,
                            const ControlReply& reply);
void ctl_ruleset_stats(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_failed_rules(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_reload_time(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_reopen_done(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_no_tenants(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_memcap_list(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_memcap_show(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_memcap_set(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_add_hostbit(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_remove_hostbit(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_list_hostbit(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
// control_captures.cc
void ctl_pcap_file(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_pcap_file_continuous(ControlTarget& target, const ControlArguments& arguments,
                              const ControlReply& reply);
void ctl_pcap_file_number(ControlTarget& target, const ControlArguments& arguments,
                          const ControlReply& reply);
void ctl_pcap_file_list(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_pcap_current(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_pcap_last_processed(ControlTarget& target, const ControlArguments& arguments,
                             const ControlReply& reply);
void ctl_pcap_interrupt(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
// control_datasets.cc
void ctl_dataset_add(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_dataset_add_json(ControlTarget& target, const ControlArguments& arguments,
                          const ControlReply& reply);
void ctl_dataset_remove(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_dataset_lookup(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_dataset_clear(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_dataset_dump(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
// control_flows.cc
void ctl_flows(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_drop_flow(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);
void ctl_flow_stats(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply);

// "2026-01-31T12:00:00.000000+0000"
std::string time_text(TimeUs time);

}  // namespace weir::engine
