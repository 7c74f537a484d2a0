// The fields of options: what an exporter says of itself.
//
// One template each, with a number of its own below those of records. Scopes come first. NetFlow v9 has scopes of its own kinds
// (system, interface) in place of elements.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "output/flow/export/export_message.h"
#include "output/flow/export/export_settings.h"
#include "output/flow/export/wire_out.h"

namespace weir::output {

// In the order in which they are sent; their templates are kFirstOptionTemplate and following.
enum class OptionKind : std::uint8_t {
  sampling,          // one rate of all: 34, 35
  selector,          // likewise, as PSAMP has it: 302, 304, and 305, 306 or 311 (RFC 5477); IPFIX only
  metering,          // RFC 7011 4.1
  metering_losses,   // RFC 7011 4.2
  exporting_losses,  // RFC 7011 4.3
  interface_name,
  application_name,
  count_
};
inline constexpr std::uint16_t kFirstOptionTemplate = 256, kFirstRecordTemplate = 300;
inline constexpr std::size_t kOptionKinds = static_cast<std::size_t>(OptionKind::count_);

struct OptionValues {
  std::uint32_t domain = 0;
  std::uint32_t sampling = 1;
  SamplingMethod method = SamplingMethod::systematic;
  ExportFacts facts;
  std::uint32_t number = 0;  // of an interface or application
  std::string_view name;
};

// How many scopes each has in its template: one.
inline constexpr unsigned kOptionScopes = 1;
inline constexpr std::uint16_t kScopeSystem = 1, kScopeInterface = 2;  // of NetFlow v9

namespace option_fields {

// In samplingAlgorithm, and in the header of NetFlow v5. What hangs on a hash is no random number.
constexpr unsigned algorithm_of(SamplingMethod method) {
  constexpr unsigned kDeterministic = 1, kRandom = 2;
  return method == SamplingMethod::random ? kRandom : kDeterministic;
}

// Our hash of flows is none of those that selectorAlgorithm has numbers for: what it takes has the probability 1/N as well.
template <class Out>
void sampling(Out& out, OptionKind kind, bool is_v9, const OptionValues& v) {
  if (kind == OptionKind::sampling) {
    out.number(is_v9 ? kScopeSystem : 149, 4, v.domain);
    out.number(34, 4, v.sampling);
    out.number(35, 1, algorithm_of(v.method));
    return;
  }
  out.number(302, 4, 1);
  constexpr unsigned kSystematicByCount = 1, kUniformProbabilistic = 4;
  if (v.method != SamplingMethod::systematic) {
    out.number(304, 2, kUniformProbabilistic);
    out.number(311, 8, std::bit_cast<std::uint64_t>(1.0 / v.sampling));
    return;
  }
  out.number(304, 2, kSystematicByCount);
  out.number(305, 4, 1);
  out.number(306, 4, v.sampling - 1);
}

template <class Out>
void statistics(Out& out, OptionKind kind, bool is_v9, const OptionValues& v) {
  const ExportFacts& f = v.facts;
  if (kind == OptionKind::metering) {
    out.number(is_v9 ? kScopeSystem : 149, 4, v.domain);
    out.number(163, 8, f.observed.records);
    out.number(41, 8, f.messages);
    out.number(42, 8, f.flows);
    out.number(40, 8, f.octets);
  } else if (kind == OptionKind::metering_losses) {
    out.number(is_v9 ? kScopeSystem : 143, 4, v.domain);
    out.number(164, 8, f.ignored_packets);
  } else {
    out.number(is_v9 ? kScopeSystem : 144, 4, v.domain);
    out.number(166, 8, f.not_sent.records);
    out.number(167, 8, f.not_sent.packets);
    out.number(168, 8, f.not_sent.bytes);
  }
}

}  // namespace option_fields

template <class Out>
void visit_option(Out& out, OptionKind kind, bool is_v9, const OptionValues& v) {
  constexpr unsigned kInterfaceNameBytes = 32, kApplicationNameBytes = 24;  // in NetFlow v9
  switch (kind) {
    case OptionKind::sampling:
    case OptionKind::selector: return option_fields::sampling(out, kind, is_v9, v);
    case OptionKind::interface_name:
      out.number(is_v9 ? kScopeInterface : 10, 4, v.number);
      return out.text(82, kInterfaceNameBytes, v.name);
    case OptionKind::application_name:
      if (is_v9) out.number(kScopeSystem, 4, v.domain);
      out.number(95, 4, v.number);
      return out.text(96, kApplicationNameBytes, v.name);
    default: return option_fields::statistics(out, kind, is_v9, v);
  }
}

}  // namespace weir::output
