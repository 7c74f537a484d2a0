// The one flow record: what a meter of ours says of a flow, what an exporter said of one, what is stored and sent. And how it
// is handed on: in batches, to a RecordConsumer.
//
// A record has both directions. `source` is the side that began the flow as far as is known, and Direction::to_server is the
// way from it. A record that was metered in one direction only has zeros in the other one. Packets and bytes are as counted,
// not multiplied by the sampling rate.
//
// Most records are a Record and nothing else. What only some say stands in a Detail, behind a pointer that is null for the
// others. Zero, an empty text and family 0 mean "not said". Bytes and texts are views: they live as long as the call that hands
// the record on.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "decoders/ip_address.h"
#include "decoders/packet.h"
#include "decoders/types.h"

namespace weir::flow {

// Why the record was written: flowEndReason of RFC 5102.
enum class EndReason : std::uint8_t { unknown, idle, active, end, forced, resources };

// How it is known which side began.
enum class InitiatorBy : std::uint8_t { unknown, exporter, handshake, ports, first_packet };

// One direction.
struct Side {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // of IP: headers and payload, never what the link puts around it
  TimeUs first = 0, last = 0;
  std::uint8_t tcp_flags = 0;  // of all packets together
  std::uint8_t tos = 0;        // or traffic class, of the first packet: DSCP and ECN
};

// What else a meter knows of one direction.
struct SideDetail {
  std::uint64_t payload_bytes = 0;                                // of the application
  std::uint32_t size_min = 0, size_mean = 0, size_max = 0;        // of packets, bytes of IP
  std::uint64_t gap_min_us = 0, gap_mean_us = 0, gap_max_us = 0;  // between packets
  std::uint64_t jitter_us = 0;
  std::uint8_t ttl_min = 0, ttl_max = 0;
  std::uint8_t first_tcp_flags = 0;
  std::uint16_t window_min = 0, window_max = 0;
  std::uint8_t window_scale = 0;
  std::uint16_t mss = 0;
  std::uint64_t syn_options = 0;  // tcpOptions of RFC 5102: bit N for option kind N
  std::uint32_t base_sequence = 0;
  std::uint64_t retransmitted_packets = 0, retransmitted_bytes = 0, out_of_order_packets = 0, lost_bytes = 0;
  std::uint32_t zero_windows = 0, fragments = 0, ecn_marked = 0;
  std::uint64_t smoothed_rtt_us = 0;
  std::uint32_t entropy_milli = 0;  // of the bytes in `payload`: thousandths of a bit a byte
  std::string_view payload;         // the first bytes
};

// What only some records say. A group of members stands here for each of the sources that fill it.
struct Detail {
  std::array<SideDetail, 2> sides;

  // of a meter
  InitiatorBy initiator_by = InitiatorBy::unknown;
  bool reversed = false;            // the side that sent the first packet is not the one that began
  std::string_view history, state;  // in Zeek's letters: "ShADadFf", "SF"
  std::uint64_t syn_to_synack_us = 0, synack_to_ack_us = 0;
  std::uint32_t gateway_error = 0;  // ICMP type << 8 | code of an error about this flow, with 1 << 16
  IpAddress gateway;                // who sent that error

  // of links and tunnels
  std::array<std::uint16_t, kMaxVlanTags> vlans{};  // from the outermost
  std::uint16_t post_vlan = 0;
  std::array<std::uint32_t, 4>
      mpls{};  // labels from the top, with experimental bits and the end of stack: 24 bits each
  MacAddress source_mac{}, destination_mac{};
  IpAddress tunnel_source, tunnel_destination;
  std::uint64_t tunnel_id = 0;  // VNI, GRE key, TEID
  std::string_view tunnel_kind;
  std::uint32_t ingress_vrf = 0, egress_vrf = 0;
  std::string_view in_interface_name, out_interface_name;

  // of address translation and firewalls
  IpAddress nat_source, nat_destination;
  std::uint16_t nat_source_port = 0, nat_destination_port = 0;
  std::uint8_t nat_event = 0, firewall_event = 0;  // natEvent and firewallEvent of IANA's registry
  std::uint16_t firewall_reason = 0;               // of Cisco: why
  std::string_view user;
  std::uint64_t flow_number = 0;  // flowId: of the exporter's own

  // of the application
  std::uint64_t application_id = 0;  // engine << 24 | selector, as RFC 6759 has it in 4 bytes
  std::string_view application, host, ja4, certificate_sha256;

