// What a flow record says about somebody who tried to reach a port of a host: that it was tried, and what came of it.
//
// A record of both directions says it all. Of one direction there are two records, in either order and perhaps from different
// exporters: each gives a contact of its own, of the same source and target, and whoever collects contacts joins them.
//
// Which side of a one-way record tried is told by
//  - TCP flags: packets without ACK (SYN, FIN, none, FIN with PSH and URG) are sent by who begins; SYN with ACK, and RST, are not. So
//    backscatter, what the victim of a forged flood sends to the forged addresses, is no try.
//  - else ports: below 1024, or not above the other port, is a service. Records of a server's replies are answers, whether they come
//    before those of the requests or alone.
// Where both ports can be a service (123 to 123), the record is a try of the one side and an answer of the other one.
//
// Nobody is tried by packets to multicast and broadcast addresses, and to the clients' ports of DHCP: those get answers from servers
// that they asked by broadcast.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "decoders/flow/record.h"
#include "decoders/net/ip_protocol.h"
#include "decoders/packet.h"

namespace weir::engine {

// How a port is tried. syn: with the smallest of SYNs, or given up by RST instead of an ACK; connect: as systems do it.
enum class ScanMethod : std::uint8_t { syn, connect, fin, null, xmas, udp, icmp };
inline constexpr std::size_t kScanMethods = 7;
std::string_view scan_method_name(ScanMethod method);  // "syn"

namespace contact_flag {
inline constexpr std::uint8_t tried = 1,  // the source sent something
    answered = 2,                         // the target did, and it was no RST
    established = 4,                      // TCP: the source acknowledged it
    talked = 8,                           // established, and several packets came with data
    stream = 16,                          // not TCP: many packets, as no probe has
    half_open = 32,                       // SYN and RST of the source, and no ACK
    sampled = 64;  // tried; without TCP flags, and of a record that stands for several packets
}  // namespace contact_flag

struct ScanContact {
  // Of the record, and lives as long.
  const IpAddress* source;
  const IpAddress* target;
  std::uint16_t port;  // of the target; 0: ICMP
  std::uint8_t protocol;
  std::uint8_t flags;  // contact_flag
  ScanMethod method;   // if tried
  TimeUs first, last;  // of what the source sent, if tried
};

// Those of one record, at most two.
class ScanContacts {
 public:
  void add(const ScanContact& contact) { list_[size_++] = contact; }
  [[nodiscard]] const ScanContact* begin() const { return list_.data(); }
  [[nodiscard]] const ScanContact* end() const { return list_.data() + size_; }

 private:
  std::size_t size_ = 0;
  std::array<ScanContact, 2> list_;
};
ScanContacts scan_contacts_of(const flow::Record& record);

// A connection that somebody acknowledged, a refusal, or a question and its answer: for who looks for tries without an answer only, and
// in many records.
inline bool is_no_probe(const flow::Record& r) {
  constexpr std::uint8_t kTelling = tcp_flag::ack | tcp_flag::rst | tcp_flag::syn;
  const flow::Side &ahead = r.side(Direction::to_server), &back = r.side(Direction::to_client);
  if (r.protocol != ip_protocol::tcp) return ahead.packets != 0 && back.packets != 0;
  const std::uint8_t flags = ahead.packets != 0 ? ahead.tcp_flags : back.tcp_flags;
  return (flags & tcp_flag::ack) != 0 || (flags & kTelling) == tcp_flag::rst;
}

// Packets that a probe without TCP flags has at most, tries again included; those of a record with more are a stream.
inline constexpr std::uint64_t kMostProbePackets = 4;
// SYNs of one try at most (Linux sends 7).
inline constexpr std::uint64_t kMostSyns = 10;

}  // namespace weir::engine
