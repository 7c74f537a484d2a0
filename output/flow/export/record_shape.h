// What a record says, and so which template it is sent with: records of one shape have the same fields.
#pragma once

#include <cstdint>

#include "output/flow/export/flow_way.h"

namespace weir::output {

// What follows the protocol's name in a record.
enum class FlowKind : std::uint8_t { other, ports, tcp, icmp };

// Groups of fields that only some records have.
struct RecordShape {
  bool is_v6 = false;
  FlowKind kind = FlowKind::other;
  bool is_wide = false;    // a counter needs more than 32 bits
  bool is_biflow = false;  // both directions, RFC 5103
  bool has_interfaces = false, has_vlan = false, has_macs = false;
  bool has_application = false;   // its number, RFC 6759
  bool has_host = false;          // a text
  bool has_packet_facts = false;  // sizes, time to live; of TCP: sequence number, options
  bool has_own = false;           // elements under an enterprise number of the user's

  // No two shapes have the same number.
  [[nodiscard]] std::uint16_t number() const {
    const unsigned bits[] = {is_v6,    is_wide,         is_biflow, has_interfaces,   has_vlan,
                             has_macs, has_application, has_host,  has_packet_facts, has_own};
    auto out = static_cast<unsigned>(kind);
    unsigned at = 2;
    for (const unsigned bit : bits) out |= bit << at++;
    return static_cast<std::uint16_t>(out);
  }
  // Without what a record may do without: what fits into the shortest messages.
  [[nodiscard]] RecordShape plain() const {
    return {.is_v6 = is_v6, .kind = kind, .is_wide = is_wide, .is_biflow = is_biflow};
  }
};
// At least one more than any number.
inline constexpr std::size_t kShapeNumbers = std::size_t{1} << 12U;

// What the protocol and the settings of an exporter allow in records.
struct ShapeLimits {
  bool biflow = false;
  bool texts = false;  // of any length: IPFIX
  bool own = false;
};

// Of the records of both directions.
RecordShape shape_of(const flow::Record& record, const InterfacePair& interfaces, const ShapeLimits& limits);

}  // namespace weir::output
