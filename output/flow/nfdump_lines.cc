#include "output/flow/nfdump_lines.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "decoders/address_text.h"

namespace weir::output {
namespace {

constexpr TimeUs kNfdumpTick = 1000;

// Those of nfdump's names that flows are seen with.
std::string nfdump_protocol(std::uint8_t protocol) {
  switch (protocol) {
    case 1: return "ICMP";
    case 2: return "IGMP";
    case 4: return "IPIP";
    case 6: return "TCP";
    case 8: return "EGP";
    case 17: return "UDP";
    case 41: return "IPv6";
    case 46: return "RSVP";
    case 47: return "GRE";
    case 50: return "ESP";
    case 51: return "AH";
    case 58: return "ICMP6";
    case 88: return "EIGRP";
    case 89: return "OSPF";
    case 97: return "ETHIP";
    case 103: return "PIM";
    case 108: return "IPcmp";
    case 112: return "VRRP";
    case 115: return "L2TP";
    case 132: return "SCTP";
    case 136: return "UDP-L";
    case 137: return "MPLS";
    default: return fmt::format("{}", protocol);
  }
}

std::string nfdump_number(std::uint64_t n) {
  constexpr std::uint64_t kFirstScaled = 1'000'000;
  if (n < kFirstScaled) return fmt::format("{}", n);
  constexpr std::array<char, 3> kUnits{'M', 'G', 'T'};
  double scaled = static_cast<double>(n) / 1e6;
  std::size_t unit = 0;
  for (; scaled >= 1000 && unit + 1 < kUnits.size(); ++unit) scaled /= 1000;
  return fmt::format("{:.1f} {}", scaled, kUnits[unit]);
}

// "00:00:00.800", "1d 05:59:59.999".
std::string nfdump_duration(TimeUs us) {
  const TimeUs ms = std::max<TimeUs>(us, 0) / kNfdumpTick, seconds = ms / 1000;
  const std::string clock =
      fmt::format("{:02}:{:02}:{:02}.{:03}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60, ms % 1000);
  return seconds < 86400 ? clock : fmt::format("{}d {}", seconds / 86400, clock);
}

std::string nfdump_address(const IpAddress& a) {
  constexpr std::size_t kMost = 16, kEnd = 7;
  const ShortAddress text(a);
  const std::string_view whole = text.view();
  if (whole.size() <= kMost) return std::string(whole);
  return fmt::format("{}..{}", whole.substr(0, kEnd), whole.substr(whole.size() - kEnd));
}

struct NfdumpEnd {
  const IpAddress* address;
  std::uint16_t port;
};

}  // namespace

std::string_view NfdumpLines::head() {
  return "Date first seen             Duration     Proto      Src IP Addr:Port          Dst IP Addr:Port   "
         "Packets    Bytes Flows";
}

std::string_view NfdumpLines::line(const flow::Record& r, Direction direction) {
  line_.clear();
  const flow::Side& side = r.side(direction);
  if (side.packets == 0) return line_;
  NfdumpEnd from{&r.source, r.source_port}, to{&r.destination, r.destination_port};
  if (direction == Direction::to_client) std::swap(from, to);
  const auto [first, last] = side.first != 0 ? std::pair{side.first, side.last} : times_of(r);
  std::array<char, TimestampFormatter::kIsoBytes> time{};
  times_.iso(first, time.data());
  const std::string_view iso(time.data(), time.size());
  const char separator = r.source.family == 6 ? '.' : ':';
  // ICMP stands where the port of the destination does.
  const std::string source_port = fmt::format("{}", r.has_icmp ? 0 : from.port),
                    port = r.has_icmp ? fmt::format("{}.{}", r.icmp_type, r.icmp_code)
                                      : fmt::format("{}", to.port);
  fmt::format_to(std::back_inserter(line_),
                 "{} {} {:>16} {:<5} {:>16}{}{:<5} -> {:>16}{}{:<5} {:>8} {:>8} {:>5}", iso.substr(0, 10),
                 iso.substr(11, 12),
                 nfdump_duration(last / kNfdumpTick * kNfdumpTick - first / kNfdumpTick * kNfdumpTick),
                 nfdump_protocol(r.protocol), nfdump_address(*from.address), separator, source_port,
                 nfdump_address(*to.address), separator, port, nfdump_number(side.packets),
                 nfdump_number(side.bytes), std::max(r.flows, 1U));
  return line_;
}

}  // namespace weir::output
