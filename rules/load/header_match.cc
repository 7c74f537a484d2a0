#include "rules/load/header_match.h"

#include <algorithm>
#include <array>
#include <memory>

#include "decoders/app/protocol.h"
#include "decoders/net/ip_protocol.h"
#include "decoders/text.h"
#include "rules/language/rule_parser.h"

namespace weir::rules {
namespace {

struct ActionName {
  std::string_view name;
  Action action;
};
constexpr std::array kActions{
    ActionName{"alert", Action::alert},
    ActionName{"pass", Action::pass},
    ActionName{"drop", Action::drop},
    ActionName{"reject", Action::reject},
    ActionName{"rejectsrc", Action::reject},
    ActionName{"rejectdst", Action::reject_dst},
    ActionName{"rejectboth", Action::reject_both},
    ActionName{"config", Action::config},
};

struct PacketProtocol {
  std::string_view name;
  std::array<std::uint8_t, 2> numbers;  // 0: none; both 0: any
  std::uint8_t version = 0;
  bool packet_only = false, stream_only = false, packet_header = false;
};
constexpr std::array kPacketProtocols{
    PacketProtocol{"ip", {}},
    PacketProtocol{"tcp", {ip_protocol::tcp}},
    PacketProtocol{"udp", {ip_protocol::udp}},
    PacketProtocol{"icmp", {ip_protocol::icmp, ip_protocol::icmpv6}},
    PacketProtocol{"icmpv4", {ip_protocol::icmp}},
    PacketProtocol{"icmp4", {ip_protocol::icmp}},
    PacketProtocol{"icmpv6", {ip_protocol::icmpv6}},
    PacketProtocol{"icmp6", {ip_protocol::icmpv6}},
    PacketProtocol{"sctp", {ip_protocol::sctp}},
    PacketProtocol{"ipv4", {}, 4},
    PacketProtocol{"ip4", {}, 4},
    PacketProtocol{"ipv6", {}, 6},
    PacketProtocol{"ip6", {}, 6},
    PacketProtocol{.name = "tcp-pkt", .numbers = {ip_protocol::tcp}, .packet_only = true},
    PacketProtocol{.name = "tcp-stream", .numbers = {ip_protocol::tcp}, .stream_only = true},
    PacketProtocol{.name = "pkthdr", .numbers = {}, .packet_header = true},
};

// Matches every transaction: what a rule with a hook and no buffers runs at its hook.
class AtHook final : public TxCheck {
 public:
  [[nodiscard]] bool matches(const Transaction&, Direction) const override { return true; }
};

std::optional<RuleDiagnostic> compile_action(const Rule& rule, Signature& signature) {
  for (const ActionName& a : kActions) {
    if (!equals_nocase(a.name, rule.action)) continue;
    signature.action = a.action;
    signature.noalert = a.action == Action::config;
    return std::nullopt;
  }
  const std::string_view base = rule.action.substr(0, rule.action.find(':'));
  const bool firewall = equals_nocase(base, "accept") || base.size() != rule.action.size();
  return diagnose(
      rule, 1, {},
      {firewall ? "firewall rules (accept, and actions with a scope) are not supported" : "unknown action",
       std::string(clip(rule.action))});
}

// None when there is no such packet protocol.
const PacketProtocol* find_packet_protocol(std::string_view name) {
  const auto found = std::find_if(kPacketProtocols.begin(), kPacketProtocols.end(),
                                  [&](const PacketProtocol& p) { return p.name == name; });
  return found == kPacketProtocols.end() ? nullptr : &*found;
}

void admit(const PacketProtocol& p, HeaderMatch& header) {
  header.any_ip_protocol = p.numbers[0] == 0;
  for (const std::uint8_t number : p.numbers)
    if (number != 0) header.ip_protocols.set(number);
  header.ip_version = p.version;
  header.packet_only = p.packet_only;
  header.stream_only = p.stream_only;
  header.packet_header = p.packet_header;
}

void admit(const AppProtoSet& protocols, HeaderMatch& header) {
  header.app_protocols = header.app_flows = protocols;
  header.any_ip_protocol = false;
  for (const ProtocolInfo* info : all_protocols()) {
    if (!protocols.test(index(info->id))) continue;
    if (info->over_tcp) header.ip_protocols.set(ip_protocol::tcp);
    if (info->over_udp) header.ip_protocols.set(ip_protocol::udp);
    if (!info->over_tcp && !info->over_udp) header.any_ip_protocol = true;
  }
}

bool find_state(std::span<const std::string_view> states, std::string_view name, std::uint8_t& progress) {
  const auto found = std::find(states.begin(), states.end(), name);
  if (found == states.end()) return false;
  progress = static_cast<std::uint8_t>(found - states.begin());
  return true;
}

std::optional<RuleHook> find_hook(std::string_view name, AppProto protocol) {
  const ProtocolInfo& info = protocol_info(protocol);
  RuleHook hook{.protocol = protocol};
  if (find_state(info.states_to_server, name, hook.progress)) return hook;
  hook.direction = Direction::to_client;
  if (find_state(info.states_to_client, name, hook.progress)) return hook;
  // The names that every protocol has.
  const bool response = name == "response_started" || name == "response_complete";
  if (!response && name != "request_started" && name != "request_complete") return std::nullopt;
  hook.direction = response ? Direction::to_client : Direction::to_server;
  hook.progress = name.ends_with("_complete") ? info.complete(hook.direction) : std::uint8_t{0};
  return hook;
}

std::optional<RuleDiagnostic> compile_hook(const Rule& rule, AppProto protocol, Signature& signature) {
  const auto column = rule.protocol_column + static_cast<std::uint32_t>(rule.protocol.size()) + 1;
  const bool packet_rule = protocol == AppProto::unknown;
  if (packet_rule && rule.hook == "all") return std::nullopt;
  if (packet_rule && rule.hook == "flow_start") {
    signature.hook = RuleHook{.flow_start = true};
    return std::nullopt;
  }
  if (!packet_rule) signature.hook = find_hook(rule.hook, protocol);
  if (!signature.hook)
    return diagnose(rule, column, {}, {"the protocol has no such hook", std::string(clip(rule.hook))});
  TxCheckEngine engine{.protocol = protocol, .check = std::make_shared<AtHook>()};
  auto& progress = signature.hook->direction == Direction::to_server ? engine.progress_to_server
                                                                     : engine.progress_to_client;
  progress = signature.hook->progress;
  signature.tx_checks.push_back(std::move(engine));
  return std::nullopt;
}

std::optional<RuleDiagnostic> compile_protocol(const Rule& rule, Signature& signature) {
  const std::string name = lower_case(rule.protocol);
  AppProto protocol = AppProto::unknown;
  if (const PacketProtocol* packet = find_packet_protocol(name)) {
    admit(*packet, signature.header);
  } else {
    protocol = protocol_by_name(name);
    if (protocol == AppProto::unknown)
      return diagnose(rule, rule.protocol_column, {}, {"unknown protocol", std::string(clip(rule.protocol))});
    admit(protocols_of_header(name), signature.header);
  }
  return rule.hook.empty() ? std::nullopt : compile_hook(rule, protocol, signature);
}

template <class Set>
std::optional<RuleDiagnostic> compile_set(const Rule& rule, std::string_view text, std::uint32_t column,
                                          SetReader<Set>& reader, std::shared_ptr<const Set>& into) {
  auto set = reader.read(text);
  if (!set)
    return diagnose(rule, column + set.error().offset, {},
                    {std::move(set.error().reason), std::move(set.error().offending)});
  into = std::move(*set);
  return std::nullopt;
}

}  // namespace

std::optional<RuleDiagnostic> compile_header(const Rule& rule, HeaderSets& sets, Signature& signature) {
  HeaderMatch& header = signature.header;
  header.bidirectional = rule.direction == "<>";
  header.transactional = rule.direction == "=>";
  auto error = compile_action(rule, signature);
  if (!error) error = compile_protocol(rule, signature);
  if (!error) error = compile_set(rule, rule.source, rule.source_column, sets.addresses, header.source);
  if (!error)
    error = compile_set(rule, rule.source_ports, rule.source_ports_column, sets.ports, header.source_ports);
  if (!error)
    error = compile_set(rule, rule.destination, rule.destination_column, sets.addresses, header.destination);
  if (!error)
    error = compile_set(rule, rule.destination_ports, rule.destination_ports_column, sets.ports,
                        header.destination_ports);
  if (!error && header.transactional && header.app_protocols.none())
    error =
        diagnose(rule, rule.direction_column, {}, {"\"=>\" needs an application protocol in the header", {}});
  return error;
}

}  // namespace weir::rules
