#include "engine/query/filter/test.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "decoders/flow/hits.h"
#include "decoders/text.h"

namespace weir::engine::filter {
namespace {

using flow::Record;

constexpr std::size_t kSource = index(Direction::to_server), kDestination = index(Direction::to_client);
using Number = std::optional<std::uint64_t>;

Number port_of(const Record& r, std::size_t side) {
  if (r.has_icmp) return std::nullopt;
  return side == kSource ? r.source_port : r.destination_port;
}

// Of a side that sent nothing: none.
Number tos_of(const Record& r, std::size_t side) {
  if (r.sides[side].packets == 0) return std::nullopt;
  return r.sides[side].tos;
}

Number number_of(Subject subject, const Record& r, std::size_t side) {
  switch (subject) {
    case Subject::port: return port_of(r, side);
    case Subject::autonomous_system: return side == kSource ? r.routing.source_as : r.routing.destination_as;
    case Subject::interface: return side == kSource ? r.in_interface : r.out_interface;
    case Subject::tos: return tos_of(r, side);
    case Subject::dscp: {
      const Number tos = tos_of(r, side);
      return tos ? Number{*tos >> 2U} : tos;
    }
    case Subject::packets: return r.sides[side].packets;
    case Subject::bytes: return r.sides[side].bytes;
    default: return std::nullopt;
  }
}

std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
  return a > std::numeric_limits<std::uint64_t>::max() - b ? std::numeric_limits<std::uint64_t>::max()
                                                           : a + b;
}
std::uint64_t packets_of(const Record& r) {
  return sum(r.sides[kSource].packets, r.sides[kDestination].packets);
}
std::uint64_t bytes_of(const Record& r) {
  return sum(r.sides[kSource].bytes, r.sides[kDestination].bytes);
}

std::uint64_t duration_us(const Record& r) {
  const auto [first, last] = times_of(r);
  return last > first ? static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first) : 0;
}

std::uint64_t a_second(double amount, std::uint64_t us) {
  if (us == 0) return 0;
  const double rate = amount * 1e6 / static_cast<double>(us);
  return rate >= 1.8e19 ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(rate);
}

// Of what has no sides, or of both sides together.
Number number_of(Subject subject, const Record& r) {
  switch (subject) {
    case Subject::domain: return r.exporter.domain;
    case Subject::sampling: return r.sampling;
    case Subject::icmp_type: return r.has_icmp ? Number{r.icmp_type} : std::nullopt;
    case Subject::icmp_code: return r.has_icmp ? Number{r.icmp_code} : std::nullopt;
    case Subject::protocol: return r.protocol;
    case Subject::packets: return packets_of(r);
    case Subject::bytes: return bytes_of(r);
    case Subject::duration: return duration_us(r);
    case Subject::packets_a_second: return a_second(static_cast<double>(packets_of(r)), duration_us(r));
    case Subject::bits_a_second: return a_second(8 * static_cast<double>(bytes_of(r)), duration_us(r));
    case Subject::bytes_a_packet:
      return packets_of(r) == 0 ? std::nullopt : Number{bytes_of(r) / packets_of(r)};
    case Subject::vlan: return r.vlan;
    default: return std::nullopt;
  }
}

template <class Holds>
bool at_ends(Ends ends, Holds&& holds) {
  switch (ends) {
    case Ends::source: return holds(kSource);
    case Ends::destination: return holds(kDestination);
    case Ends::either: return holds(kSource) || holds(kDestination);
    case Ends::both: return holds(kSource) && holds(kDestination);
  }
  return false;
}

// One of the rules that hit is enough.
template <class IsIn>
bool passes_signature(const Record& r, const IsIn& is_in) {
  bool out = false;
  if (r.detail != nullptr)
    flow::for_each_rule_hit(r.detail->hit_rules,
                            [&](const flow::RuleHit& hit) { out = out || is_in(Number{hit.sid}); });
  return out;
}

