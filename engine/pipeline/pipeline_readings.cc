// Connections that hosts read differently: follows them as each of those systems does (engine/flow/other_reading.h).
#include <algorithm>
#include <new>

#include "decoders/flow/hits.h"
#include "engine/flow/app_state.h"
#include "engine/flow/flow_meter.h"
#include "engine/flow/other_reading.h"
#include "engine/pipeline/pipeline.h"

namespace weir::engine {
namespace {

// From the last difference on: by then a receiver has answered to one of them. Where an urgent byte is all that differs, the
// readings are soon the same again.
constexpr std::uint64_t kReadingBytes = 256 * 1024, kUrgentReadingBytes = 32 * 1024;

std::uint64_t bytes_of(const TcpSession& tcp) {
  return tcp.stream(Direction::to_server).bytes_seen() + tcp.stream(Direction::to_client).bytes_seen();
}

template <class Numbers>
void take_note(std::uint64_t number, Numbers& told) {
  const bool fresh = std::find(told.begin(), told.end(), number) == told.end();
  if (fresh && told.size() < OtherReadings::kMostTold) told.push_back(number);
}

template <class Numbers>
void take_note(const DetectResult& found, Numbers& told) {
  for (const Alert& alert : found.alerts) take_note(alert.signature->meta.number(), told);
}

// Who it is, and what rules know of it.
void introduce(const Flow& flow, Flow& other) {
  other.key = flow.key;
  other.id = flow.id;
  other.first_packet = flow.first_packet;
  other.client_is_a = flow.client_is_a;
  other.client = flow.client;
  other.server = flow.server;
  other.client_port = flow.client_port;
  other.server_port = flow.server_port;
  other.protocol = flow.protocol;
  other.vlan = flow.vlan;
  other.vlan_count = flow.vlan_count;
  other.start = flow.start;
  other.state = flow.state;
  other.passed = flow.passed;
  other.no_packet_inspection = flow.no_packet_inspection;
  other.no_payload_inspection = flow.no_payload_inspection;
  flow.vars.for_each_bit([&](std::uint32_t id) { other.vars.set_bit(id); });
  flow.vars.for_each_integer(
      [&](std::uint32_t id, std::uint32_t value) { other.vars.set_integer(id, value); });
  flow.vars.for_each_text([&](std::uint32_t id, std::string_view text) { other.vars.set_text(id, text); });
  other.is_other_reading = true;
}

// What is inspected is a reading, until this ends.
class During {
 public:
  During(OtherReadings*& slot, OtherReadings* now) : slot_(slot) { slot_ = now; }
  ~During() { slot_ = nullptr; }
  During(const During&) = delete;
  During& operator=(const During&) = delete;

