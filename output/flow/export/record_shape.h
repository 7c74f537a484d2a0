// What a record says, and so which template it is sent with: records of one shape have the same fields.
#pragma once

#include <cstdint>

#include "output/flow/export/flow_way.h"

namespace weir::output {

// What follows the protocol's name in a record.
enum class FlowKind : std::uint8_t { other, ports, tcp, icmp };

// How the number of a tunnel is sent: layer2SegmentId with the kind in its first byte, greKey, or among the user's elements alone.
enum class TunnelFields : std::uint8_t { none, segment, gre_key, own };
// The family of translated addresses, which need not be that of the others.
enum class NatFields : std::uint8_t { none, v4, v6 };

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
  // What is seldom there. Records that have some of it are wide and have interfaces: there are not enough numbers for more shapes.
  bool has_customer_vlan = false;  // the second tag, behind the VLAN
  std::uint8_t mpls_labels = 0;    // up to kMostLabels
  TunnelFields tunnel = TunnelFields::none;
  NatFields nat = NatFields::none;
  // It stands for several flows. Such records are wide, and have nothing rare, no host and no facts of packets.
  bool has_flow_count = false;

  static constexpr unsigned kMostLabels = 4;
  [[nodiscard]] bool is_rare() const {
    return has_customer_vlan || mpls_labels != 0 || tunnel != TunnelFields::none || nat != NatFields::none;
  }
  // No two shapes have the same number.
  [[nodiscard]] std::uint16_t number() const;
  void drop_own() {
    has_own = false;
    if (tunnel == TunnelFields::own) tunnel = TunnelFields::none;
  }
  // Without what a record may do without: what fits into the shortest messages.
  [[nodiscard]] RecordShape plain() const {
    RecordShape out{.is_v6 = is_v6, .kind = kind, .is_wide = is_wide, .is_biflow = is_biflow};
    out.has_flow_count = has_flow_count;
    return out;
  }
};
// One more than any number: of shapes with nothing rare in them, of those with it, and of those that stand for several flows.
inline constexpr std::size_t kCommonShapes = std::size_t{1} << 12U;
inline constexpr std::size_t kRareShapes =
    std::size_t{4 * 2 * 2 * 2 * 3 * 2 * 3} * (RecordShape::kMostLabels + 1) * 3 * 7;
inline constexpr std::size_t kCountShapes = std::size_t{4} << 7U;
inline constexpr std::size_t kShapeNumbers = kCommonShapes + kRareShapes + kCountShapes;

// What the protocol and the settings of an exporter allow in records.
struct ShapeLimits {
  bool biflow = false;
  bool texts = false;  // of any length: IPFIX
  bool own = false;
};

// Of the records of both directions.
RecordShape shape_of(const flow::Record& record, const InterfacePair& interfaces, const ShapeLimits& limits);

}  // namespace weir::output
