// One row of the table of protocols: everything the engine needs to know of a protocol, as constants.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "decoders/app/app_proto.h"
#include "decoders/app/parser.h"

namespace weir {

// Bytes that, found at their place at the start of a direction, tell the protocol.
struct ProbePattern {
  std::string_view bytes;
  std::uint16_t offset = 0;      // where the search starts
  std::uint16_t depth = 0;       // the match must end within so many bytes of the stream; 0: bytes.size() + offset
  bool nocase = false;
  Direction direction = Direction::to_server;
};

enum class ProbeResult : std::uint8_t { no, need_more, yes, yes_reversed /* it is, and the sides are swapped */ };

// Looks at the first bytes of one direction (or at one datagram). Cheap, no side effects.
using ProbeFunction = ProbeResult (*)(Direction, Bytes);

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

struct ProtocolInfo {
  AppProto id = AppProto::unknown;
  std::string_view name;         // in rule headers and EVE's app_proto: "http", "ftp-data"
  std::string_view config_name;  // under app-layer.protocols; usually the same
  bool over_tcp = false, over_udp = false;
  bool enabled_by_default = true;
  std::span<const ProbePattern> patterns_tcp, patterns_udp;
  ProbeFunction probe = nullptr;
  ProtocolPorts probe_ports;
  // Some protocols are also recognised when the pattern matched only if this agrees; null: the pattern decides.
  ProbeFunction confirm = nullptr;

  // Null for protocols that are recognised but not parsed.
  std::unique_ptr<const ParserFactory> (*configure)(const Settings&) = nullptr;
  // Names of the progress values of each side, lowest first; the last one means complete.
  std::span<const std::string_view> states_to_server, states_to_client;
  std::span<const AppEventName> events;
  // The connection as a whole is the only transaction: statistics do not count it.
  bool one_transaction = false;

  [[nodiscard]] std::uint8_t complete(Direction d) const {
    const auto& states = d == Direction::to_server ? states_to_server : states_to_client;
    return states.empty() ? std::uint8_t{1} : static_cast<std::uint8_t>(states.size() - 1);
  }
};

// The row of one protocol; unknown and failed have rows with these names ("unknown", "failed") and nothing else.
const ProtocolInfo& protocol_info(AppProto id);
// By rule and EVE name; unknown when there is none. Takes Suricata's aliases ("http1", "nbss" ...).
AppProto protocol_by_name(std::string_view name);

#define PROTOCOL(id) extern const ProtocolInfo proto_##id;
#include "decoders/app/protocols.def"
#undef PROTOCOL

}  // namespace weir
