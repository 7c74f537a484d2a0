// One way of a record, as exporters of one-way flows see it: who sends, to whom, and what.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "decoders/flow/record.h"

namespace weir::output {

inline constexpr std::uint8_t kIcmpV4 = 1, kTcp = 6, kUdp = 17, kIcmpV6 = 58, kSctp = 132;

// The numbers of a record's interfaces; 0: not known.
struct InterfacePair {
  std::uint32_t in = 0, out = 0;
};

struct InterfaceName {
  std::uint32_t number = 0;
  std::string name;
};

// What a record says, or else what the names in it stand for.
inline InterfacePair interfaces_of(const flow::Record& r, std::span<const InterfaceName> names) {
  InterfacePair out{r.in_interface, r.out_interface};
  if (r.detail == nullptr) return out;
  for (const InterfaceName& interface : names) {
    if (out.in == 0 && interface.name == r.detail->in_interface_name) out.in = interface.number;
    if (out.out == 0 && interface.name == r.detail->out_interface_name) out.out = interface.number;
  }
  return out;
}

class FlowWay {
 public:
  FlowWay(const flow::Record& record, Direction way, InterfacePair interfaces = {})
      : record_(record), way_(way), interfaces_(interfaces) {}

  [[nodiscard]] const flow::Record& record() const { return record_; }
  [[nodiscard]] bool is_reply() const { return way_ == Direction::to_client; }
  [[nodiscard]] const IpAddress& source() const { return is_reply() ? record_.destination : record_.source; }
  [[nodiscard]] const IpAddress& destination() const {
    return is_reply() ? record_.source : record_.destination;
  }
  [[nodiscard]] std::uint16_t source_port() const {
    return is_reply() ? record_.destination_port : record_.source_port;
  }
  [[nodiscard]] std::uint16_t destination_port() const {
    return is_reply() ? record_.source_port : record_.destination_port;
  }
  // As the elements 32 and 139 have it. A record knows that of the side which began; answers have the type that answers it.
  [[nodiscard]] std::uint16_t icmp_type_code() const {
    const unsigned type = is_reply() ? answering_type() : record_.icmp_type;
    return static_cast<std::uint16_t>((type << 8U) | record_.icmp_code);
  }
  [[nodiscard]] const flow::Side& side() const { return record_.side(way_); }
  [[nodiscard]] const flow::Side& other_side() const { return record_.side(opposite(way_)); }
  [[nodiscard]] std::uint32_t in_interface() const { return is_reply() ? interfaces_.out : interfaces_.in; }
  [[nodiscard]] std::uint32_t out_interface() const { return is_reply() ? interfaces_.in : interfaces_.out; }
  // Of a record that has a detail.
  [[nodiscard]] const flow::Detail& detail() const { return *record_.detail; }
  [[nodiscard]] const flow::SideDetail& side_detail() const { return detail().sides[index(way_)]; }
  [[nodiscard]] const flow::SideDetail& other_side_detail() const {
    return detail().sides[index(opposite(way_))];
  }
  [[nodiscard]] const MacAddress& source_mac() const {
    return is_reply() ? detail().destination_mac : detail().source_mac;
  }
  [[nodiscard]] const MacAddress& destination_mac() const {
    return is_reply() ? detail().source_mac : detail().destination_mac;
  }
  // Of the tunnel around it.
  [[nodiscard]] const IpAddress& tunnel_source() const {
    return is_reply() ? detail().tunnel_destination : detail().tunnel_source;
  }
  [[nodiscard]] const IpAddress& tunnel_destination() const {
    return is_reply() ? detail().tunnel_source : detail().tunnel_destination;
  }
  // What translation makes of the source and destination.
  [[nodiscard]] const IpAddress& nat_source() const {
    return is_reply() ? detail().nat_destination : detail().nat_source;
  }
  [[nodiscard]] const IpAddress& nat_destination() const {
    return is_reply() ? detail().nat_source : detail().nat_destination;
  }
  [[nodiscard]] std::uint16_t nat_source_port() const {
    return is_reply() ? detail().nat_destination_port : detail().nat_source_port;
  }
  [[nodiscard]] std::uint16_t nat_destination_port() const {
    return is_reply() ? detail().nat_source_port : detail().nat_destination_port;
  }

 private:
  // Echo, timestamp, information and address mask; others have no answer of their own.
  [[nodiscard]] unsigned answering_type() const {
    const unsigned type = record_.icmp_type;
    if (record_.protocol == kIcmpV6) return type == 128 ? 129 : type;
    if (type == 8) return 0;
    return type == 13 || type == 15 || type == 17 ? type + 1 : type;
  }

  const flow::Record& record_;
  Direction way_;
  InterfacePair interfaces_;
};

}  // namespace weir::output
