// What a flow's record says that the flow does not know itself: counted packet by packet, for each direction by itself.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "decoders/flow/hits.h"
#include "decoders/flow/record.h"
#include "decoders/packet.h"
#include "decoders/slab.h"

namespace weir::engine {

struct Flow;

// Of the packet's own IP: header and payload as the header says, never what the link puts behind them. Where it says nothing
// (0, from a card that cuts the packets later), all that is there.
std::uint32_t ip_bytes(const Packet& packet);
// What follows the IP header, cut to what it says; of IPv6 behind the extension headers. A view of the packet.
Bytes ip_payload(const Packet& packet);
// What tells the tunnels of a carrier apart: VNI, GRE key, TEID; 0: nothing does. `carrier` is the packet around another one.
std::uint64_t tunnel_id(const Packet& carrier);

// Times are in microseconds; spans that do not fit stay at the greatest.
struct MeteredSide {
  std::uint64_t packets = 0, bytes = 0, payload_bytes = 0;
  std::uint64_t retransmitted_bytes = 0, lost_bytes = 0;
  std::uint32_t retransmitted_packets = 0, out_of_order_packets = 0, zero_windows = 0;
  TimeUs first = 0, last = 0;
  std::uint32_t size_min = 0, size_max = 0;                     // of packets, bytes of IP
  std::uint32_t gap_min = 0, gap_max = 0, gap = 0, jitter = 0;  // between packets; `gap` is the last one
  std::uint32_t fragments = 0, ecn_marked = 0;
  std::uint8_t tcp_flags = 0;
  std::uint8_t tos = 0;  // of the first packet
  std::uint8_t ttl_min = 0, ttl_max = 0;

  // What the header of IP says.
  void add_packet(const Packet& packet);
  // Those packets came after these.
  void add(const MeteredSide& later);

 private:
  friend struct FlowMeter;
  // Of every packet: where they are used, and there alone.
  [[gnu::always_inline]] inline void add_header(const Packet& packet);
  [[gnu::always_inline]] inline void add_size(TimeUs time, std::uint32_t size);
};

// One direction of a connection, from the packets alone: what the receiver made of them is not asked.
struct MeteredTcp {
  std::uint64_t missing = 0;  // bytes that have not come
  TimeUs timed_at = 0;        // when the segment was sent that is timed; 0: none is
  std::uint32_t timed_end = 0, smoothed_rtt = 0;
  std::uint32_t next = 0;                      // sequence number behind all that came
  std::uint32_t hole_begin = 0, hole_end = 0;  // what did not come, from the first byte to the last
  std::uint32_t base_sequence = 0;
  std::uint64_t syn_options = 0;  // bit N: option of kind N below 64
  std::uint16_t window_min = 0, window_max = 0, mss = 0;
  std::uint8_t window_scale = 0;
  bool any = false;
};

// Who a flow is with, as its transactions say.
struct FlowIdentity : Slabbed {
  static constexpr std::size_t kMaxHostBytes = 255;
  SlabString host, ja4, certificate_sha256;
  // `fingerprints`: they are wanted.
  [[nodiscard]] bool is_whole(bool fingerprints) const {
    return !host.empty() && (!fingerprints || (!ja4.empty() && !certificate_sha256.empty()));
  }
};

// What is around the first packet of a flow in a tunnel or behind labels; addresses are the client's side first.
struct FlowPath : Slabbed {
  std::array<std::uint32_t, 4> mpls{};  // as flow::Detail has them
  IpAddress tunnel_source, tunnel_destination;
  std::uint64_t tunnel_id = 0;
  Proto tunnel = Proto::none;
};

// Made with its flow when records are wanted, and counted in the memory of the flow table.
struct FlowMeter : Slabbed {
  static constexpr std::size_t kMostPayload = 512;              // bytes of one direction
  static constexpr std::string_view kLetters = "shadfrcgtwiq";  // of its history
  // What is taken for one flow, with `payload` bytes of each direction, at the most, but for the names in its identity and the
  // numbers of rules that hit, of the part and of all.
  static std::size_t memory_bytes(std::size_t payload);

