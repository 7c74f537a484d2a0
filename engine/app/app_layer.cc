#include "engine/app/app_layer.h"

#include <algorithm>
#include <utility>

#include "decoders/app/protocol.h"
#include "decoders/digest.h"
#include "decoders/packet.h"
#include "engine/config/config.h"
#include "engine/flow/flow.h"
#include "engine/tcp/tcp_session.h"

namespace weir::engine {
namespace {

std::size_t transport_index(const Flow& flow) {
  return flow.tcp != nullptr ? 0 : 1;
}

}  // namespace

tl::expected<std::shared_ptr<const AppLayerSetup>, std::string> AppLayerSetup::make(const Config& config) {
  look_up_digests();  // while there is memory
  auto out = std::make_shared<AppLayerSetup>();
  auto detector = ProtocolDetector::make(config.sub("app-layer.protocols"));
  if (!detector) return tl::unexpected(detector.error());
  out->detector_ = std::move(*detector);
  for (const ProtocolInfo* info : all_protocols()) {
    if (info->configure == nullptr) continue;
    out->factories_[index(info->id)] =
        info->configure(config.sub("app-layer.protocols." + std::string(info->name)));
  }
  return out;
}

std::unique_ptr<AppParser> AppLayerSetup::make_parser(AppProto p, Transport t) const {
  const auto& factory = factories_[static_cast<std::size_t>(p)];
  return factory != nullptr && detector_->parsed(p, t) ? factory->make() : nullptr;
}

AppLayerDriver::AppLayerDriver(std::shared_ptr<const AppLayerSetup> setup, Counters& counters,
                               ExpectedFlows* expected, RangedFiles* ranged)
    : setup_(std::move(setup)),
      counters_(counters),
      expected_(expected != nullptr ? *expected : own_expected_),
      ranged_(ranged != nullptr ? *ranged : own_ranged_) {}

Direction AppLayerDriver::on_segment(Flow& flow, const SegmentResult& segment, Direction direction,
                                     TimeUs now) {
  begin_batch(flow);
  // An acknowledgement releases the other side's bytes; those came before what this segment brings.
  const std::array<bool, 2> updated{segment.app_update[index(opposite(direction))],
                                    segment.app_update[index(direction)]};
  for (std::size_t i = 0; i < 2; ++i) {
    if (!updated[i]) continue;
    if (flow.app == nullptr) flow.app = std::make_unique<AppLayer>();
    const Direction d = i == 0 ? opposite(direction) : direction;
    if (advance(flow, d, now) != d) direction = opposite(direction);
  }
  return direction;
}

// Returns the direction that the data turned out to have.
Direction AppLayerDriver::advance(Flow& flow, Direction d, TimeUs now) {
  AppLayer& app = *flow.app;
  if (app.given_up || app.change_pending || app.protocol == AppProto::failed) return d;
  if (!app.settled[index(d)]) {
    const Settled settled = settle(flow, d, now);
    if (settled == Settled::no) return d;
    // The side that spoke first is parsed first, if it can be.
    Direction other = opposite(d);
    if (settled == Settled::yes_other_first && settle(flow, other, now) != Settled::no)
      feed(flow, other, now);
  }
  feed(flow, d, now);
  return d;
}

// The other direction, too, when this one has told what its bytes are.
void AppLayerDriver::feed(Flow& flow, Direction d, TimeUs now) {
  feed_side(flow, d, now);
  const Direction other = opposite(d);
  if (std::exchange(flow.app->woken[index(other)], false)) feed_side(flow, other, now);
}

// Gives the parser what the stream has, as long as it makes progress.
void AppLayerDriver::feed_side(Flow& flow, Direction d, TimeUs now) {
  AppLayer& app = *flow.app;
  TcpStream& stream = flow.tcp->stream(d);
  if (app.parser == nullptr) return stream.disable_app();
  if (app.paused && *app.paused != d) {
    app.other_waits = true;
    return;
  }
  app.paused.reset();
  for (int calls = 0; calls < kMaxChunks && !app.given_up && !app.change_pending; ++calls) {
    const TcpStream::Chunk chunk = stream.app_chunk();
    const bool ends = chunk.eof && !app.eof[index(d)];
    if (chunk.data.size() < app.need[index(d)] && !ends && chunk.gap == 0) return;
    // What the parser waits for is lost: with it goes what it has not taken.
    if (chunk.kind == TcpStream::Chunk::Kind::gap ||
        (chunk.gap != 0 && chunk.data.size() < app.need[index(d)])) {
      if (!skip_gap(flow, d, chunk.data.size(), chunk.gap)) return;
      continue;
    }
    if (chunk.data.empty() && !ends) return;
    std::size_t consumed = 0;
    AppInput in{.direction = d,
                .data = chunk.data,
                .stream_offset = stream.app_position(),
                .eof = chunk.eof,
                .is_cut = chunk.eof && stream.depth_reached(),
                .time = now,
                .requested = &requested_,
                .source_port = d == Direction::to_server ? flow.client_port : flow.server_port,
                .destination_port = d == Direction::to_server ? flow.server_port : flow.client_port,
                .client = &flow.client,
                .announcer = &announcer_,
                // Another reading of the connection has the same bytes again, or others.
                .joiner = flow.is_other_reading ? nullptr : &joiner_};
    const std::size_t offered = chunk.data.size();
    const bool go_on = parse(flow, in, consumed);
    stream.consume_app(consumed);
    if (chunk.eof && consumed == offered) app.eof[index(d)] = true;
    if (!go_on) return;
    if (app.paused) return;
    if (consumed != 0) continue;
    app.need[index(d)] = std::max<std::uint64_t>(app.need[index(d)], offered + 1);
    if (chunk.gap != 0) continue;
    if (chunk.eof) app.eof[index(d)] = true;
    return;
  }
}

bool AppLayerDriver::skip_gap(Flow& flow, Direction d, std::uint64_t unparsed, std::uint64_t hole) {
  AppLayer& app = *flow.app;
  const std::uint64_t length = unparsed + hole;
  flow.tcp->stream(d).consume_app(unparsed);
  flow.tcp->stream(d).consume_app(hole);
  app.need[index(d)] = 0;
  app.parsed_now = true;
  if (app.parser->on_gap(d, length)) return true;
  count_error(flow, &AppCounters::gap_errors);
  stop_parsing(flow);
  return false;
}

// One call of the parser. False: this update of the direction ends here.
bool AppLayerDriver::parse(Flow& flow, AppInput& in, std::size_t& consumed) {
  AppLayer& app = *flow.app;
  announcer_.flow = &flow;
  announcer_.now = in.time;
  joiner_.flow = &flow;
  if (requested_.frames[index(app.protocol)] != 0) take_frames(flow, in);
  const ParseOutcome outcome = app.parser->parse(in);
  if (app.frames != nullptr) hold_frames(flow, in.direction);
  consumed = std::min(outcome.consumed, in.data.size());
  app.need[index(in.direction)] = outcome.need;
  app.parsed_now = true;
  if (outcome.wakes_other) {
    const std::size_t other = index(opposite(in.direction));
    app.woken[other] = app.settled[other];
    app.need[other] = 0;
  }
  const bool progress = consumed != 0 || outcome.made_output || app.parser->transactions().batch_full();
  if (outcome.paused && !in.is_datagram && progress) app.paused = in.direction;
  take_in_new_transactions(flow, in.time);
  if (outcome.flush_stream_inspection && flow.tcp != nullptr) flow.tcp->stream(in.direction).trigger_raw();
  switch (outcome.status) {
    case ParseOutcome::Status::ok:
      if (outcome.turns_out != AppProto::unknown) turn_out(flow, outcome.turns_out);
      return true;
    case ParseOutcome::Status::error:
      count_error(flow, &AppCounters::parser_errors);
      stop_parsing(flow);
      return false;
    case ParseOutcome::Status::bypass:
      flow.no_payload_inspection = true;
      app.bypassed = outcome.leave_flow;
      app.eof = {true, true};
      if (flow.tcp != nullptr)
        for (const Direction d : {Direction::to_server, Direction::to_client})
          flow.tcp->stream(d).stop_storing();
      return false;
    case ParseOutcome::Status::change:
      app.change_pending = true;
      app.change_to = outcome.next_protocol;
      app.change_checked = outcome.check_next;
      return false;
  }
  return false;
}

// Those of other readings are no errors of the sender's: it did not say what they begin with.
void AppLayerDriver::count_error(const Flow& flow, std::array<std::uint64_t, 2> AppCounters::*kind) {
  if (flow.is_other_reading)
    ++counters_.tcp_other_readings_given_up;
  else
    ++(counters_.app[static_cast<std::size_t>(flow.app->protocol)].*kind)[transport_index(flow)];
}

// They get their time, and are counted with their protocol.
void AppLayerDriver::take_in_new_transactions(Flow& flow, TimeUs now) {
  TransactionList& list = flow.app->parser->transactions();
  counters_.transactions_ended += list.take_ended_for_room();
  Transaction* tx = list.first_from(flow.app->next_new_tx);
  for (; tx != nullptr; tx = TransactionList::next(*tx)) {
    tx->first_seen = now;
    if (!protocol_info(tx->protocol()).one_transaction && !flow.is_other_reading)
      ++counters_.app[static_cast<std::size_t>(tx->protocol())].transactions[transport_index(flow)];
  }
  flow.app->next_new_tx = list.next_id();
}

void AppLayerDriver::begin_batch(Flow& flow) {
  if (flow.app != nullptr && flow.app->parser != nullptr) flow.app->parser->transactions().begin_batch();
}

void AppLayerDriver::resume(Flow& flow, TimeUs now) {
  AppLayer& app = *flow.app;
  const Direction d = *std::exchange(app.paused, std::nullopt);
  begin_batch(flow);
  feed(flow, d, now);
  if (app.paused || !std::exchange(app.other_waits, false)) return;
  feed(flow, opposite(d), now);
}

// The parser may tell of frames. The one that is every protocol's begins with the first bytes.
void AppLayerDriver::take_frames(Flow& flow, AppInput& in) const {
  AppLayer& app = *flow.app;
  if (app.frames == nullptr) app.frames = std::make_unique<FlowFrames>();
  FrameList& list = app.frames->by_direction[index(in.direction)];
  const FrameTypes wanted = requested_.frames[index(app.protocol)];
  if (list.untouched() && (wanted & frame_bit(kStreamFrame)) != 0 && !in.is_datagram)
    list.add(kStreamFrame, in.stream_offset, AppFrame::kUnknown, AppFrame::kUnknown);
  list.show(in.stream_offset + in.data.size());
  in.frames = FrameSink(list, wanted, in.stream_offset, in.data);
}

// What is parsed stays and counts as complete; the streams keep nothing more for the parser.
void AppLayerDriver::stop_parsing(Flow& flow) {
  AppLayer& app = *flow.app;
  app.given_up = true;
  app.gave_up_now = !app.begins_anywhere && !flow.is_other_reading;
  app.eof = {true, true};
  app.paused.reset();
  app.other_waits = false;
  if (flow.tcp == nullptr) return;
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    flow.tcp->stream(d).trigger_raw();
    flow.tcp->stream(d).disable_app();
  }
}

