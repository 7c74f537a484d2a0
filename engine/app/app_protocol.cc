// The part of AppLayerDriver that finds out which protocol a flow speaks, and changes it.
#include <algorithm>
#include <utility>

#include "decoders/app/protocol.h"
#include "decoders/packet.h"
#include "engine/app/app_layer.h"
#include "engine/flow/detect_state.h"
#include "engine/flow/flow_table.h"
#include "engine/tcp/tcp_session.h"

namespace weir::engine {
namespace {

bool valid(AppProto p) {
  return p != AppProto::unknown && p != AppProto::failed;
}

}  // namespace

// Client and server are the other way round, for all that has been kept so far.
void AppLayerDriver::turn_round(Flow& flow) {
  FlowTable::swap_sides(flow);
  if (flow.tcp != nullptr) flow.tcp->swap_sides();
  AppLayer& app = *flow.app;
  std::swap(app.by_direction[0], app.by_direction[1]);
  std::swap(app.tried[0], app.tried[1]);
  std::swap(app.settled[0], app.settled[1]);
  if (app.frames != nullptr) std::swap(app.frames->by_direction[0], app.frames->by_direction[1]);
  std::swap(app.seen_before[0], app.seen_before[1]);
  if (flow.detect != nullptr) *flow.detect = {};
  if (app.first_data == AppLayer::FirstData::to_server)
    app.first_data = AppLayer::FirstData::to_client;
  else if (app.first_data == AppLayer::FirstData::to_client)
    app.first_data = AppLayer::FirstData::to_server;
}

// Says whether data of this direction can go to the parser.
AppLayerDriver::Settled AppLayerDriver::settle(Flow& flow, Direction& d, TimeUs now) {
  AppLayer& app = *flow.app;
  const TcpStream::Chunk chunk = flow.tcp->stream(d).app_chunk();
  if (chunk.kind == TcpStream::Chunk::Kind::none) return Settled::no;
  if (!valid(app.protocol) && !expected_.empty() && adopt_expected(flow, d, now)) return Settled::yes;
  if (chunk.kind == TcpStream::Chunk::Kind::gap) {  // no beginning: nothing to tell the protocol by
    if (!valid(app.protocol)) {
      app.tried[index(d)].patterns_done = app.tried[index(d)].probes_done = true;
      if (app.tried[index(opposite(d))].done())
        give_up_detection(flow);  // else the other side may still tell
      return Settled::no;
    }
    app.settled[index(d)] = true;
    return Settled::yes;
  }
  if (app.first_data == AppLayer::FirstData::none)
    app.first_data =
        d == Direction::to_server ? AppLayer::FirstData::to_server : AppLayer::FirstData::to_client;
  const ProtocolDetector::Found found =
      setup_->detector().detect({.transport = Transport::tcp,
                                 .direction = d,
                                 .data = chunk.data,
                                 .client_port = flow.client_port,
                                 .server_port = flow.server_port,
                                 .either_way = flow.tcp->is_midstream() && !valid(app.protocol)},
                                app.tried[index(d)]);
  if (found.reversed && flow.tcp->is_midstream() && !valid(app.protocol)) {
    turn_round(flow);
    d = opposite(d);
  }
  return found.protocol != AppProto::unknown ? recognised(flow, d, found.protocol) : unrecognised(flow, d);
}

AppLayerDriver::Settled AppLayerDriver::recognised(Flow& flow, Direction d, AppProto found) {
  AppLayer& app = *flow.app;
  const AppProto other = app.by_direction[index(opposite(d))];
  app.by_direction[index(d)] = found;
  app.settled[index(d)] = true;
  AppProto chosen = found;
  if (valid(other) && other != found) {
    app.events.emplace_back("applayer_mismatch_protocol_both_directions");
    // Once a parser runs its protocol stays; before that the server's word counts for more.
    if (app.first_data == AppLayer::FirstData::parsed || d == Direction::to_server) chosen = other;
  }
  if (!valid(app.protocol) || chosen != app.protocol) set_protocol(flow, chosen, Transport::tcp);
  const auto mine =
      d == Direction::to_server ? AppLayer::FirstData::to_server : AppLayer::FirstData::to_client;
  if (app.first_data == AppLayer::FirstData::to_client && protocol_info(found).client_first)
    app.events.emplace_back("applayer_wrong_direction_first_data");
  const bool other_first = app.first_data != AppLayer::FirstData::parsed && app.first_data != mine &&
                           !app.settled[index(opposite(d))];
  app.first_data = AppLayer::FirstData::parsed;
  return other_first ? Settled::yes_other_first : Settled::yes;
}

AppLayerDriver::Settled AppLayerDriver::unrecognised(Flow& flow, Direction d) {
  AppLayer& app = *flow.app;
  const DirectionProbe& mine = app.tried[index(d)];
  // Without its beginning a connection can only be trusted when the client's side is recognised.
  if (flow.tcp->is_midstream() && app.tried[index(Direction::to_server)].done() &&
      !valid(app.by_direction[index(Direction::to_server)])) {
    give_up_detection(flow);
    return Settled::no;
  }
  if (valid(app.protocol)) {
    if (!mine.done()) return Settled::no;
    app.by_direction[index(d)] = AppProto::failed;
    app.settled[index(d)] = true;
    app.events.emplace_back("applayer_detect_protocol_only_one_direction");
    return Settled::yes;
  }
  const bool both_done = mine.done() && app.tried[index(opposite(d))].done();
  const std::uint64_t sent = flow.tcp->stream(d).bytes_seen() - app.seen_before[index(d)],
                      received =
                          flow.tcp->stream(opposite(d)).bytes_seen() - app.seen_before[index(opposite(d))];
  const bool one_sided = mine.done() && sent > kGiveUpBytes && received <= 1;  // its SYN
  if (one_sided) app.events.emplace_back("applayer_proto_detection_skipped");
  if (both_done || one_sided || sent > kGiveUpBytes) give_up_detection(flow);
  return Settled::no;
}

// The first datagram of a direction decides; the other side's word is taken when it says nothing.
Direction AppLayerDriver::datagram_protocol(Flow& flow, const Packet& packet, Direction d) {
  AppLayer& app = *flow.app;
  if (!valid(app.protocol) && !expected_.empty() && adopt_expected(flow, d, packet.raw.time)) return d;
  const ProtocolDetector::Found found = setup_->detector().detect({.transport = Transport::udp,
                                                                   .direction = d,
                                                                   .data = packet.payload,
                                                                   .client_port = flow.client_port,
                                                                   .server_port = flow.server_port},
                                                                  app.tried[index(d)]);
  if (found.reversed) {
    turn_round(flow);
    d = opposite(d);
  }
  AppProto& mine = app.by_direction[index(d)];
  const AppProto other = app.by_direction[index(opposite(d))];
  if (found.protocol == AppProto::unknown) {
    mine = other != AppProto::unknown ? other : AppProto::failed;
    if (other != AppProto::unknown) return d;
    app.protocol = AppProto::failed;  // until the other side says better
    ++counters_.app_failed_udp;
    return d;
  }
  mine = found.protocol;
  if (valid(other) && other != mine)
    app.events.emplace_back("applayer_mismatch_protocol_both_directions");
  else if (!valid(app.protocol))
    set_protocol(flow, mine, Transport::udp);
  return d;
}

void AppLayerDriver::give_up_detection(Flow& flow) {
  AppLayer& app = *flow.app;
  compare_with_expected(app, AppProto::failed);
  app.protocol = AppProto::failed;
  app.by_direction = {AppProto::failed, AppProto::failed};
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    flow.tcp->stream(d).look_again_from(UINT64_MAX);
    flow.tcp->stream(d).disable_app();
  }
  counters_.app_failed_tcp += !flow.is_other_reading;
}

