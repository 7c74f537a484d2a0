#include "engine/log/event_log.h"

#include <algorithm>
#include <string>

#include "decoders/app/protocol.h"
#include "decoders/net/ip_protocol.h"
#include "engine/flow/app_state.h"
#include "engine/log/deferred_alert.h"
#include "engine/log/event_head.h"

namespace weir::engine {
namespace {

// Engine events by rule name, as EVE spells them: in capitals.
std::string_view engine_event_name(std::string_view rule_name, std::string& buffer) {
  buffer.assign(rule_name);
  for (char& c : buffer)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return buffer;
}

}  // namespace

EventLog::EventLog(const std::vector<Output>& outputs, std::shared_ptr<const rules::RuleSet> rules,
                   Counters& counters, const ExceptionPolicies& policies, bool inline_mode,
                   DeferredAlerts* deferred)
    : deferred_(deferred),
      rules_(std::move(rules)),
      counters_(counters),
      policies_(policies),
      inline_mode_(inline_mode) {
  for (const Output& out : outputs) {
    sessions_.push_back(out.log->session(*out.sink));
    sessions_.back()->measure_by(meter_);
    wants_files_ = wants_files_ || out.log->wants(output::EventType::fileinfo);
    wants_frames_ = wants_frames_ || out.log->wants(output::EventType::frame);
    wants_anomalies_ = wants_anomalies_ || out.log->wants(output::EventType::anomaly);
    for (std::size_t p = 0; p < kMaxAppProtos; ++p)
      for (const auto& active : out.log->tx_loggers(static_cast<AppProto>(p))) {
        tx_loggers_[p].push_back({sessions_.back().get(), &active});
        tx_mask_[p] |= active.bit;
      }
  }
}

void EventLog::store_files(output::FileStore& store, rules::Turn* turn) {
  store_ = store.session();
  turn_ = turn;
}

void EventLog::set_limits(const LogLimits& limits) {
  limits_ = limits;
  meter_.event_bytes = limits.event_bytes;
}

EventLog::Charge::Charge(EventLog& log, Flow* flow, Kind kind)
    : log_(log), flow_(flow), kind_(kind), bytes_before_(log.meter_.bytes), cut_before_(log.meter_.cut) {
  if (flow == nullptr || log.limits_.flow_rate == 0) return;
  const std::size_t shortest =
      kind == Kind::alert ? LogLimits::kShortAlertBytes : LogLimits::kShortEventBytes;
  const std::uint64_t share = log.share_of(*flow),
                      left = share > flow->log_bytes ? share - flow->log_bytes : 0;
  if (left >= log.limits_.event_bytes) return;
  log.meter_.event_bytes =
      std::min(log.limits_.event_bytes, std::max(static_cast<std::size_t>(left), shortest));
}

EventLog::Charge::~Charge() {
  log_.meter_.event_bytes = log_.limits_.event_bytes;
  if (kind_ == Kind::alert) return;
  const std::uint64_t cut = log_.meter_.cut - cut_before_;
  log_.counters_.events_cut += cut;
  if (flow_ == nullptr) return;
  flow_->log_bytes += log_.meter_.bytes - bytes_before_;
  flow_->events_cut += static_cast<std::uint32_t>(cut);
}

std::uint64_t EventLog::share_of(const Flow& flow) const {
  return limits_.flow_rate * (flow.bytes[0] + flow.bytes[1]) * sessions_.size();
}

bool EventLog::leaves_out(Flow* flow) {
  if (flow == nullptr || limits_.flow_rate == 0) return false;
  if (flow->log_bytes <= share_of(*flow) + limits_.flow_burst * sessions_.size()) return false;
  ++flow->events_left_out;
  ++counters_.events_left_out;
  return true;
}

void EventLog::name_origin(output::EventHead& head) const {
  head.in_iface = interface_;
}

void EventLog::anomaly(output::AnomalyRecord& record, Flow* flow) {
  if (leaves_out(flow)) return;
  const Charge charge(*this, flow);
  name_origin(record.head);
  for (const auto& session : sessions_) session->anomaly(record);
}

void EventLog::anomalies(const PacketFacts& facts, const std::vector<Anomaly>* stream_events) {
  const AppLayer* app = facts.flow != nullptr ? facts.flow->app.get() : nullptr;
  const bool has_stream = stream_events != nullptr && !stream_events->empty();
  const bool has_app = app != nullptr && !app->events.empty();
  if (facts.packet.faults.empty() && !has_stream && !has_app) return;
  for (const Fault& f : facts.packet.faults) ++counters_.anomalies[static_cast<std::size_t>(f.what)];
  if (has_stream)
    for (const Anomaly a : *stream_events) ++counters_.anomalies[static_cast<std::size_t>(a)];
  if (wants_anomalies_) write_anomalies(facts, has_stream ? stream_events : nullptr, has_app ? app : nullptr);
}

void EventLog::write_anomalies(const PacketFacts& facts, const std::vector<Anomaly>* stream_events,
                               const AppLayer* app) {
  output::AnomalyRecord record;
  record.head = head_of_packet(facts.packet, facts.flow);
  record.packet = facts.packet.frame;
  record.link_type = facts.packet.raw.link_type;
  record.type = "decode";
  for (const Fault& f : facts.packet.faults) {
    record.event = anomaly_name(f.what);
    anomaly(record, facts.flow);
  }
  record.type = "stream";
  if (stream_events != nullptr)
    for (const Anomaly a : *stream_events) {
      record.event = anomaly_name(a);
      anomaly(record, facts.flow);
    }
  if (app == nullptr) return;
  record.type = "applayer";
  record.layer = "proto_detect";
  if (app->protocol != AppProto::failed) record.app_proto = app->protocol;
  std::string name;
  for (const std::string_view event : app->events) {
    record.event = engine_event_name(event, name);
    anomaly(record, facts.flow);
  }
}

const output::FlowMetadata* EventLog::metadata_of(const Flow* flow, const rules::VariableList* of_packet) {
  metadata_.clear();
  if (of_packet != nullptr)
    for (std::size_t i = 0; i < of_packet->size(); ++i) metadata_.pktvars.push_back((*of_packet)[i]);
  if (flow != nullptr && rules_ != nullptr) name_flow_variables(*flow);
  return metadata_.empty() ? nullptr : &metadata_;
}

void EventLog::name_flow_variables(const Flow& flow) {
  flow.vars.for_each_bit(
      [&](std::uint32_t id) { metadata_.flowbits.push_back(rules_->flowbit_names().name(id)); });
  flow.vars.for_each_integer([&](std::uint32_t id, std::uint32_t value) {
    metadata_.flowints.emplace_back(rules_->flowint_names().name(id), value);
  });
  flow.vars.for_each_text([&](std::uint32_t id, std::string_view text) {
    metadata_.flowvars.emplace_back(rules_->variable_names().name(id), text);
  });
}

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
  record.packet = facts.packet.frame;
  record.link_type = facts.packet.raw.link_type;
  record.payload = facts.packet.payload;
  if (facts.flow == nullptr) return;
  fill_flow(*facts.flow);
  record.flow = &flow_record_;
  const AppLayer* const app = facts.flow->app.get();
  if (app != nullptr && app->parser != nullptr) record.latest = app->parser->transactions().last();
}

