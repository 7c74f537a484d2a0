// The part of AppLayerDriver in which flows have to do with others: those that they announce, and those that carry other
// parts of their files.
#include <utility>

#include "engine/app/app_layer.h"
#include "engine/flow/flow.h"
#include "engine/tcp/tcp_session.h"

namespace weir::engine {

void AppLayerDriver::Announcer::announce(ExpectedFlow announced) {
  const bool by_client = announced.opened == Direction::to_server;
  const ExpectedEnds ends{.client = by_client ? flow->client : flow->server,
                          .server = by_client ? flow->server : flow->client,
                          .server_port = announced.port,
                          .is_datagram = announced.is_datagram,
                          .vlan = flow->vlan};
  const bool in_addition = driver.expected_.announce(ends, flow->id, std::move(announced), now);
  ++(in_addition ? driver.counters_.flows_expected : driver.counters_.flows_not_expected);
}

boost::intrusive_ptr<AppFile> AppLayerDriver::Joiner::join(const FilePart& part, const JoinLimits& limits,
                                                           const FileOpening& opening) {
  auto joined = driver.ranged_.join({flow->client, flow->server, flow->vlan}, part, limits, opening);
  driver.counters_.files_not_joined += joined.given_up;
  if (joined.file != nullptr) ++driver.counters_.files_joined;
  return joined.file;
}

// The flow may have been announced: then nothing has to be detected. Who opened it is not sure when it was picked up midway.
bool AppLayerDriver::adopt_expected(Flow& flow, Direction& d, TimeUs now) {
  ExpectedEnds ends{flow.client, flow.server, flow.server_port, flow.tcp == nullptr, flow.vlan};
  auto met = expected_.meet(ends, now);
  if (!met && flow.tcp != nullptr && flow.tcp->is_midstream()) {
    ends = {flow.server, flow.client, flow.client_port, false, flow.vlan};
    met = expected_.meet(ends, now);
    if (met) {
      turn_round(flow);
      d = opposite(d);
    }
  }
  if (!met) return false;
  ++counters_.flows_met;
  AppLayer& app = *flow.app;
  app.parent = met->parent;
  app.by_direction = {met->flow.protocol, met->flow.protocol};
  app.settled = {true, true};
  set_protocol(flow, met->flow.protocol, flow.tcp != nullptr ? Transport::tcp : Transport::udp);
  if (app.parser != nullptr) app.parser->begin_expected(met->flow);
  app.first_data = AppLayer::FirstData::parsed;
  return true;
}

}  // namespace weir::engine
