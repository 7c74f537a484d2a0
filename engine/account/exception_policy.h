// Exception policies: what happens to a packet and its flow when the engine cannot look at them as it should,
// because a memory cap is reached, a connection began before us, or a parser gave up.
//
// Suricata's keys and names: `exception-policy` for all of them, and one key each. `auto` (the default) drops the
// flow in prevent mode and ignores the exception in detect mode; connections without a beginning are ignored in
// both when stream.midstream picks them up.
//
// A gateway that fails open (nfq.fail-open) stays open for failures of our own: no memory, no time. What a sender can
// bring about at will (a parser's error, fragments that never become whole, a connection without a beginning) is no reason
// to open: there `auto` means the same as without it, and connections without a beginning are picked up unless
// stream.midstream says no.
//
// Policies that only make sense for flows become the ones for packets
// where no flow is at hand (flow.memcap-policy, defrag.memcap-policy), and blocking ones mean nothing in detect
// mode, reject excepted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "decoders/settings.h"
#include "engine/account/verdict.h"

namespace weir::engine {

enum class ExceptionPolicy : std::uint8_t {
  ignore,       // go on as if nothing was wrong
  pass_packet,  // the packet is not looked at by rules
  pass_flow,    // the flow is not, from here on; parsing and logging go on
  bypass,       // the flow is only counted from here on
  drop_packet,
  drop_flow,
  reject,      // drop_flow, and the packet's source is told
  reject_both  // drop_flow, and both ends are told
};
// As stats and flow events spell it: "drop_flow".
std::string_view to_string(ExceptionPolicy policy);

enum class ExceptionTarget : std::uint8_t {
  defrag_memcap,
  stream_memcap,
  stream_reassembly,
  flow_memcap,
  stream_midstream,
  app_layer_error,
  packet_budget,  // of our own: weir.packet-budget-us
  memory,         // of our own: no memory to decode or to inspect a packet
  count_
};
inline constexpr std::size_t kExceptionTargets = static_cast<std::size_t>(ExceptionTarget::count_);
// As flow events spell it: "stream_midstream".
std::string_view to_string(ExceptionTarget target);
// Where stats events count it: "exception_policy.tcp.midstream".
std::string_view counter_of(ExceptionTarget target);
// Whether connections that began before us are followed from where they are: stream.midstream, or what it is without that
// key. `root` is the whole configuration.
bool picks_up_midstream(const Settings& root, bool inline_mode, bool fail_open);
// Why a packet is dropped when the policy for this says so.
DropReason drop_reason(ExceptionTarget target);

class ExceptionPolicies {
 public:
  ExceptionPolicies() = default;  // all ignored
  // From the whole configuration. Texts that are no policies count as absent; check_policies names them.
  // `fail_open`: in prevent mode, too, what `auto` says of our own failures is that traffic goes on.
  static ExceptionPolicies from(const Settings& root, bool inline_mode, bool fail_open = false);
  [[nodiscard]] ExceptionPolicy of(ExceptionTarget target) const {
    return policies_[static_cast<std::size_t>(target)];
  }
  // Whether connections that began before us may be picked up at all: a policy that blocks or leaves them alone
  // needs nothing of them.
  [[nodiscard]] bool follows_midstream() const;

 private:
  std::array<ExceptionPolicy, kExceptionTargets> policies_{};
};

}  // namespace weir::engine