 private:
  OtherReadings*& slot_;
};

// Alerts show how far it has come.
void keep_up(const Flow& flow, Flow& other) {
  other.last = flow.last;
  other.capture = flow.capture;
  other.packets = flow.packets;
  other.bytes = flow.bytes;
}

}  // namespace

// Before the segment goes into the stream.
void Pipeline::look_for_other_readings(Step& step) {
  Flow& flow = *step.flow;
  if (setup_.streams.other_readings == 0 || !detect_ || flow.passed || flow.dropped) return;
  for (std::size_t i = 0; i < kOtherReadings.size(); ++i) {
    if (!flow.tcp->would_differ(step.packet, step.direction, kOtherReadings[i])) continue;
    if (flow.others == nullptr || flow.others->flows[i] == nullptr)
      begin_reading(step, flow, kOtherReadings[i], i);
    const std::uint64_t bytes = kOtherReadings[i].urgent_stays ? kUrgentReadingBytes : kReadingBytes;
    if (flow.others != nullptr)
      flow.others->end_at = std::max(flow.others->end_at, bytes_of(*flow.tcp) + bytes);
  }
  if (flow.others != nullptr) look_for_combinations(step);
}

// A reading that is there is followed in two ways in its turn. How long, the readings say that it comes of.
void Pipeline::look_for_combinations(Step& step) {
  OtherReadings& others = *step.flow->others;
  for (const ReadingCombination& c : kCombinations) {
    const Flow* const from = others.flows[c.from].get();
    if (from == nullptr || others.flows[c.reading] != nullptr) continue;
    if (from->tcp->would_differ(step.packet, from->direction_of(step.packet), c.change))
      begin_reading(step, *from, c.change, c.reading);
  }
}

void Pipeline::begin_reading(Step& step, const Flow& from, const TcpReading& change, std::size_t place) try {
  Flow& flow = *step.flow;
  if (other_readings_ >= setup_.streams.other_readings) {
    leave_out_reading(step);
    return;
  }
  auto other = std::make_unique<Flow>();
  introduce(from, *other);
  other->tcp = from.tcp->read_as(change);
  apps_.read_along(from, *other);
  if (flow.others == nullptr) flow.others = std::make_unique<OtherReadings>();
  begin_with_message(flow, *other);
  flow.others->flows[place] = std::move(other);
  ++other_readings_;
  ++counters_.tcp_other_readings;
} catch (const std::bad_alloc&) {
  leave_out_reading(step);
}

// Inline, what is not looked at as its receiver may read it is like what reassembly has no room for.
void Pipeline::leave_out_reading(Step& step) {
  ++counters_.tcp_other_readings_left_out;
  if (setup_.inline_mode) apply_policy(step, ExceptionTarget::stream_reassembly);
}

// What its parser has to catch up with, before anything differs. The client spoke first, in most protocols.
void Pipeline::begin_with_message(Flow& flow, Flow& other) {
  if (other.app == nullptr || other.app->parser == nullptr) return;
  if (flow.app != nullptr)  // of a combination another reading may have it alone
    for (const std::uint64_t number : flow.app->said) take_note(number, flow.others->told);
  const During during(readings_, flow.others.get());
  keep_up(flow, other);
  const SegmentResult segment{.in_session = true, .app_update = {true, true}};
  Step along = pseudo_step(other, Direction::to_client, PacketOrigin::stream_flush, segment);
  inspect_pseudo(along);
}

// The packet has gone its way; now as others read it.
void Pipeline::follow_readings(Step& step) {
  Flow& flow = *step.flow;
  if (step.segment == nullptr || flow.tcp == nullptr) return;
  const During during(readings_, flow.others.get());
  const bool over = flow.others->end_at < bytes_of(*flow.tcp);
  for (std::unique_ptr<Flow>& other : flow.others->flows) {
    if (other == nullptr) continue;
    keep_up(flow, *other);
    const Direction d = other->direction_of(step.packet);
    const SegmentResult segment = other->tcp->on_segment(step.packet, d);
    Step along = pseudo_step(*other, d, PacketOrigin::stream_flush, segment);
    inspect_pseudo(along);
    if (other->app != nullptr && other->app->change_pending) apps_.complete_change(*other);
    flow.alerted = flow.alerted || other->alerted;
    if (setup_.inline_mode) heed(step, along);
    if (!over) continue;
    finish_stream(*other);
    other.reset();
    --other_readings_;
  }
}

// What was decided of another reading, or of the other side's bytes, holds for the packet and its flow. It had been let through
// so far.
void Pipeline::heed(Step& step, const Step& along) {
  step.flow->dropped = step.flow->dropped || along.flow->dropped;
  step.flow->dropped_by_policy = step.flow->dropped_by_policy || along.flow->dropped_by_policy;
  if (along.fate.verdict == Verdict::accept || step.fate.verdict != Verdict::accept) return;
  take_back_verdict(step);
  step.fate = along.fate;
  count_verdict(step);
  step.drop_logged = true;
  log_.drop(facts_of(step), nothing_, step.fate);
}

void Pipeline::finish_readings(Flow& flow) {
  const During during(readings_, flow.others.get());
  for (std::unique_ptr<Flow>& other : flow.others->flows) {
    if (other == nullptr) continue;
    keep_up(flow, *other);
    if (!(flow.dropped && setup_.inline_mode)) finish_stream(*other);
    flow.alerted = flow.alerted || other->alerted;
    --other_readings_;
  }
}

// What a rule has said of a connection it does not say again of another reading of it.
std::span<const std::uint64_t> Pipeline::told_before() const {
  if (readings_ == nullptr) return {};
  return {readings_->told.data(), readings_->told.size()};
}

void Pipeline::write_alerts(Step& step, const DetectResult& found) {
  log_.alerts(facts_of(step), found, step.fate);
  if (step.flow != nullptr && step.flow->meter != nullptr) {
    for (const Alert& alert : found.alerts)
      step.flow->meter->note_hit({alert.signature->meta.gid, alert.signature->meta.sid});
  }
  if (readings_ != nullptr)
    take_note(found, readings_->told);
  else if (step.flow != nullptr && step.flow->others != nullptr)
    take_note(found, step.flow->others->told);
  else if (step.flow != nullptr && step.flow->tcp != nullptr && step.flow->app != nullptr)
    take_note(found, step.flow->app->said);
}

}  // namespace weir::engine
