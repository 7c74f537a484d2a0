// What a match leaves behind beside its alert: variables that expressions captured, and tags.
#include <string_view>
#include <utility>

#include "engine/detect/detect_impl.h"

namespace weir::engine {

void Detect::Impl::forget_marks() {
  result.packet_variables.clear();
  result.alert_variables.clear();
  result.tagged = false;
  tagging.clear();
  left_marks = false;
}

// The rule matched: what its expressions captured becomes variables.
void Detect::Impl::keep_captures() {
  using Kind = rules::Capture::Kind;
  std::string_view key;
  left_marks = true;
  chain_scratch.captured.for_each([&](const rules::Capture& c, std::string_view text) {
    const std::string_view name = program->variable_names.name(c.name);
    switch (c.kind) {
      case Kind::flow:
        if (in->flow != nullptr) in->flow->vars.set_text(c.name, text);
        return;
      case Kind::packet: return result.packet_variables.add(name, text);
      case Kind::packet_key: key = text; return;
      case Kind::packet_value:
        if (!key.empty()) result.packet_variables.add(key, text);
        return;
      case Kind::alert: return result.alert_variables.add(name, text);
      case Kind::alert_json: return result.alert_variables.add(name, text, true);
    }
  });
  chain_scratch.captured.clear();
}

// The log carries it out. `matched` may be null.
void Detect::Impl::leave_unlogged(rules::LoggingOff what, const Transaction* matched) {
  if (in->flow == nullptr) return;
  switch (what) {
    case rules::LoggingOff::flow: in->flow->detect->unlogged = true; return;
    case rules::LoggingOff::transactions: in->flow->detect->transactions_unlogged = true; return;
    case rules::LoggingOff::transaction: break;
  }
  if (matched == nullptr) return;
  Transaction* const tx = in->flow->app->parser->transactions().find(matched->id);
  if (tx == nullptr || std::exchange(tx->unlogged, true)) return;
  const auto exchange = tx->exchange();
  if (!exchange || tx->only_direction != Direction::to_server) return;
  auto& exchanges = in->flow->detect->unlogged_exchanges;
  if (exchanges == nullptr) exchanges = std::make_unique<UnloggedExchanges>();
  exchanges->add(*exchange);
}

// Tags of earlier packets first: the packet that begins a tag is no tagged one for it.
void Detect::Impl::follow_tags() {
  if (in->packet.is_pseudo()) return;
  left_marks = true;
  const rules::TaggedPacket packet{in->packet.raw.time, in->packet.frame.size()};
  FlowDetect* const flow = in->flow != nullptr ? in->flow->detect.get() : nullptr;
  const bool counted = in->only_transactions;  // an earlier run over the same packet did
  if (!counted && flow != nullptr && flow->tags != nullptr) {
    result.tagged = flow->tags->count(packet);
    if (flow->tags->empty()) flow->tags.reset();
  }
  if (!counted && program->tags_hosts && count_host_tags(packet)) result.tagged = true;
  for (const RuleId id : tagging) begin_tags(id, packet);
}

bool Detect::Impl::count_host_tags(const rules::TaggedPacket& packet) {
  const auto& ip = in->packet.ip;
  if (ip.version == 0) return false;
  rules::await_turn(settings.turn);
  const bool of_source = shared.count_tagged(ip.source, packet);
  const bool of_destination = ip.destination != ip.source && shared.count_tagged(ip.destination, packet);
  return of_source || of_destination;
}

void Detect::Impl::begin_tags(RuleId id, const rules::TaggedPacket& packet) {
  const auto& ip = in->packet.ip;
  rules::TagOwner owner{.rule = program->lineage.serial(id)};
  for (const rules::Tag& tag : program->rules[id].signature->tags) {
    if (tag.session && in->flow != nullptr) {
      auto& tags = in->flow->detect->tags;
      if (tags == nullptr) tags = std::make_unique<rules::ActiveTags>();
      tags->start(owner, tag, packet);
    } else if (!tag.session && ip.version != 0) {
      shared.tag_host(tag.by_source ? ip.source : ip.destination, owner, tag, packet);
    }
    ++owner.number;
  }
}

}  // namespace weir::engine
