#include "engine/log/event_log.h"

#include <algorithm>
#include <string>

#include "decoders/app/protocol.h"
#include "engine/flow/app_state.h"
#include "engine/flow/detect_state.h"
#include "engine/flow/flow_macs.h"
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
    wants_arp_ = wants_arp_ || out.log->wants(output::EventType::arp);
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

void EventLog::tell_packets(output::PacketTap& packets, output::PacketLogSettings::Which which) {
  packets_ = &packets;
  which_packets_ = which;
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
  for (const Fault& f : facts.packet.faults) ++counters_.anomalies[static_cast<std::size_t>(f.what)];
  if (has_stream)
    for (const Anomaly a : *stream_events) ++counters_.anomalies[static_cast<std::size_t>(a)];
  if (wants_anomalies_) write_anomalies(facts, has_stream ? stream_events : nullptr, has_app ? app : nullptr);
}

void EventLog::write_anomalies(const PacketFacts& facts, const std::vector<Anomaly>* stream_events,
                               const AppLayer* app) {
  output::AnomalyRecord record;
  record.head = head_of_packet(facts.packet, facts.flow);
  record.head.metadata = metadata_of(facts.flow, facts.variables);
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
  record.head.metadata = nullptr;
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
  flow.vars.for_each_entropy(
      [&](std::string_view buffer, double bits) { metadata_.entropies.emplace_back(buffer, bits); });
}

void EventLog::fill_flow(const Flow& flow) {
  fill_flow_record(flow, flow_record_);
  if (flow.macs != nullptr) {
    flow_record_.source_macs = {flow.macs->client.data(), flow.macs->client.size()};
    flow_record_.destination_macs = {flow.macs->server.data(), flow.macs->server.size()};
  }
  for (std::size_t i = 0; i < kExceptionTargets; ++i)
    if ((flow.exceptions >> i & 1U) != 0) {
      const auto target = static_cast<ExceptionTarget>(i);
      flow_record_.exception_policies.emplace_back(to_string(target), to_string(policies_.of(target)));
    }
}

void EventLog::arp(const PacketFacts& facts) {
  if (!wants_arp_) return;
  output::ArpRecord record{.head = head_of_packet(facts.packet, facts.flow), .arp = facts.packet.arp};
  name_origin(record.head);
  for (const auto& session : sessions_) session->arp(record);
}

void EventLog::tagged_packet(const PacketFacts& facts) {
  if (packets_ != nullptr && which_packets_ == output::PacketLogSettings::Which::tagged)
    packets_->wanted(facts.frame, 0, nullptr);
  if (leaves_out(facts.flow)) return;
  output::PacketRecord record{.head = head_of_packet(facts.packet, facts.flow),
                              .packet = facts.packet.frame,
                              .link_type = facts.packet.raw.link_type};
  name_origin(record.head);
  record.head.metadata = metadata_of(facts.flow, facts.variables);
  const Charge charge(*this, facts.flow);
  for (const auto& session : sessions_) session->packet(record);
}

Written EventLog::transaction(const PacketFacts& facts, const DueTransaction& due) {
  Transaction& tx = due.tx;
  const auto protocol = static_cast<std::size_t>(tx.protocol());
  if (is_unlogged(*facts.flow, tx))
    tx.logged |= tx_mask_[protocol];
  else
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
  const Written files = transaction_files(facts, tx, due.over, due.inspected || due.flow_ends);
  return (tx_mask_[protocol] & ~tx.logged) == 0 ? files : std::max(files, Written::not_yet);
}

bool EventLog::is_unlogged(const Flow& flow, Transaction& tx) {
  FlowDetect* const detect = flow.detect.get();
  if (detect == nullptr) return false;
  if (detect->unlogged_exchanges != nullptr && !tx.unlogged && tx.only_direction == Direction::to_client)
    if (const auto exchange = tx.exchange()) tx.unlogged = detect->unlogged_exchanges->take(*exchange);
  return tx.unlogged || detect->transactions_unlogged;
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

void EventLog::flow_part(const Flow& flow, TimeUs now, const flow::Record& metered) {
  if (flow.detect != nullptr && flow.detect->unlogged) return;
  fill_flow(flow);
  flow_record_.head.time = now;
  name_origin(flow_record_.head);
  flow_record_.head.metadata = metadata_of(&flow);
  flow_record_.metered = &metered;
  write_flow(flow);
}

void EventLog::flow_end(const Flow& flow, FlowEnd reason, TimeUs now, const flow::Record* metered) {
  if (flow.detect != nullptr && flow.detect->unlogged) return;
  fill_flow(flow);
  flow_record_.head.time = now;
  name_origin(flow_record_.head);
  flow_record_.head.metadata = metadata_of(&flow);
  flow_record_.reason = to_string(reason);
  flow_record_.metered = metered;
  write_flow(flow);
  for (const auto& session : sessions_)
    for (const Direction d : {Direction::to_server, Direction::to_client})
      session->netflow({flow_record_, d});
}

}  // namespace weir::engine