bool passes_number(const Test& test, const Record& r) {
  const auto is_in = [&](const Number& number) {
    return number && std::any_of(test.ranges.begin(), test.ranges.end(), [&](const NumberRange& range) {
             return range.first <= *number && *number <= range.second;
           });
  };
  if (test.subject == Subject::signature) return passes_signature(r, is_in);
  // Counters of both sides are added up, of other things one is enough.
  const bool adds_up = test.subject == Subject::packets || test.subject == Subject::bytes;
  if (!info_of(test.subject).has_sides || (adds_up && test.ends == Ends::either))
    return is_in(number_of(test.subject, r));
  return at_ends(test.ends, [&](std::size_t side) { return is_in(number_of(test.subject, r, side)); });
}

bool passes_address(const Test& test, const Record& r) {
  switch (test.subject) {
    case Subject::next_hop: return test.addresses.contains(r.routing.next_hop);
    case Subject::exporter: return test.addresses.contains(r.exporter.address);
    default:
      return at_ends(test.ends, [&](std::size_t side) {
        return test.addresses.contains(side == kSource ? r.source : r.destination);
      });
  }
}

bool passes_flags(const Test& test, const Record& r) {
  const auto fit = [&](std::uint8_t flags) {
    if (test.none_of_flags) return (flags & test.flags) == 0;
    return test.only_these_flags ? flags == test.flags : (flags & test.flags) == test.flags;
  };
  const std::uint8_t ahead = r.sides[kSource].tcp_flags, back = r.sides[kDestination].tcp_flags;
  if (test.ends == Ends::either) return fit(static_cast<std::uint8_t>(ahead | back));
  return at_ends(test.ends, [&](std::size_t side) { return fit(side == kSource ? ahead : back); });
}

std::string_view text_of(Subject subject, const flow::Detail& d) {
  switch (subject) {
    case Subject::application: return d.application;
    case Subject::name: return d.host;
    case Subject::ja4: return d.ja4;
    case Subject::certificate: return d.certificate_sha256;
    case Subject::state: return d.state;
    default: return d.user;
  }
}

// One of those that hit is enough.
bool passes_indicator(const Test& test, const Record& r) {
  bool out = false;
  if (r.detail == nullptr) return out;
  flow::for_each_indicator_hit(r.detail->hit_indicators, [&](const flow::IndicatorHit& hit) {
    const std::string_view text = test.subject == Subject::feed ? hit.feed : hit.value;
    out = out || std::any_of(test.texts.begin(), test.texts.end(),
                             [&](const std::string& pattern) { return fits_pattern(pattern, text); });
  });
  return out;
}

bool passes_text(const Test& test, const Record& r) {
  if (test.subject == Subject::indicator || test.subject == Subject::feed) return passes_indicator(test, r);
  const std::string_view text = r.detail != nullptr ? text_of(test.subject, *r.detail) : std::string_view{};
  return !text.empty() && std::any_of(test.texts.begin(), test.texts.end(), [&](const std::string& pattern) {
    return fits_pattern(pattern, text);
  });
}

// An address that no country is known of is in none.
bool passes_country(const Test& test, const Record& r) {
  return at_ends(test.ends, [&](std::size_t side) {
    const std::string_view code(r.countries[side].data(), r.countries[side].size());
    return std::any_of(test.texts.begin(), test.texts.end(),
                       [code](const std::string& text) { return equals_nocase(text, code); });
  });
}

bool passes_plain(Subject subject, const Record& r) {
  const bool is_answered = flow::is_answered(r);
  switch (subject) {
    case Subject::answered: return is_answered;
    case Subject::unanswered: return !is_answered;
    case Subject::ipv4: return r.source.family == 4;
    case Subject::ipv6: return r.source.family == 6;
    default: return true;
  }
}

}  // namespace

bool fits_pattern(std::string_view pattern, std::string_view text) {
  constexpr std::size_t kNone = std::string_view::npos;
  // Behind the last star, and what it stands for so far: when the rest does not fit it takes one letter more.
  std::size_t p = 0, t = 0, star = kNone, taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == to_lower(text[t])) {
      ++p;
      ++t;
    } else if (star != kNone) {
      p = star;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool passes(const Test& test, const Record& record) {
  switch (info_of(test.subject).kind) {
    case ValueKind::nothing: return passes_plain(test.subject, record);
    case ValueKind::address: return passes_address(test, record);
    case ValueKind::flags: return passes_flags(test, record);
    case ValueKind::text: return passes_text(test, record);
    case ValueKind::country: return passes_country(test, record);
    default: return passes_number(test, record);
  }
}

}  // namespace weir::engine::filter
