// Information elements: what the fields of NetFlow v9 and IPFIX templates mean (elements.def, cisco_elements.def).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weir::flow {

// IANA's abstract data types, RFC 7011 6.1 and RFC 6313.
enum class DataType : std::uint8_t {
  octetArray,
  unsigned8,
  unsigned16,
  unsigned32,
  unsigned64,
  signed32,
  float64,
  boolean,
  macAddress,
  string,
  dateTimeSeconds,
  dateTimeMilliseconds,
  dateTimeMicroseconds,
  dateTimeNanoseconds,
  ipv4Address,
  ipv6Address,
  basicList,
  subTemplateList,
  subTemplateMultiList
};

// Where in a record (or among what options say) the value of an element goes.
enum class Slot : std::uint8_t {
  none,
  // counters, of the direction that the element is about; the ..._back ones are of the other one
  bytes,
  packets,
  bytes_back,
  packets_back,
  tcp_flags,
  tos,
  size_min,
  size_max,
  ttl,
  ttl_min,
  ttl_max,
  base_sequence,
  window_scale,
  syn_options,
  jitter_us,
  // who with whom
  protocol,
  source,
  destination,
  source_port,
  destination_port,
  icmp_type_code,
  icmp_type,
  icmp_code,
  biflow_direction,
  // when
  first,
  last,
  first_uptime,
  last_uptime,
  first_before_export,
  last_before_export,
  duration_ms,
  duration_us,
  observed,
  boot_time,
  end_reason,
  // where
  in_interface,
  out_interface,
  observed_at,
  source_mask,
  destination_mask,
  source_as,
  destination_as,
  next_hop,
  vlan,
  post_vlan,
  customer_vlan,
  source_mac,
  destination_mac,
  mpls_1,
  mpls_2,
  mpls_3,
  mpls_4,
  ingress_vrf,
  egress_vrf,
  layer2_segment,
  gre_key,
  interface_name,
  // translated, allowed, whose
  nat_source,
  nat_destination,
  nat_source_port,
  nat_destination_port,
  nat_event,
  firewall_event,
  firewall_reason,
  forwarding_status,
  user,
  flow_number,
  application_id,
  application_name,
  host,
  // sampling
  sampler,
  sampling_interval,
  sampled_packets,
  skipped_packets,
  sampling_size,
  sampling_population,
  sampling_probability,
  selection_sequence,
  // of scopes: what the options are about
  scope_template,
  scope_domain,
  // a packet's first bytes in place of what they say
  frame,
  frame_length,
  ip_packet,
  // how many flows it stands for
  flow_count,
  // whatever an element of our own says
  own,
  count_
};

struct Element {
  std::uint16_t number;
  std::string_view name;
  DataType type;
  Slot slot;
  std::uint8_t rank;  // 0: no slot
};

// Private enterprise numbers whose elements are known.
inline constexpr std::uint32_t kIana = 0;
inline constexpr std::uint32_t kReverse = 29305;  // RFC 5103: IANA's elements, of the other direction

// Null when it is not known. Numbers of kReverse are looked up as IANA's.
const Element* find_element(std::uint32_t enterprise, std::uint16_t number);
// Of NetFlow v9, which has no enterprises.
const Element* find_v9_element(std::uint16_t number);
// By its name in the registry; null when there is none. Looks through all: for load time.
const Element* find_element(std::string_view name);

// All of IANA's, by number.
std::span<const Element> all_elements();

}  // namespace weir::flow
