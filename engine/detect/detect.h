// The detection run over one packet: which rules match on it, on its stream and on its flow's transactions.
//
// One Detect a worker; it owns the scratch memory of matching. The rule set is shared and immutable. Rules of the
// packet's direction are looked at: transactions of the other side wait for a packet of theirs (or for the pseudo packet
// that the pipeline makes at the end of a flow), as in Suricata.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "decoders/app/transaction.h"
#include "decoders/packet.h"
#include "engine/account/rule_profile.h"
#include "engine/account/verdict.h"
#include "engine/flow/flow.h"
#include "engine/flow/flow_frames.h"
#include "engine/tcp/tcp_session.h"
#include "rules/match/chain.h"
#include "rules/set/rule_set.h"

namespace weir::engine {

struct Alert {
  const rules::Signature* signature = nullptr;
  rules::Action action = rules::Action::alert;  // after thresholds (rate_filter may change it)
  const Transaction* tx = nullptr;              // what it matched on, or null; valid until the packet is done with
  bool tx_guessed = false;  // it matched on something else; `tx` was the flow's only open one
  FrameLook frame;          // of a rule about frames: the one it matched on; valid as `tx`
  bool from_stream = false;                     // matched on reassembled bytes rather than on this packet's payload
  bool suppressed = false;  // a threshold says that nothing is written
  bool deferred = false;    // the thresholds are yet to be asked: see DeferredAlerts
  bool rate_filtered = false;  // the action is not the rule's own
  // What its expressions captured for it: so many of DetectResult::alert_variables from there on.
  std::uint32_t first_variable = 0, variables = 0;
  // It is about the files of `tx` with this id or a later one; 0: about all.
  std::uint32_t first_file = 0;
};

// What the actions of all rules that matched on a packet come to, in their order; also of those whose alerts are not
// written or found no room.
struct RuleActions {
  const rules::Signature* blocker = nullptr;  // the first rule that drops or rejects
  const Transaction* blocking_tx = nullptr;   // what it matched on
  bool rate_filtered = false;                 // it does so because it matched too often
  bool passes = false;                        // a pass rule is among them
  bool bypass = false;                        // the rest of the flow is not to be looked at
  RejectTarget reject = RejectTarget::none;
  enum class OnFlow : std::uint8_t { nothing, drop, pass } on_flow = OnFlow::nothing;
  void answer(RejectTarget target) {
    reject = reject == RejectTarget::none || reject == target ? target : RejectTarget::both;
  }
};

struct DetectInput {
  const Packet& packet;
  Flow* flow = nullptr;  // null for packets without a flow
  Direction direction = Direction::to_server;
  const SegmentResult* segment = nullptr;             // of TCP packets that the stream engine saw
  const std::vector<Anomaly>* stream_events = nullptr;  // of this packet
  bool established = false;  // the flow was so before this packet, or is by data that complete its handshake
  bool no_payload = false;  // bytes are not to be looked at: headers, events and what is about the flow alone
  Ticks deadline = 0;  // no rule is begun to be looked at after it; 0: none
  // More of a packet's transactions have been parsed since it was looked at: nothing but transactions is. Rules about
  // both are shown the bytes of the stream, which stay what they are for others.
  bool only_transactions = false;
  // Another reading of a connection: rules that have alerted on it (SignatureMeta::number). They drop here as well, but
  // are not written again, and one match is not counted twice by their thresholds.
  std::span<const std::uint64_t> told;
  bool flow_ends = false;  // pseudo packet at the end of the flow: everything pending in this direction is due
};

struct DetectResult {
  std::vector<Alert> alerts;  // in the order in which they are logged; at most packet-alert-max
  RuleActions actions;
  std::uint64_t overflow = 0;  // alerts beyond packet-alert-max, not kept
  // Conditions that were given up as not met: regular expressions at a limit, chains of contents without more fuel.
  std::uint64_t pcre_limits = 0, chain_limits = 0;
  std::uint64_t not_followed = 0;  // rules that would wait for more of a transaction, beyond kMaxPendingRules
  [[nodiscard]] bool tells_nothing() const {
    return alerts.empty() && (overflow | pcre_limits | chain_limits | not_followed) == 0;
  }
  // What expressions captured: for the packet, and for the alerts on it.
  rules::VariableList packet_variables, alert_variables;
  bool tagged = false;  // a rule that matched on an earlier packet asks for this one
  std::vector<rules::Replacement> replacements;  // inline: what `replace` writes over the payload; bytes are the rules'
};

struct DetectSettings {
  std::size_t packet_alert_max = 15;
  bool inline_mode = false;
  // detect.guess-applayer-tx: how often one transaction may be written into alerts of rules that look at none; 0: never.
  unsigned guess_limit = 0;
  bool profile_rules = false;  // count and time each rule's checks
  bool defer_thresholds = false;  // several workers: thresholds are asked where their lines are put in order
  rules::Turn* turn = nullptr;    // several workers: for whatever else spans flows
};

class Detect {
 public:
  // `rules` may be null: nothing matches.
  Detect(std::shared_ptr<const rules::RuleSet> rules, const DetectSettings& settings, rules::SharedState& shared);
  ~Detect();
  // The result is valid until the next call.
  const DetectResult& run(const DetectInput& in);
  // The alerts of the last run are written: lets go of the bytes that it looked at (the stream's chunk, the windows of
  // bodies). The flow of that run must still be there. While its parser pauses the stream's chunk stays.
  void let_go();
  // Detection has nothing more to do with this transaction in that direction (it inspected it at its complete
  // progress). True for every transaction when there are no rules.
  [[nodiscard]] bool finished(const Transaction& tx, Direction direction) const;
  // Frames of this direction wait for run() before they can be let go of.
  [[nodiscard]] bool looks_at_frames(AppProto protocol, Direction direction) const;
  // What the rules have cost so far; null unless the settings ask for it.
  [[nodiscard]] const RuleProfile* profile() const;
  // Between two packets: `rules` (not null) take over. They are built with the present ones as `previous`, so that what
  // is remembered of flows and transactions is carried over. What the rules have cost is counted anew. The caller holds
  // the old set, as freeing it takes a while.
  void replace_rules(std::shared_ptr<const rules::RuleSet> rules);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::engine