void AppLayerDriver::set_protocol(Flow& flow, AppProto p, Transport t) {
  AppLayer& app = *flow.app;
  compare_with_expected(app, p);
  app.protocol = p;
  app.parser = setup_->make_parser(p, t);
  if (app.parser != nullptr) app.parser->transactions().set_protocol(p);
  if (app.parser != nullptr && app.original != AppProto::unknown) app.parser->begin_after(app.original);
  if (t == Transport::tcp)
    for (const Direction d : {Direction::to_server, Direction::to_client}) {
      app.came_late = app.came_late || flow.tcp->stream(d).again_from() != UINT64_MAX;
      flow.tcp->stream(d).begin_message();
      if (const auto depth = app.parser != nullptr ? app.parser->stream_depth() : std::nullopt)
        flow.tcp->stream(d).deepen(*depth);
    }
  app.next_new_tx = 0;
  if (!app.flow_counted && !flow.is_other_reading)
    ++counters_.app[static_cast<std::size_t>(p)].flows[static_cast<std::size_t>(t)];
  app.flow_counted = true;
}

// What is parsed stays what it is.
void AppLayerDriver::turn_out(Flow& flow, AppProto form) {
  AppLayer& app = *flow.app;
  if (app.protocol == form) return;
  if (app.original == AppProto::unknown) app.original = app.protocol;
  app.protocol = form;
  app.by_direction = {form, form};
  drop_frames(flow);
  if (!flow.is_other_reading)
    ++counters_.app[static_cast<std::size_t>(form)].flows[static_cast<std::size_t>(Transport::tcp)];
}

