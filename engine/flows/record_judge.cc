#include "engine/flows/record_judge.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <boost/container/static_vector.hpp>

#include "decoders/flow/hits.h"
#include "decoders/net/ip_protocol.h"

namespace weir::engine {
namespace {

output::ExporterFacts exporter_of(const flow::Record& r) {
  return {.address = r.exporter.address, .domain = r.exporter.domain, .sampling = r.sampling};
}

output::EventHead head_of(const flow::Record& r) {
  output::EventHead head;
  head.time = times_of(r).second;
  head.vlan[0] = r.vlan;
  head.vlan_count = r.vlan != 0 ? 1 : 0;
  head.source = r.source;
  head.destination = r.destination;
  head.source_port = r.source_port;
  head.destination_port = r.destination_port;
  head.has_ports = ip_protocol::has_ports(r.protocol);
  head.flow_id = flow_id_of(r);
  head.ip_protocol = r.protocol;
  head.ip_version = r.source.family;
  head.has_icmp = r.has_icmp;
  head.icmp_type = r.icmp_type;
  head.icmp_code = r.icmp_code;
  head.has_packet_source = false;
  return head;
}

// The same seen from the other side.
void turn_round(output::EventHead& head) {
  std::swap(head.source, head.destination);
  std::swap(head.source_port, head.destination_port);
}

// Its counters as they were sent.
output::FlowRecord totals_of(const flow::Record& r, bool reply) {
  output::FlowRecord totals;
  totals.head = head_of(r);
  if (reply) turn_round(totals.head);
  for (const std::size_t way : {std::size_t{0}, std::size_t{1}}) {
    const flow::Side& side = r.sides[reply ? 1 - way : way];
    totals.packets[way] = side.packets;
    totals.bytes[way] = side.bytes;
  }
  std::tie(totals.start, totals.end) = times_of(r);
  return totals;
}

std::uint8_t severity_of(std::uint8_t confidence) {
  constexpr std::uint8_t kSure = 75, kLikely = 50;
  return confidence == 0 || confidence >= kSure ? 1 : confidence >= kLikely ? 2 : 3;
}

}  // namespace

RecordJudge::RecordJudge(RecordJudgeSettings settings, LogOutputs outputs)
    : settings_(std::move(settings)), outputs_(std::move(outputs)) {
  for (const LogOutputs::Open& open : outputs_.logs) sessions_.push_back(open.log->session(*open.sink));
  if (settings_.rules != nullptr) detect_.emplace(settings_.rules, shared_);
  if (settings_.scans.on) scans_.emplace(settings_.scans);
  indicator_meta_.gid = kIndicatorGid;
  indicator_meta_.rev = 1;
  indicator_meta_.category = "Known indicator";
}

RecordJudge::~RecordJudge() = default;

void RecordJudge::take(std::span<const flow::Record> records) {
  hits_.clear();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const flow::Record& record = records[i];
    Hits hits{.record = i};
    if (settings_.indicators != nullptr) look_for_indicators(record, hits);
    if (detect_)
      detect_->run(record, [&](const Alert& alert, Direction direction) {
        ++hits.rules;
        flow::add_hit(hits.rule_text, flow::RuleHit{alert.signature->meta.gid, alert.signature->meta.sid});
        alert_of_rule(record, alert, direction);
      });
    if (hits.any()) hits_.push_back(std::move(hits));
  }
  if (scans_) scans_->take(records);
  if (next_ != nullptr) hand_on(records);
}

// What the exporter has said already stays, and stands first.
void RecordJudge::add_hits_of(const flow::Detail& detail, Hits& hits) {
  if (!detail.hit_rules.empty()) {
    std::string all(detail.hit_rules);
    flow::for_each_rule_hit(hits.rule_text, [&](const flow::RuleHit& hit) { flow::add_hit(all, hit); });
    hits.rule_text = std::move(all);
  }
  if (!detail.hit_indicators.empty()) {
    std::string all(detail.hit_indicators);
    flow::for_each_indicator_hit(hits.indicator_text,
                                 [&](const flow::IndicatorHit& hit) { flow::add_hit(all, hit); });
    hits.indicator_text = std::move(all);
  }
}

void RecordJudge::hand_on(std::span<const flow::Record> records) {
  if (hits_.empty()) return next_->take(records);
  marked_.assign(records.begin(), records.end());
  details_.assign(hits_.size(), {});
  for (std::size_t i = 0; i < hits_.size(); ++i) {
    Hits& hits = hits_[i];
    flow::Record& record = marked_[hits.record];
    flow::Detail& detail = details_[i];
    if (record.detail != nullptr) detail = *record.detail;
    detail.rule_hits += hits.rules;
    detail.indicator_hits += hits.indicators;
    add_hits_of(detail, hits);
    if (hits.rules != 0) detail.hit_rules = hits.rule_text;
    if (hits.indicators != 0) detail.hit_indicators = hits.indicator_text;
    record.detail = &detail;
  }
  next_->take(marked_);
}