void AppLayerDriver::give_up(Flow& flow, TimeUs now) {
  if (flow.app == nullptr || flow.app->given_up) return;
  if (flow.app->parser != nullptr) {
    take_in_new_transactions(flow, now);
    count_error(flow, &AppCounters::parser_errors);
  }
  stop_parsing(flow);
}

void AppLayerDriver::read_along(const Flow& flow, Flow& other) {
  if (flow.app == nullptr) return;
  const AppLayer& old = *flow.app;
  other.app = std::make_unique<AppLayer>();
  AppLayer& app = *other.app;
  app.protocol = old.protocol;
  app.by_direction = old.by_direction;
  app.original = old.original;
  app.first_data = old.first_data;
  app.tried = old.tried;
  app.settled = old.settled;
  app.eof = old.eof;
  app.given_up = old.given_up;
  app.flow_counted = true;
  if (old.parser == nullptr || old.given_up) return;
  app.parser = setup_->make_parser(old.protocol, Transport::tcp);
  if (app.parser == nullptr) return;
  app.parser->transactions().set_protocol(old.protocol);
  const bool begins = other.tcp->stream(Direction::to_server).rewind_to_message();
  if (!other.tcp->stream(Direction::to_client).rewind_to_message() && !begins) app.parser->begin_midway();
}