void AppLayerDriver::complete_change(Flow& flow) {
  AppLayer& app = *flow.app;
  if (!app.change_pending) return;
  const AppProto next = app.change_checked ? AppProto::unknown : app.change_to;
  app.expected = app.change_checked ? app.change_to : AppProto::unknown;
  app.miss_told = false;
  app.change_pending = false;
  if (app.original == AppProto::unknown) app.original = app.protocol;
  const auto unfinished = app.parser != nullptr ? app.parser->take_unfinished() : nullptr;
  app.parser.reset();
  app.paused.reset();
  app.other_waits = false;
  app.protocol = next;
  app.by_direction = {next, next};
  app.tried = {};
  app.need = {};
  app.eof = {};
  app.settled = {next != AppProto::unknown, next != AppProto::unknown};
  app.first_data = AppLayer::FirstData::none;
  app.flow_counted = false;
  app.release_pending = false;
  app.said.clear();
  for (const Direction d : {Direction::to_server, Direction::to_client})
    app.seen_before[index(d)] =
        std::min(flow.tcp->stream(d).app_position(), flow.tcp->stream(d).bytes_seen());
  if (flow.detect != nullptr) flow.detect->first_open = {};  // transactions count from 0 again
  drop_frames(flow);
  if (next != AppProto::unknown) set_protocol(flow, next, Transport::tcp);
  if (unfinished != nullptr && app.parser != nullptr) app.parser->begin_unfinished(*unfinished);
}

void AppLayerDriver::pick_up(Flow& flow, AppProto protocol, bool parsing_over, bool begins_message) {
  if (protocol == AppProto::unknown) return;
  flow.app = std::make_unique<AppLayer>();
  if (protocol == AppProto::failed) return give_up_detection(flow);
  AppLayer& app = *flow.app;
  app.by_direction = {protocol, protocol};
  app.settled = {true, true};
  app.first_data = AppLayer::FirstData::parsed;
  set_protocol(flow, protocol, Transport::tcp);
  if (parsing_over) {
    app.given_up = true;
    app.eof = {true, true};
    for (const Direction d : {Direction::to_server, Direction::to_client}) {
      if (flow.no_payload_inspection) flow.tcp->stream(d).stop_storing();
      flow.tcp->stream(d).disable_app();
    }
    return;
  }
  app.begins_anywhere = app.parser != nullptr && (begins_message || !app.parser->begin_midway());
}

// Behind a change of protocol that should have led to another one.
void AppLayerDriver::compare_with_expected(AppLayer& app, AppProto found) {
  if (app.expected == AppProto::unknown || app.expected == found || app.miss_told) return;
  app.miss_told = true;
  app.events.emplace_back(protocol_info(app.expected).missing_event);
}

}  // namespace weir::engine
