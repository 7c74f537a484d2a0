// One row of the table of protocols: everything that the program needs to know of a protocol, as constants.
// Code outside the protocol's folder, its keyword files and its event file never names it: it asks its row.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "decoders/app/frame.h"
#include "decoders/app/probe.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/types.h"

namespace weir {

class ParserFactory;
class Settings;

struct ProtocolPorts {
  std::string_view tcp;  // "53", "80,8080", "5060-5061"; empty: none. The server's port counts.
  std::string_view udp;
};

// The names of an application event: in rules (`app-layer-event:http.missing_host_header`) and in EVE.
struct AppEventName {
  std::string_view rule;
  std::string_view eve;
  std::string_view old_rule = {};  // another spelling that rules may use
};

// The sides whose transactions carry files, and the progress of that side from which rules can look at them.
struct ProtocolFiles {
  std::optional<std::uint8_t> to_server, to_client;
  bool several = false;  // further ones may begin while rules look at the first

  [[nodiscard]] constexpr std::optional<std::uint8_t> from(Direction d) const {
    return d == Direction::to_server ? to_server : to_client;
  }
};

// What `requires: feature NAME` finds in rules, unless the flag `setting` of the protocol's configuration is
// off.
struct ProtocolFeature {
  std::string_view name;
  std::string_view setting = {};  // empty: it is always there
};

struct ProtocolInfo {
  AppProto id = AppProto::unknown;
  std::string_view
      name;  // in rule headers, in EVE's app_proto, and under app-layer.protocols: "http", "ftp-data"
  std::span<const std::string_view>
      aliases;  // further names in rules; they mean this protocol and no form of it
  // It is a form of these: rules about them are about it, and app-layer-protocol means it, too (HTTP/2 is
  // HTTP).
  std::span<const AppProto> is_also;
  // Rules whose header names one of these look at its flows, too, though it is none of them (DCERPC goes over
  // SMB).
  std::span<const AppProto> shares_rules_of;
  bool over_tcp = false, over_udp = false;
  bool enabled_by_default = true;
  std::span<const ProbePattern> patterns_tcp, patterns_udp;
  ProbeFunction probe = nullptr;
  ProtocolPorts probe_ports;
  // Of servers, on which most of its flows are. It is recognised on any port; rules for these are searched for together with
  // those for the protocol.
  std::span<const std::uint16_t> usual_ports;
  // Some protocols are also recognised when the pattern matched only if this agrees; null: the pattern decides.
  ProbeFunction confirm = nullptr;

  // Null for protocols that are recognised but not parsed.
  std::unique_ptr<const ParserFactory> (*configure)(const Settings&) = nullptr;
  // Names of the progress values of each side, lowest first; the last one means complete.
  std::span<const std::string_view> states_to_server, states_to_client;
  std::span<const AppEventName> events;
  std::span<const std::string_view> frames;  // their names, by FrameType; at most kStreamFrame
  ProtocolFiles files;
  std::span<const ProtocolFeature> features;
  bool counted = true;  // has its own lines in statistics
  bool one_transaction =
      false;  // the connection as a whole is the only transaction: statistics do not count it
  bool skips_line_ends = false;  // some may stand before the first message of a client
  bool begins_in_another = false;  // connections of another protocol change to it
  bool client_first = false;  // a server that sends before its client does not speak it as it should
  // The engine's event when it should follow upon another protocol (ParseOutcome::check_next) and does not.
  std::string_view missing_event = "applayer_unexpected_protocol";

  [[nodiscard]] std::uint8_t complete(Direction d) const {
    const auto& states = d == Direction::to_server ? states_to_server : states_to_client;
    return states.empty() ? std::uint8_t{1} : static_cast<std::uint8_t>(states.size() - 1);
  }
};

// As rules and events spell it; empty when the protocol has no such type.
std::string_view frame_name(const ProtocolInfo& info, FrameType type);
// None when the protocol has no such frame. Takes '_' for '.', as manuals have some of them.
std::optional<FrameType> frame_by_name(const ProtocolInfo& info, std::string_view name);

// The row of one protocol; unknown and failed have rows with these names ("unknown", "failed") and nothing
// else, as has every number that no protocol has taken.
const ProtocolInfo& protocol_info(AppProto id);
// All rows but those two, in the order of their numbers.
std::span<const ProtocolInfo* const> all_protocols();
// By rule and EVE name, or by alias; unknown when there is none.
AppProto protocol_by_name(std::string_view name);
// What a name stands for: the protocol and its forms. Empty: it is no name.
AppProtoSet protocols_named(std::string_view name);
// What a rule is about whose header says so: those, and the protocols that share its rules.
AppProtoSet protocols_of_header(std::string_view name);
// Those that share the rules of one of these.
AppProtoSet sharing_rules_of(const AppProtoSet& protocols);

#define PROTOCOL(id) extern const ProtocolInfo proto_##id;
#include "decoders/app/protocols.def"
#undef PROTOCOL

}  // namespace weir