  // of rules
  std::uint32_t rule_hits = 0, indicator_hits = 0;
  std::uint8_t verdict = 0;  // 1: allowed, 2: dropped
  std::uint32_t verdict_rule = 0;
  std::string_view hit_rules, hit_indicators;  // which they were: hits.h
};

// Between which networks a router sent it.
struct Routing {
  IpAddress next_hop;
  std::uint32_t source_as = 0, destination_as = 0;
  std::uint8_t source_mask = 0, destination_mask = 0;  // bits of the prefix
};

// Two letters of ISO 3166-1; zeros: not known.
using Country = std::array<char, 2>;

// A record that stands for many alike, as the store's rollups have them: whether their destinations answered. Its `flows` are how many
// they were, its times those of the first and the last of them, its counters their sums; a member that was not kept has its default.
enum class Rollup : std::uint8_t { none, unanswered, answered };

// Who metered it. Of a record of our own: family 0.
struct Exporter {
  IpAddress address;
  std::uint32_t domain = 0;  // observation domain; source id, engine or sub-agent of older protocols
};

struct Record {
  IpAddress source, destination;
  std::uint16_t source_port = 0, destination_port = 0;
  std::uint8_t protocol = 0;
  std::uint8_t icmp_type = 0, icmp_code = 0;
  bool has_icmp = false;
  std::array<Side, 2> sides;  // by index(Direction)
  // Times that nobody said: that of the message stands for them.
  bool times_of_message = false;
  EndReason end_reason = EndReason::unknown;
  // Of a flow that goes on: 0 for the whole flow, else which part of it this is, from 1. Each has only what came since the last.
  std::uint32_t part = 0;
  std::uint32_t flows = 1;  // that it stands for: more than one of a rollup
  Rollup rollup = Rollup::none;
  std::uint32_t sampling = 1;  // N of 1:N
  std::uint32_t in_interface = 0, out_interface = 0;
  std::uint16_t vlan = 0;
  std::uint8_t observed_at = 0;  // 1: at ingress, 2: at egress
  Routing routing;
  // Of source and destination: looked up for who asks, kept nowhere.
  std::array<Country, 2> countries{};
  Exporter exporter;
  const Detail* detail = nullptr;

  [[nodiscard]] Side& side(Direction d) { return sides[index(d)]; }
  [[nodiscard]] const Side& side(Direction d) const { return sides[index(d)]; }
};

// Earliest and latest of both directions, as far as they were there and their times are said.
inline std::pair<TimeUs, TimeUs> times_of(const Record& r) {
  const Side &ahead = r.side(Direction::to_server), &back = r.side(Direction::to_client);
  if (back.packets == 0 || back.first == 0) return {ahead.first, ahead.last};
  if (ahead.packets == 0) return {back.first, back.last};
  return {std::min(ahead.first, back.first), std::max(ahead.last, back.last)};
}

// Of a TCP side that sent resets and nothing else: who sent more packets for a flow talked, and then broke off, whatever flags the
// exporter saw.
inline constexpr std::uint64_t kMaxResets = 10;

// Its destination sent something.
inline bool is_answered(const Record& r) {
  return r.rollup == Rollup::none ? r.side(Direction::to_client).packets != 0 : r.rollup == Rollup::answered;
}

// Takes records, in the order in which they were made.
class RecordConsumer {
 public:
  virtual ~RecordConsumer() = default;
  // Records and all that they point to are the caller's, for the length of the call.
  virtual void take(std::span<const Record> records) = 0;
  // Up to which begin it still has use for records; later ones may be left out by who reads for it. Asked between two calls of take(),
  // by the thread that makes them. What was left out is offered again when the answer has become a later time.
  static constexpr TimeUs kWantsAll = std::numeric_limits<TimeUs>::max(),
                          kHasEnough = std::numeric_limits<TimeUs>::min();
  [[nodiscard]] virtual TimeUs wants_until() const { return kWantsAll; }
  [[nodiscard]] bool has_enough() const { return wants_until() == kHasEnough; }
};

// Collects records for a consumer, so that it is called once for many. Holds its records and details: nothing is allocated
// when one is added.
class RecordBatch {
 public:
  static constexpr std::size_t kRecords = 64;

  explicit RecordBatch(RecordConsumer& consumer) : consumer_(consumer) {}
  // An empty record to fill; what was handed out before counts. Hands all on first when there is no room.
  Record& add() {
    if (size_ == kRecords) flush();
    return records_[size_++] = Record{};
  }
  // The detail of the last one, which gets one.
  Detail& detail() {
    Record& last = records_[size_ - 1];
    Detail& out = details_[size_ - 1];
    if (last.detail == nullptr) {
      out = Detail{};
      last.detail = &out;
    }
    return out;
  }
  // Takes the last one back.
  void drop() { --size_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  void flush() {
    if (size_ != 0) consumer_.take(std::span{records_}.first(size_));
    size_ = 0;
  }

 private:
  RecordConsumer& consumer_;
  std::size_t size_ = 0;
  std::array<Record, kRecords> records_;
  std::array<Detail, kRecords> details_;
};

}  // namespace weir::flow
