#include "engine/account/exception_policy.h"

#include <optional>
#include <string>

namespace weir::engine {
namespace {

struct PolicyName {
  std::string_view setting;  // in the configuration
  std::string_view event;    // in events
  ExceptionPolicy policy;
};
constexpr PolicyName kPolicies[] = {
    {"ignore", "ignore", ExceptionPolicy::ignore},
    {"pass-packet", "pass_packet", ExceptionPolicy::pass_packet},
    {"pass-flow", "pass_flow", ExceptionPolicy::pass_flow},
    {"bypass", "bypass", ExceptionPolicy::bypass},
    {"drop-packet", "drop_packet", ExceptionPolicy::drop_packet},
    {"drop-flow", "drop_flow", ExceptionPolicy::drop_flow},
    {"reject", "reject", ExceptionPolicy::reject},
    {"reject-both", "reject_both", ExceptionPolicy::reject_both},
    {"rejectboth", "reject_both", ExceptionPolicy::reject_both},
};

struct TargetRow {
  std::string_view key, event, counter;
  DropReason reason;
  bool has_flow;           // a flow is at hand when it happens
  bool of_sender = false;  // whoever sends can bring it about at will
};
constexpr std::array<TargetRow, kExceptionTargets> kTargets{{
    {"defrag.memcap-policy", "defrag_memcap", "exception_policy.defrag.memcap", DropReason::defrag_memcap,
     false, true},
    {"stream.memcap-policy", "stream_memcap", "exception_policy.tcp.ssn_memcap", DropReason::stream_memcap,
     true},
    {"stream.reassembly.memcap-policy", "stream_reassembly_memcap", "exception_policy.tcp.reassembly",
     DropReason::stream_reassembly, true},
    {"flow.memcap-policy", "flow_memcap", "exception_policy.flow.memcap", DropReason::flow_memcap, false},
    {"stream.midstream-policy", "stream_midstream", "exception_policy.tcp.midstream",
     DropReason::stream_midstream, true, true},
    {"app-layer.error-policy", "app_layer_error", "exception_policy.app_layer.error",
     DropReason::applayer_error, true, true},
    {"weir.packet-budget-policy", "packet_budget", "weir.over_budget", DropReason::packet_budget, true},
    {"weir.memory-policy", "out_of_memory", "weir.memory_policy", DropReason::out_of_memory, true},
}};

const TargetRow& row(ExceptionTarget target) {
  return kTargets[static_cast<std::size_t>(target)];
}

// None for `auto`, and for what is no policy.
std::optional<ExceptionPolicy> policy_named(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  for (const PolicyName& p : kPolicies)
    if (p.setting == *text) return p.policy;
  return std::nullopt;
}

ExceptionPolicy for_packet(ExceptionPolicy policy) {
  switch (policy) {
    case ExceptionPolicy::drop_flow: return ExceptionPolicy::drop_packet;
    case ExceptionPolicy::pass_flow: return ExceptionPolicy::pass_packet;
    case ExceptionPolicy::bypass: return ExceptionPolicy::ignore;
    default: return policy;
  }
}

}  // namespace

std::string_view to_string(ExceptionPolicy policy) {
  for (const PolicyName& p : kPolicies)
    if (p.policy == policy) return p.event;
  return {};
}

std::string_view to_string(ExceptionTarget target) {
  return row(target).event;
}
std::string_view counter_of(ExceptionTarget target) {
  return row(target).counter;
}
DropReason drop_reason(ExceptionTarget target) {
  return row(target).reason;
}

bool picks_up_midstream(const Settings& root, bool inline_mode, bool fail_open) {
  return root.flag("stream.midstream", inline_mode && fail_open);
}

ExceptionPolicies ExceptionPolicies::from(const Settings& root, bool inline_mode, bool fail_open) {
  ExceptionPolicies out;
  const bool midstream = picks_up_midstream(root, inline_mode, fail_open);
  const auto master = policy_named(root.text("exception-policy"));
  for (std::size_t i = 0; i < kExceptionTargets; ++i) {
    const TargetRow& target = kTargets[i];
    const auto text = root.text(target.key);
    const bool tolerant = static_cast<ExceptionTarget>(i) == ExceptionTarget::stream_midstream && midstream;
    const bool opens = tolerant || (fail_open && !target.of_sender);
    const ExceptionPolicy automatic =
        inline_mode && !opens ? ExceptionPolicy::drop_flow : ExceptionPolicy::ignore;
    auto policy = policy_named(text);
    if (!policy && text != "auto") policy = master;
    ExceptionPolicy chosen = policy.value_or(automatic);
    // What has taken too long once would do so again.
    if (static_cast<ExceptionTarget>(i) == ExceptionTarget::packet_budget &&
        chosen == ExceptionPolicy::ignore)
      chosen = ExceptionPolicy::pass_flow;
    if (!target.has_flow) chosen = for_packet(chosen);
    const bool drops = chosen == ExceptionPolicy::drop_packet || chosen == ExceptionPolicy::drop_flow;
    out.policies_[i] = drops && !inline_mode ? ExceptionPolicy::ignore : chosen;
  }
  return out;
}

bool ExceptionPolicies::follows_midstream() const {
  const ExceptionPolicy policy = of(ExceptionTarget::stream_midstream);
  return policy == ExceptionPolicy::ignore || policy == ExceptionPolicy::pass_flow ||
         policy == ExceptionPolicy::pass_packet;
}

}  // namespace weir::engine
