#include "output/flow/store/rollup_keys.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "decoders/net/ip_protocol.h"
#include "decoders/text.h"

namespace weir::output {
namespace {

using flow::Record;

constexpr std::array<std::string_view, 18> kKeyWords{
#define ROLLUP_KEY(word, name, meaning) word,
#include "output/flow/store/rollup_keys.def"
#undef ROLLUP_KEY
    "port", "sport", "dport"};
constexpr auto kParsedKeys = static_cast<std::size_t>(RollupKey::filtered_port);

// Systems give clients ports from here on; below 1024 there are none.
constexpr std::uint16_t kFirstClientPort = 32768, kLastServicePort = 1023;

// The client's port is known to be that: whoever sent the record, the rule is the same for both directions. Port 0 is none, or was left out
// already.
bool is_source_the_clients(const Record& r, bool is_answered) {
  if (r.destination_port == 0) return false;
  if (is_answered) return r.source_port > kLastServicePort;
  return r.source_port > r.destination_port &&
         ((r.source_port >= kFirstClientPort && r.destination_port < kFirstClientPort) ||
          (r.source_port > kLastServicePort && r.destination_port <= kLastServicePort));
}
bool is_destination_the_clients(const Record& r, bool is_answered) {
  if (is_answered) return false;
  Record turned;
  turned.source_port = r.destination_port;
  turned.destination_port = r.source_port;
  return is_source_the_clients(turned, false);
}

}  // namespace

tl::expected<RollupKeys, std::string> RollupKeys::parse(std::string_view text) {
  RollupKeys out;
  while (!text.empty()) {
    const std::string_view word = trim(cut(text, ','));
    const auto* const end = kKeyWords.begin() + kParsedKeys;
    const auto* const found = std::find(kKeyWords.begin(), end, word);
    if (found == end) {
      std::string all;
      for (std::size_t i = 0; i < kParsedKeys; ++i)
        all += fmt::format("{}{}", i == 0 ? "" : ", ", kKeyWords[i]);
      return tl::unexpected(fmt::format("'{}' is no key of rollups: expected some of {}", word, all));
    }
    out.add(static_cast<RollupKey>(found - kKeyWords.begin()));
  }
  if (out.empty()) return tl::unexpected(std::string("a rollup has at least one key"));
  return out;
}

RollupKeys RollupKeys::usual() {
  return {RollupKey::source, RollupKey::destination, RollupKey::protocol, RollupKey::service_port,
          RollupKey::exporter};
}

RollupKeys RollupKeys::told_of(const RollupKeys& wanted) const {
  RollupKeys out;
  out.bits_ = wanted.bits_ & ~missing(wanted).bits_;
  return out;
}

bool RollupKeys::tells(RollupKey key) const {
  const bool has_both = has(RollupKey::source_port) && has(RollupKey::destination_port);
  const bool has_service = has(RollupKey::service_port) || has_both;
  switch (key) {
    case RollupKey::service_port:
    case RollupKey::filtered_port: return has_service;
    case RollupKey::filtered_source_port: return has_service || has(RollupKey::source_port);
    case RollupKey::filtered_destination_port: return has_service || has(RollupKey::destination_port);
    default: return has(key);
  }
}

RollupKeys RollupKeys::missing(const RollupKeys& wanted) const {
  RollupKeys out;
  for (std::size_t i = 0; i < kKeyWords.size(); ++i)
    if (const auto key = static_cast<RollupKey>(i); wanted.has(key) && !tells(key)) out.add(key);
  return out;
}

std::string RollupKeys::text() const {
  std::string out;
  for (std::size_t i = 0; i < kKeyWords.size(); ++i)
    if (has(static_cast<RollupKey>(i))) out += fmt::format("{}{}", out.empty() ? "" : ",", kKeyWords[i]);
  return out;
}

void RollupKeys::keep_ports(const Record& r, Record& out) const {
  const bool has_service = has(RollupKey::service_port), has_source = has(RollupKey::source_port),
             has_destination = has(RollupKey::destination_port);
  if (!has_service && !has_source && !has_destination) return;
  out.has_icmp = r.has_icmp;
  out.icmp_type = r.icmp_type;
  out.icmp_code = r.icmp_code;
  if (r.has_icmp || !ip_protocol::has_ports(r.protocol)) return;
  const bool answered = is_answered(r);
  if (has_source || (has_service && !is_source_the_clients(r, answered))) out.source_port = r.source_port;
  if (has_destination || (has_service && !is_destination_the_clients(r, answered)))
    out.destination_port = r.destination_port;
}

void RollupKeys::keep(const Record& r, Record& out, flow::Detail& detail) const {
  out = Record{};
  out.rollup = is_answered(r) ? flow::Rollup::answered : flow::Rollup::unanswered;
  out.end_reason = r.end_reason;
  out.part = std::min(r.part, std::uint32_t{2});  // whether it is the first one is all that counts
  out.sampling = r.sampling;
  for (std::size_t i = 0; i < out.sides.size(); ++i) {
    out.sides[i].tcp_flags = r.sides[i].tcp_flags;
    if (has(RollupKey::tos)) out.sides[i].tos = r.sides[i].tos;
  }
  if (has(RollupKey::source)) out.source = r.source;
  if (has(RollupKey::destination)) out.destination = r.destination;
  if (has(RollupKey::protocol)) out.protocol = r.protocol;
  keep_ports(r, out);
  if (has(RollupKey::exporter)) {
    out.exporter = r.exporter;
    out.observed_at = r.observed_at;
  }
  if (has(RollupKey::vlan)) out.vlan = r.vlan;
  if (has(RollupKey::in_interface)) out.in_interface = r.in_interface;
  if (has(RollupKey::out_interface)) out.out_interface = r.out_interface;
  if (has(RollupKey::source_as)) out.routing.source_as = r.routing.source_as;
  if (has(RollupKey::destination_as)) out.routing.destination_as = r.routing.destination_as;
  if (r.detail == nullptr || (!has(RollupKey::application) && !has(RollupKey::name))) return;
  detail = flow::Detail{};
  if (has(RollupKey::application)) detail.application = r.detail->application;
  if (has(RollupKey::name)) detail.host = r.detail->host;
  if (!detail.application.empty() || !detail.host.empty()) out.detail = &detail;
}

}  // namespace weir::output