void RecordJudge::look_for_indicators(const flow::Record& r, Hits& hits) {
  const rules::IndicatorTable& table = *settings_.indicators;
  const TimeUs at = times_of(r).second;
  boost::container::static_vector<Met, kMostMet> met;
  const auto note = [&](const rules::Indicator* found, std::string_view where) {
    const auto same = [&](const Met& other) { return other.indicator == found; };
    if (found != nullptr && std::none_of(met.begin(), met.end(), same)) met.push_back({found, where});
  };
  note(table.find_address(r.source, r.source_port, at), "src_ip");
  note(table.find_address(r.destination, r.destination_port, at), "dest_ip");
  if (r.detail != nullptr) {
    note(table.find_host(r.detail->host, at), "host");
    note(table.find_fingerprint(r.detail->ja4, at), "ja4");
    note(table.find_fingerprint(r.detail->certificate_sha256, at), "certificate");
  }
  for (const Met& one : met) {
    ++hits.indicators;
    flow::add_hit(hits.indicator_text, flow::IndicatorHit{one.indicator->feed, one.indicator->value});
    alert_of_indicator(r, one);
  }
}

void RecordJudge::alert_of_indicator(const flow::Record& r, const Met& met) {
  const rules::Indicator& i = *met.indicator;
  const output::IndicatorFacts facts{.value = i.value,
                                     .kind = rules::indicator_kind_name(i.kind),
                                     .feed = i.feed,
                                     .where = met.where,
                                     .confidence = i.confidence,
                                     .expiry = i.expiry,
                                     .tags = i.tags};
  indicator_meta_.sid = 1 + static_cast<std::uint32_t>(i.kind);
  indicator_meta_.priority = severity_of(i.confidence);
  indicator_meta_.msg.clear();
  fmt::format_to(std::back_inserter(indicator_meta_.msg), "Indicator {} of {}", i.value, i.feed);
  output::AlertRecord alert;
  alert.signature = &indicator_meta_;
  alert.head = head_of(r);
  alert.indicator = &facts;
  write(r, alert);
}

void RecordJudge::alert_of_rule(const flow::Record& r, const Alert& match, Direction direction) {
  output::AlertRecord alert;
  alert.signature = &match.signature->meta;
  alert.head = head_of(r);
  if ((direction == Direction::to_client) != is_reply(r)) turn_round(alert.head);
  alert.direction = direction;
  alert.has_direction = true;
  write(r, alert);
}

void RecordJudge::write(const flow::Record& r, output::AlertRecord& alert) {
  const output::ExporterFacts exporter = exporter_of(r);
  const output::FlowRecord totals = totals_of(r, is_reply(r));
  alert.exporter = &exporter;
  alert.flow = &totals;
  for (const auto& session : sessions_) session->alert(alert);
  ++alerts_;
}

void RecordJudge::gap(const ExportGap& gap, TimeUs now) {
  const output::ExporterFacts exporter{.address = gap.exporter, .domain = gap.domain, .sampling = 1};
  const output::ExportGapFacts facts{.lost = gap.lost, .unit = lost_unit(gap.version)};
  output::AnomalyRecord record;
  record.head.time = now;
  record.head.has_packet_source = false;
  record.type = "flow_export";
  record.event = "gap";
  record.exporter = &exporter;
  record.gap = &facts;
  for (const auto& session : sessions_) session->anomaly(record);
}

ScanWatch::Visit RecordJudge::alert_of_scan() {
  return [this](const Scan& scan, TimeUs within) {
    scan_alerts_.write(scan, within, sessions_);
    ++alerts_;
  };
}

void RecordJudge::tick(TimeUs now) {
  if (scans_) {
    scans_->tick(now);
    scans_->tell(alert_of_scan());
  }
  for (const LogOutputs::Open& open : outputs_.logs) {
    open.sink->flush();
    open.sink->tick();
  }
}

void RecordJudge::reopen() {
  for (const LogOutputs::Open& open : outputs_.logs) open.sink->reopen();
}

void RecordJudge::close(std::vector<std::string>& errors) {
  if (scans_) scans_->finish(alert_of_scan());
  outputs_.close(errors);
}

}  // namespace weir::engine
