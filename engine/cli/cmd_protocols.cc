#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "decoders/app/protocol.h"
#include "engine/cli/cli.h"
#include "output/eve_tx.h"

namespace weir::engine {
namespace {

void print_fact(std::string_view what, const std::vector<std::string_view>& names) {
  if (!names.empty()) fmt::print("  {:16} {}\n", what, fmt::join(names, " "));
}

std::vector<std::string_view> all_of(std::span<const std::string_view> names) {
  return {names.begin(), names.end()};
}

void print_protocol(const ProtocolInfo& info) {
  std::vector<std::string_view> transports, events, logs;
  if (info.over_tcp) transports.push_back("tcp");
  if (info.over_udp) transports.push_back("udp");
  for (const AppEventName& event : info.events) events.push_back(event.rule);
  for (const output::EveTxLogger* logger : output::all_tx_loggers())
    if (logger->protocol == info.id) logs.push_back(logger->config_name);
  fmt::print("{:18} {}{}{}\n", info.name, fmt::join(transports, " "),
             info.enabled_by_default ? "" : ", off by default",
             info.configure != nullptr ? "" : ", recognised only");
  print_fact("also written", all_of(info.aliases));
  print_fact("hooks to_server", all_of(info.states_to_server));
  print_fact("hooks to_client", all_of(info.states_to_client));
  print_fact("events", events);
  print_fact("frames", all_of(info.frames));
  print_fact("logged by", logs);
}

}  // namespace

int run_protocols(const CliOptions& options) {
  if (options.words.empty()) {
    for (const ProtocolInfo* info : all_protocols())
      options.own_option ? fmt::print("{}\n", info->name) : print_protocol(*info);
    return kExitDone;
  }
  int status = kExitDone;
  for (const std::string& word : options.words) {
    if (const AppProto id = protocol_by_name(word); id != AppProto::unknown) {
      print_protocol(protocol_info(id));
      continue;
    }
    print_error(fmt::format("'{}' is not an application protocol", word));
    status = kExitFailed;
  }
  return status;
}

}  // namespace weir::engine
