#include "engine/query/filter/values.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "decoders/text.h"

namespace weir::engine::filter {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr double kKi = 1024;
constexpr std::array kAmounts{Unit{"", 1},
                              Unit{"k", 1e3},
                              Unit{"m", 1e6},
                              Unit{"g", 1e9},
                              Unit{"t", 1e12},
                              Unit{"ki", kKi},
                              Unit{"mi", kKi* kKi},
                              Unit{"gi", kKi* kKi* kKi},
                              Unit{"ti", kKi* kKi* kKi* kKi}};
constexpr std::array kSpans{Unit{"", 1e3},  Unit{"us", 1},    Unit{"ms", 1e3},   Unit{"s", 1e6},
                            Unit{"m", 6e7}, Unit{"h", 3.6e9}, Unit{"d", 8.64e10}};

struct Protocol {
  std::string_view name;
  std::uint8_t number;
};
constexpr std::array kProtocols{Protocol{"icmp", 1},   Protocol{"igmp", 2},       Protocol{"ipip", 4},
                                Protocol{"tcp", 6},    Protocol{"udp", 17},       Protocol{"ipv6", 41},
                                Protocol{"gre", 47},   Protocol{"esp", 50},       Protocol{"ah", 51},
                                Protocol{"icmp6", 58}, Protocol{"ipv6-icmp", 58}, Protocol{"eigrp", 88},
                                Protocol{"ospf", 89},  Protocol{"pim", 103},      Protocol{"vrrp", 112},
                                Protocol{"l2tp", 115}, Protocol{"sctp", 132},     Protocol{"udplite", 136}};

// Digits, with a fraction or without, and one of the units.
std::optional<std::uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto whole = parse_number<std::uint64_t>(text.substr(0, end));
  if (!whole) return std::nullopt;
  std::string_view rest = text.substr(end);
  double fraction = 0;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (digits == 0) return std::nullopt;
    double place = 0.1;
    for (const char digit : rest.substr(0, digits)) {
      fraction += place * (digit - '0');
      place /= 10;
    }
    rest.remove_prefix(digits);
  }
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return equals_nocase(u.name, rest); });
  if (unit == units.end()) return std::nullopt;
  // Factors are whole numbers that fit a double; so a number without a fraction stays exact.
  const auto factor = static_cast<std::uint64_t>(unit->factor);
  if (*whole > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
  const std::uint64_t out = *whole * factor;
  const auto more = static_cast<std::uint64_t>(std::llround(fraction * unit->factor));
  if (out > std::numeric_limits<std::uint64_t>::max() - more) return std::nullopt;
  return out + more;
}

}  // namespace

std::optional<std::uint64_t> parse_amount(std::string_view text) {
  if (text.size() > 1 && to_lower(text.back()) == 'b') text.remove_suffix(1);
  return parse_with_unit(text, kAmounts);
}

std::optional<std::uint64_t> parse_duration(std::string_view text) {
  return parse_with_unit(text, kSpans);
}

std::optional<std::uint64_t> parse_protocol(std::string_view text) {
  for (const Protocol& protocol : kProtocols)
    if (equals_nocase(protocol.name, text)) return protocol.number;
  return parse_number<std::uint8_t>(text);
}

std::optional<std::uint8_t> parse_flags(std::string_view text) {
  constexpr std::string_view kLetters = "fsrpauec";  // from the lowest bit
  if (text.empty()) return std::nullopt;
  if (const auto number = parse_unsigned(text))
    return *number <= 0xff ? std::optional{static_cast<std::uint8_t>(*number)} : std::nullopt;
  unsigned flags = 0;
  for (const char letter : text) {
    const std::size_t bit = kLetters.find(to_lower(letter));
    if (bit == std::string_view::npos) return std::nullopt;
    flags |= 1U << bit;
  }
  return static_cast<std::uint8_t>(flags);
}

std::optional<std::uint64_t> parse_value(ValueKind kind, std::uint64_t most, std::string_view text) {
  std::optional<std::uint64_t> value;
  switch (kind) {
    case ValueKind::number: value = parse_number<std::uint64_t>(text); break;
    case ValueKind::amount: value = parse_amount(text); break;
    case ValueKind::span: value = parse_duration(text); break;
    case ValueKind::protocol: value = parse_protocol(text); break;
    default: break;
  }
  return value && *value <= most ? value : std::nullopt;
}

std::string_view expected_value(Subject subject) {
  if (subject == Subject::port) return "a port";
  if (subject == Subject::address) return "an address or a network";
  switch (info_of(subject).kind) {
    case ValueKind::nothing: return "nothing";
    case ValueKind::address: return "an address or a network";
    case ValueKind::number: break;
    case ValueKind::amount: return "a number such as 1500, 10k or 1.5M";
    case ValueKind::span: return "a span such as 200ms, 5s or 10m";
    case ValueKind::protocol: return "a protocol such as tcp, icmp6 or 47";
    case ValueKind::flags: return "TCP flags by their letters, such as SA";
    case ValueKind::text: return "a name";
    case ValueKind::country: return "a country by its two letters, such as DE";
  }
  switch (info_of(subject).most) {
    case 0x3f: return "a number up to 63";
    case 0xff: return "a number up to 255";
    case 0xfff: return "a number up to 4095";
    default: return "a number";
  }
}

}  // namespace weir::engine::filter
