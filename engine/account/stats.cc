#include "engine/account/stats.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "decoders/app/protocol.h"

namespace weir::engine {
namespace {

constexpr std::string_view kIpsPrefix = "ips.", kDropReasonPrefix = "ips.drop_reason.";

// As stats events call the layers; empty: not counted there.
std::string_view layer_name(Proto p) {
  switch (p) {
    case Proto::ethernet: return "ethernet";
    case Proto::vlan: return "vlan";
    case Proto::linux_sll: return "sll";
    case Proto::linux_sll2: return "sll2";
    case Proto::null_loopback: return "null";
    case Proto::raw_ip: return "raw";
    case Proto::ppp: return "ppp";
    case Proto::pppoe_session: return "pppoe";
    case Proto::mpls: return "mpls";
    case Proto::arp: return "arp";
    case Proto::chdlc: return "chdlc";
    case Proto::ieee80211ah: return "ieee8021ah";
    case Proto::ipv4: return "ipv4";
    case Proto::ipv6: return "ipv6";
    case Proto::tcp: return "tcp";
    case Proto::udp: return "udp";
    case Proto::icmpv4: return "icmpv4";
    case Proto::icmpv6: return "icmpv6";
    case Proto::sctp: return "sctp";
    case Proto::gre: return "gre";
    case Proto::esp: return "esp";
    case Proto::vxlan: return "vxlan";
    case Proto::geneve: return "geneve";
    case Proto::teredo: return "teredo";
    case Proto::erspan: return "erspan";
    case Proto::nsh: return "nsh";
    case Proto::vntag: return "vntag";
    default: return {};
  }
}

// Both kinds of PPPoE frames are counted as one layer.
std::uint64_t layer_count(Proto p, const Counters& counters) {
  const auto of = [&counters](Proto proto) { return counters.layers[static_cast<std::size_t>(proto)]; };
  return p == Proto::pppoe_session ? of(p) + of(Proto::pppoe_discovery) : of(p);
}

// Counters that Suricata 8 does not call by the event's name, so that dashboards find them.
constexpr std::pair<std::string_view, std::string_view> kOtherNames[] = {
    {"decoder.too_many_layers", "decoder.too_many_layers"},
    {"stream.3whs_synack_resend_with_different_ack", "stream.3whs_synack_resend_with_diff_ack"},
    {"stream.est_synack_resend_with_different_ack", "stream.est_synack_resend_with_diff_ack"},
};

// "decoder.ipv4.trunc_pkt" -> "decoder.event.ipv4.trunc_pkt"; stream events keep their own root.
std::string anomaly_counter(std::string_view event) {
  for (const auto& [name, counter] : kOtherNames)
    if (name == event) return std::string(counter);
  constexpr std::string_view kDecoder = "decoder.";
  if (!event.starts_with(kDecoder)) return std::string(event);
  return "decoder.event." + std::string(event.substr(kDecoder.size()));
}

// "flow drop" -> "ips.drop_reason.flow_drop"
std::string drop_reason_counter(std::string_view reason) {
  std::string out(kDropReasonPrefix);
  for (const char c : reason) out += c == ' ' ? '_' : c;
  return out;
}

constexpr std::string_view kTransportSuffix[2] = {"_tcp", "_udp"};

}  // namespace

Counters& Counters::operator+=(const Counters& other) {
  const std::uint64_t largest = std::max(decoder_max_pkt_size, other.decoder_max_pkt_size);
#define COUNTER(field, name) field += other.field;
#include "engine/account/counters.def"
#undef COUNTER
  decoder_max_pkt_size = largest;
  for (std::size_t i = 0; i < layers.size(); ++i) layers[i] += other.layers[i];
  for (std::size_t i = 0; i < anomalies.size(); ++i) anomalies[i] += other.anomalies[i];
  for (std::size_t i = 0; i < app.size(); ++i)
    for (std::size_t t = 0; t < 2; ++t) {
      app[i].flows[t] += other.app[i].flows[t];
      app[i].transactions[t] += other.app[i].transactions[t];
      app[i].gap_errors[t] += other.app[i].gap_errors[t];
      app[i].parser_errors[t] += other.app[i].parser_errors[t];
    }
  for (std::size_t i = 0; i < drop_reasons.size(); ++i) drop_reasons[i] += other.drop_reasons[i];
  for (std::size_t i = 0; i < exceptions.size(); ++i) exceptions[i] += other.exceptions[i];
  for (std::size_t i = 0; i < stages.size(); ++i) stages[i] += other.stages[i];
  latency += other.latency;
  return *this;
}

std::vector<std::pair<std::string_view, double>> stage_shares(const StageTicks& stages) {
  const auto total = static_cast<double>(std::accumulate(stages.begin(), stages.end(), Ticks{0}));
  std::vector<std::pair<std::string_view, double>> out;
  if (total == 0) return out;
  for (std::size_t i = 0; i < stages.size(); ++i)
    out.emplace_back(kStageNames[i], std::round(static_cast<double>(stages[i]) / total * 1000) / 1000);
  return out;
}

CounterNames::Options CounterNames::Options::from(const Settings& root, bool inline_mode, bool fail_open) {
  return {.ips = inline_mode,
          .policies = ExceptionPolicies::from(root, inline_mode, fail_open),
          .policies_total = root.flag("stats.exception-policy.global-stats", true),
          .policies_per_protocol = root.flag("stats.exception-policy.per-app-proto-errors", false)};
}

CounterNames::CounterNames(const Options& options) : options_(options) {
  for (std::size_t i = 1; i < kDropReasons; ++i)
    drop_reasons_[i] = drop_reason_counter(to_string(static_cast<DropReason>(i)));
  const auto policy_suffix = [&](ExceptionTarget target) {
    const ExceptionPolicy policy = options_.policies.of(target);
    std::string suffix;
    if (policy != ExceptionPolicy::ignore) suffix.append(1, '.').append(to_string(policy));
    return suffix;
  };
  for (std::size_t i = 0; i < kExceptionTargets && options_.policies_total; ++i) {
    const auto target = static_cast<ExceptionTarget>(i);
    if (const std::string suffix = policy_suffix(target); !suffix.empty())
      exceptions_[i] = std::string(counter_of(target)) + suffix;
  }
  const std::string app_suffix = policy_suffix(ExceptionTarget::app_layer_error);
  for (std::size_t i = 0; i < kProtoCount; ++i)
    if (const auto name = layer_name(static_cast<Proto>(i)); !name.empty())
      layers_[i] = "decoder." + std::string(name);
  for (std::size_t i = 0; i < anomalies_.size(); ++i)
    anomalies_[i] = anomaly_counter(anomaly_name(static_cast<Anomaly>(i)));
  for (const ProtocolInfo* info : all_protocols()) {
    AppNames& names = app_[index(info->id)];
    if (info->counted) names.used = {info->over_tcp, info->over_udp};
    for (std::size_t t = 0; t < 2; ++t) {
      std::string name(info->name);
      if (info->over_tcp && info->over_udp) name += kTransportSuffix[t];
      names.flow[t] = "app_layer.flow." + name;
      names.tx[t] = "app_layer.tx." + name;
      names.gap[t] = "app_layer.error." + name + ".gap";
      names.parser[t] = "app_layer.error." + name + ".parser";
      if (options_.policies_per_protocol && !app_suffix.empty())
        names.policy[t] = "app_layer.error." + name + ".exception_policy" + app_suffix;
    }
  }
}

std::vector<CounterNames::Value> CounterNames::values(const Counters& counters) const {
  std::vector<Value> out;
#define COUNTER(field, name) \
  if (options_.ips || !std::string_view(name).starts_with(kIpsPrefix)) out.emplace_back(name, counters.field);
#include "engine/account/counters.def"
#undef COUNTER
  out.emplace_back("decoder.avg_pkt_size",
                   counters.decoder_pkts == 0 ? 0 : counters.decoder_bytes / counters.decoder_pkts);
  for (std::size_t i = 1; i < kDropReasons && options_.ips; ++i)
    out.emplace_back(drop_reasons_[i], counters.drop_reasons[i]);
  for (std::size_t i = 0; i < kExceptionTargets; ++i)
    if (!exceptions_[i].empty()) out.emplace_back(exceptions_[i], counters.exceptions[i]);
  for (std::size_t i = 0; i < kProtoCount; ++i)
    if (!layers_[i].empty()) out.emplace_back(layers_[i], layer_count(static_cast<Proto>(i), counters));
  for (std::size_t i = 0; i < anomalies_.size(); ++i) out.emplace_back(anomalies_[i], counters.anomalies[i]);
  out.emplace_back(
      "tcp.overlap_diff_data",
      counters.anomalies[static_cast<std::size_t>(Anomaly::stream_reassembly_overlap_different_data)]);
  for (std::size_t i = 0; i < app_.size(); ++i)
    for (std::size_t t = 0; t < 2; ++t) {
      if (!app_[i].used[t]) continue;
      out.emplace_back(app_[i].flow[t], counters.app[i].flows[t]);
      out.emplace_back(app_[i].tx[t], counters.app[i].transactions[t]);
      out.emplace_back(app_[i].gap[t], counters.app[i].gap_errors[t]);
      out.emplace_back(app_[i].parser[t], counters.app[i].parser_errors[t]);
      if (!app_[i].policy[t].empty())
        out.emplace_back(app_[i].policy[t], counters.app[i].parser_errors[t] + counters.app[i].gap_errors[t]);
    }
  return out;
}

}  // namespace weir::engine