  std::array<MeteredSide, 2> sides;  // by Direction
  std::array<MeteredTcp, 2> tcp;
  std::array<std::uint8_t, 2> first_tcp_flags{};  // of the first packet
  // The flow's client did not send its first packet.
  bool swapped = false;
  // Packets have been counted since the flow began, or since its last part was told.
  [[nodiscard]] bool has_packets() const { return sides[0].packets + sides[1].packets != 0; }
  // Of an ICMP error about this flow: 1 << 16 | type << 8 | code, and its sender.
  std::uint32_t gateway_error = 0;
  IpAddress gateway;
  TimeUs syn_at = 0, synack_at = 0;
  std::uint32_t syn_to_synack = 0, synack_to_ack = 0;
  std::uint32_t rule_hits = 0, verdict_rule = 0;
  SlabString hit_rules;    // as flow::Detail has them
  std::uint32_t part = 0;  // that was told last; 0: none yet
  // All parts that were told, added up; null: none yet. Hits are those of the whole flow: what hits now is noted here, too.
  struct Told : Slabbed {
    std::array<MeteredSide, 2> sides;
    std::uint32_t rule_hits = 0;
    SlabString hit_rules;
  };
  std::unique_ptr<Told> told;
  std::uint16_t payload_limit = 0;
  std::array<SlabString, 2> payload;           // the first bytes
  MacAddress source_mac{}, destination_mac{};  // of the first packet, the client's first
  std::unique_ptr<FlowPath> path;              // null: there is nothing around it
  std::unique_ptr<FlowIdentity> identity;

  // Of the flow table: when the next part is due, and where it waits for that.
  std::int64_t report_s = 0, told_s = 0;  // and when the last one was
  Flow *older = nullptr, *newer = nullptr;
  std::uint16_t report_slot = 0;
  bool is_filed = false;
  bool left_out = false;  // its packets are not among those that are counted

  // A part of the record has been told: what follows is counted anew. What is known of the connection stays.
  void begin_part();
  // What was counted of one direction since the flow began.
  [[nodiscard]] MeteredSide whole(Direction d) const;
  [[nodiscard]] std::uint32_t whole_rule_hits() const {
    return told == nullptr ? rule_hits : told->rule_hits;
  }
  [[nodiscard]] std::string_view whole_hit_rules() const {
    return told == nullptr ? hit_rules : told->hit_rules;
  }
  // A packet that went in direction `d`. Allocates nothing, but for the first bytes of the payload.
  void count(const Packet& packet, Direction d);
  // Likewise a datagram that came as fragments: each of them is a packet.
  void count_datagram(const Packet& datagram, Direction d, const MeteredSide& fragments);
  // Of the flow's first packet; `carrier` is the one around it, null: there is none.
  void note_path(const Packet& packet, const Packet* carrier);
  // An ICMP error that quotes a packet of this flow; the first one is kept.
  void note_error(const Packet& packet) {
    if (gateway_error != 0) return;
    gateway_error = 1U << 16U | static_cast<std::uint32_t>(packet.icmp.type) << 8U | packet.icmp.code;
    gateway = packet.ip.source;
  }
  // A rule that has hit.
  void note_hit(const flow::RuleHit& hit);
  // The rule that dropped a packet; the first one is kept.
  void note_verdict(std::uint32_t sid) {
    if (verdict_rule == 0) verdict_rule = sid;
  }
  void swap_sides();

  // History of the connection in Zeek's letters, upper case for what the client did; each once. Of others D and d.
  [[nodiscard]] std::string_view history() const { return {letters_.data(), letter_count_}; }
  template <char kLetter>
  [[nodiscard]] bool has(Direction d) const {
    return (seen_[index(d)] & bit_of(kLetter)) != 0;
  }
  // Zeek's conn_state with `client` as the one that began.
  [[nodiscard]] std::string_view state(bool is_tcp, Direction client) const;

 private:
  static constexpr std::uint16_t bit_of(char letter) {
    return static_cast<std::uint16_t>(1U << kLetters.find(letter));
  }
  template <char kLetter>
  void add(Direction d) {
    constexpr std::uint16_t kBit = bit_of(kLetter);
    if ((seen_[index(d)] & kBit) == 0) add_letter(d, kLetter, kBit);
  }
  void add_letter(Direction d, char letter, std::uint16_t bit);
  // Of every packet, so for each direction on its own: where things lie is known to the compiler.
  template <Direction kWay>
  [[gnu::always_inline]] inline void count_way(const Packet& packet);
  template <Direction kWay>
  [[gnu::always_inline]] inline void count_content(const Packet& packet);
  template <Direction kWay>
  [[gnu::always_inline]] inline void count_tcp(const Packet& packet, std::size_t payload_bytes);
  std::uint32_t note_ends(const Packet& packet, Direction d);
  void note_syn(const Packet& packet, Direction d);
  void follow_handshake(const TcpHeader& header, Direction d, TimeUs time);
  template <Direction kWay>
  inline void follow_sequence(std::uint32_t sequence, std::uint32_t length, TimeUs time);
  void come_again(std::uint32_t sequence, std::uint32_t length, Direction d);
  template <Direction kWay>
  inline void time_segment(const TcpHeader& header, TimeUs time);
  void keep_payload(Bytes bytes, Direction d);

  std::array<bool, 2> began_{};          // by Direction: a packet has come
  std::array<std::uint16_t, 2> seen_{};  // by Direction: bit i for kLetters[i]
  std::array<char, kLetters.size() * 2> letters_{};
  std::uint8_t letter_count_ = 0;
};

}  // namespace weir::engine