void AppLayerDriver::finish_direction(Flow& flow, Direction direction, TimeUs now) {
  if (flow.app == nullptr) {
    if (flow.tcp->stream(direction).app_chunk().kind == TcpStream::Chunk::Kind::none) return;
    flow.app = std::make_unique<AppLayer>();
  }
  if (flow.app->paused) {
    resume(flow, now);
  } else {
    begin_batch(flow);
    advance(flow, direction, now);
  }
  if (flow.app->paused) return;
  flow.app->eof[index(direction)] = true;
  flow.app->parsed_now = true;
}

Direction AppLayerDriver::on_datagram(Flow& flow, const Packet& packet, Direction direction) {
  if (flow.app == nullptr) flow.app = std::make_unique<AppLayer>();
  AppLayer& app = *flow.app;
  if (app.by_direction[index(direction)] == AppProto::unknown)
    direction = datagram_protocol(flow, packet, direction);
  if (app.parser == nullptr || app.given_up || packet.payload.empty()) return direction;
  begin_batch(flow);
  std::size_t consumed = 0;
  AppInput in{.direction = direction,
              .data = packet.payload,
              .time = packet.raw.time,
              .is_datagram = true,
              .requested = &requested_,
              .source_port = packet.source_port,
              .destination_port = packet.destination_port,
              .client = &flow.client,
              .announcer = &announcer_};
  parse(flow, in, consumed);
  return direction;
}

}  // namespace weir::engine
