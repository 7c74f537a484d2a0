// Alerts, and the packets that are dropped.
#include <algorithm>

#include "decoders/net/ip_protocol.h"
#include "engine/flow/app_state.h"
#include "engine/log/deferred_alert.h"
#include "engine/log/event_head.h"
#include "engine/log/event_log.h"
#include "engine/log/shown_packet.h"

namespace weir::engine {

// Of variables of one name the last one counts.
void EventLog::name_variables(const DetectResult& found, const Alert& alert) {
  alert_variables_.clear();
  for (std::uint32_t i = 0; i < alert.variables; ++i) {
    const std::size_t at = alert.first_variable + i;
    const auto [name, value] = found.alert_variables[at];
    const output::ContextItem variable{name, value, found.alert_variables.is_json(at)};
    const auto same = std::find_if(alert_variables_.begin(), alert_variables_.end(),
                                   [&](const output::ContextItem& v) { return v.name == variable.name; });
    same == alert_variables_.end() ? alert_variables_.push_back(variable) : void(*same = variable);
  }
}

void EventLog::alert_record(const PacketFacts& facts, output::AlertRecord& record) {
  record.head = head_of_packet(facts.packet, facts.flow);
  name_origin(record.head);
  record.head.metadata = metadata_of(facts.flow, facts.variables);
  record.direction = facts.direction;
  record.has_direction = facts.flow != nullptr;
  record.tunnel = facts.tunnel;
  if (facts.flow == nullptr) return;
  fill_flow(*facts.flow);
  record.flow = &flow_record_;
  const AppLayer* const app = facts.flow->app.get();
  if (app != nullptr && app->parser != nullptr) record.latest = app->parser->transactions().last();
}

// What EVE's verdict says: the packet's fate, and whom a reject answers, with what.
void EventLog::fill_verdict(const PacketFate& fate, output::AlertRecord& record) const {
  const bool stopped = inline_mode_ && fate.verdict != Verdict::accept;
  record.verdict = stopped ? "drop" : fate.passed ? "pass" : "alert";
  switch (fate.reject) {
    case RejectTarget::none: return;
    case RejectTarget::source: record.reject_target = "to_client"; break;
    case RejectTarget::destination: record.reject_target = "to_server"; break;
    case RejectTarget::both: record.reject_target = "both"; break;
  }
  record.reject_method = record.head.ip_protocol == ip_protocol::tcp ? "tcp-reset" : "icmp-prohib";
}

// What matched: in the stream the bytes around it, which each writer cuts to the size that it is configured for. Rules about
// messages of a TCP connection look at its stream, whatever the packet at hand carries; often that acknowledges.
void EventLog::show_matched(const PacketFacts& facts, const Alert& alert, output::AlertRecord& record) {
  const bool in_tcp = facts.flow != nullptr && facts.flow->tcp != nullptr;
  const bool of_message = (alert.tx != nullptr && !alert.tx_guessed) || alert.frame.frame != nullptr;
  record.from_stream = alert.from_stream || (in_tcp && of_message);
  record.payload = facts.packet.payload;
  record.packet = facts.packet.frame;
  record.link_type = facts.packet.raw.link_type;
  if (!record.from_stream || !in_tcp) return;
  if (!stream_shown_) facts.flow->tcp->stream(facts.direction).copy_kept(stream_payload_, kMaxStreamPayload);
  stream_shown_ = true;
  if (stream_payload_.empty()) return;
  record.payload = stream_payload_;
  if (!facts.packet.payload.empty()) return;
  record.link_type = make_shown_packet(facts.packet, stream_payload_, shown_packet_);
  record.packet = shown_packet_;
}

// A reject answers in detect mode, too.
bool EventLog::blocks(rules::Action action) const {
  switch (action) {
    case rules::Action::drop: return inline_mode_;
    case rules::Action::reject:
    case rules::Action::reject_dst:
    case rules::Action::reject_both: return true;
    default: return false;
  }
}

void EventLog::alerts(const PacketFacts& facts, const DetectResult& found, const PacketFate& fate) {
  counters_.detect_alert_queue_overflow += found.overflow;
  counters_.pcre_limits += found.pcre_limits;
  counters_.chain_limits += found.chain_limits;
  counters_.rules_not_followed += found.not_followed;
  if (!found.alerts.empty()) write_alerts(facts, found, fate);
}

void EventLog::write_alerts(const PacketFacts& facts, const DetectResult& found, const PacketFate& fate) {
  output::AlertRecord record;
  output::FrameFacts frame;
  alert_record(facts, record);
  fill_verdict(fate, record);
  stream_shown_ = false;
  FileList later_files;
  for (const Alert& alert : found.alerts) {
    if (alert.suppressed) {
      ++counters_.detect_alerts_suppressed;
      continue;
    }
    record.signature = &alert.signature->meta;
    name_variables(found, alert);
    record.context = alert_variables_;
    record.action = blocks(alert.action) ? "blocked" : "allowed";
    record.would_drop = alert.action == rules::Action::drop && !blocks(alert.action);
    record.tx = alert.tx;
    record.tx_guessed = alert.tx_guessed;
    record.frame = alert.frame.frame != nullptr ? &frame : nullptr;
    if (alert.frame.frame != nullptr) fill_frame(facts, alert.frame, frame);
    record.files = alert.tx != nullptr ? alert.tx->files(facts.direction) : nullptr;
    if (record.files != nullptr && alert.first_file != 0) {
      later_files.clear();
      for (const ShownFile& file : *record.files)
        if (file->id >= alert.first_file) later_files.push_back(file);
      record.files = &later_files;
    }
    show_matched(facts, alert, record);
    record.head.has_tx_id = alert.tx != nullptr;
    record.head.tx_id = alert.tx != nullptr ? alert.tx->id : 0;
    write_alert(facts, alert, record);
  }
}

void EventLog::write_alert(const PacketFacts& facts, const Alert& alert, output::AlertRecord& record) {
  record.condition = nullptr;
  if (alert.deferred) {
    const Packet& p = facts.packet;
    const std::uint64_t flow_id = facts.flow != nullptr ? facts.flow->id : 0;
    std::shared_ptr<FlowAlerts> of_flow;
    if (facts.flow != nullptr && !facts.flow->alerted) {
      if (facts.flow->undecided_alerts == nullptr)
        facts.flow->undecided_alerts = std::make_shared<FlowAlerts>();
      of_flow = facts.flow->undecided_alerts;
    }
    record.condition = deferred_->about(*alert.signature, {p.ip.source, p.ip.destination, flow_id},
                                        p.raw.time, std::move(of_flow));
  } else {
    ++counters_.detect_alert;
    if (facts.flow != nullptr) facts.flow->alerted = true;
  }
  if (packets_ != nullptr) keep_packets(facts, alert, record);
  const Charge charge(*this, facts.flow, Charge::Kind::alert);
  for (const auto& session : sessions_) session->alert(record);
}

// The packet that begins a tag is the first that is asked for.
void EventLog::keep_packets(const PacketFacts& facts, const Alert& alert, output::AlertRecord& record) {
  using Which = output::PacketLogSettings::Which;
  if (which_packets_ == Which::alerts)
    packets_->wanted(facts.frame, facts.flow != nullptr ? facts.flow->id : 0, record.condition);
  else if (which_packets_ == Which::tagged && !alert.signature->tags.empty())
    packets_->wanted(facts.frame, 0, record.condition);
  record.capture_file = packets_->file();
}

// With `flows: start` a dropped flow is told of once a direction, and a packet for its own sake only when a rule
// drops it.
void EventLog::drop(const PacketFacts& facts, const DetectResult& found, const PacketFate& fate) {
  const rules::Signature* const blocker = found.actions.blocker;
  output::DropRecord record;
  alert_record(facts, record);
  record.dropped = &facts.packet;
  record.reason = to_string(fate.reason);
  record.action = "blocked";
  fill_verdict(fate, record);
  if (blocker != nullptr) record.signature = &blocker->meta;
  if (const Transaction* tx = found.actions.blocking_tx) {
    record.head.has_tx_id = true;
    record.head.tx_id = tx->id;
  }
  if (facts.flow != nullptr) {
    bool& logged = facts.flow->drop_logged[index(facts.direction)];
    record.only_with_all = blocker == nullptr && (logged || !facts.flow->dropped);
    logged = logged || facts.flow->dropped;
  }
  const Charge charge(*this, facts.flow, Charge::Kind::alert);
  for (const auto& session : sessions_) session->drop(record);
}

}  // namespace weir::engine