void EventLog::fill_flow(const Flow& flow) {
  fill_flow_record(flow, flow_record_);
  for (std::size_t i = 0; i < kExceptionTargets; ++i)
    if ((flow.exceptions >> i & 1U) != 0) {
      const auto target = static_cast<ExceptionTarget>(i);
      flow_record_.exception_policies.emplace_back(to_string(target), to_string(policies_.of(target)));
    }
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

// The bytes around what matched in the stream; each writer cuts them to the size that it is configured for.
Bytes EventLog::stream_payload(const PacketFacts& facts) {
  if (facts.flow == nullptr || facts.flow->tcp == nullptr) return facts.packet.payload;
  facts.flow->tcp->stream(facts.direction).copy_kept(stream_payload_, kMaxStreamPayload);
  return stream_payload_;
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
  if (!found.alerts.empty()) write_alerts(facts, found, fate);
}

void EventLog::write_alerts(const PacketFacts& facts, const DetectResult& found, const PacketFate& fate) {
  output::AlertRecord record;
  output::FrameFacts frame;
  alert_record(facts, record);
  fill_verdict(fate, record);
  for (const Alert& alert : found.alerts) {
    if (alert.suppressed) {
      ++counters_.detect_alerts_suppressed;
      continue;
    }
    record.signature = &alert.signature->meta;
    name_variables(found, alert);
    record.context = alert_variables_;
    record.action = blocks(alert.action) ? "blocked" : "allowed";
    record.tx = alert.tx;
    record.tx_guessed = alert.tx_guessed;
    record.frame = alert.frame.frame != nullptr ? &frame : nullptr;
    if (alert.frame.frame != nullptr) fill_frame(facts, alert.frame, frame);
    record.files = alert.tx != nullptr ? alert.tx->files(facts.direction) : nullptr;
    record.from_stream = alert.from_stream;
    record.payload = alert.from_stream ? stream_payload(facts) : facts.packet.payload;
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
  const Charge charge(*this, facts.flow, Charge::Kind::alert);
  for (const auto& session : sessions_) session->alert(record);
}

void EventLog::tagged_packet(const PacketFacts& facts) {
  if (leaves_out(facts.flow)) return;
  output::PacketRecord record{.head = head_of_packet(facts.packet, facts.flow),
                              .packet = facts.packet.frame,
                              .link_type = facts.packet.raw.link_type};
  name_origin(record.head);
  record.head.metadata = metadata_of(facts.flow, facts.variables);
  const Charge charge(*this, facts.flow);
  for (const auto& session : sessions_) session->packet(record);
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

bool EventLog::transaction(const PacketFacts& facts, const DueTransaction& due) {
  Transaction& tx = due.tx;
  const auto protocol = static_cast<std::size_t>(tx.protocol());
  transaction_anomalies(facts, tx);
  for (const TxLogger& logger : tx_loggers_[protocol]) {
    if ((tx.logged & logger.active->bit) != 0) continue;
    const output::EveTxLogger& kind = *logger.active->logger;
    const bool reached =
        due.progress[0] >= kind.progress_to_server && due.progress[1] >= kind.progress_to_client;
    if (!due.over && !reached) continue;
    tx.logged |= logger.active->bit;
    if (leaves_out(facts.flow)) continue;
    const Charge charge(*this, facts.flow);
    output::EventHead head = kind.packet_direction
                                 ? head_of_packet(facts.packet, facts.flow)
                                 : head_of_flow_packet(*facts.flow, facts.packet, Direction::to_server);
    name_origin(head);
    head.metadata = metadata_of(facts.flow, facts.variables);
    head.has_tx_id = true;
    head.tx_id = tx.id;
    logger.session->transaction(*logger.active, head, tx);
  }
  transaction_files(facts, tx, due.over, due.inspected);
  return all_written(tx);
}

bool EventLog::all_written(const Transaction& tx) const {
  const std::uint32_t mask = tx_mask_[static_cast<std::size_t>(tx.protocol())];
  if ((tx.logged & mask) != mask) return false;
  if (!wants_files_ && store_ == nullptr) return true;
  for (const Direction d : {Direction::to_server, Direction::to_client})
    if (const FileList* files = tx.files(d))
      for (const ShownFile& file : *files)
        if (file.opened_here && !file->logged) return false;
  return true;
}

void EventLog::transaction_anomalies(const PacketFacts& facts, Transaction& tx) {
  if (tx.events.empty() || !wants_anomalies_) return;
  const ProtocolInfo& info = protocol_info(tx.protocol());
  for (AppEvent& event : tx.events) {
    if (event.logged || event.code >= info.events.size()) continue;
    event.logged = true;
    output::AnomalyRecord record;
    record.head = head_of_packet(facts.packet, facts.flow);
    record.head.has_tx_id = true;
    record.head.tx_id = tx.id;
    record.packet = facts.packet.frame;
    record.link_type = facts.packet.raw.link_type;
    record.type = "applayer";
    record.layer = "proto_parser";
    record.event = info.events[event.code].eve;
    record.app_proto = info.id;
    anomaly(record, facts.flow);
  }
}

// While alerts of the flow are undecided its line is written both ways, each under the condition that it is
// the truth.
void EventLog::write_flow(const Flow& flow) {
  const bool decided = flow.alerted || flow.undecided_alerts == nullptr;
  for (const bool alerted : {true, false}) {
    if (decided && alerted != flow_record_.alerted) continue;
    flow_record_.condition = decided ? nullptr : FlowAlerts::condition(flow.undecided_alerts, alerted);
    flow_record_.alerted = alerted;
    for (const auto& session : sessions_) session->flow(flow_record_);
  }
  flow_record_.condition = nullptr;
}

void EventLog::flow_end(const Flow& flow, FlowEnd reason, TimeUs now) {
  fill_flow(flow);
  flow_record_.head.time = now;
  name_origin(flow_record_.head);
  flow_record_.head.metadata = metadata_of(&flow);
  flow_record_.reason = to_string(reason);
  write_flow(flow);
  for (const auto& session : sessions_)
    for (const Direction d : {Direction::to_server, Direction::to_client})
      session->netflow({flow_record_, d});
}

}  // namespace weir::engine
