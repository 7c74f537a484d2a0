#include "engine/flow/flow_table.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/engine/packet_builder.h"

namespace weir::engine {
namespace {

using test::kSecond;
using test::PacketBuilder;

constexpr std::uint8_t kSyn = tcp_flag::syn;

struct Ends {
  std::vector<std::pair<std::uint64_t, FlowEnd>> seen;  // first packet number, reason
  void operator()(const Flow& flow, FlowEnd reason) { seen.emplace_back(flow.first_packet, reason); }
};

TEST_CASE("flow table: both directions of a 5-tuple meet in one flow, with totals by side") {
  FlowTable table{{}};
  Ends ends;
  PacketBuilder b;
  const auto first = table.find_or_create(b.udp().frame(100).get(), ends);
  REQUIRE(first.flow != nullptr);
  CHECK(first.created);
  CHECK(first.direction == Direction::to_server);
  CHECK(first.flow->state == FlowState::fresh);
  b.raw().ip.ttl = 50;
  const auto back = table.find_or_create(b.reversed().frame(200).after(kSecond).get(), ends);
  CHECK(back.flow == first.flow);
  CHECK_FALSE(back.created);
  CHECK(back.direction == Direction::to_client);
  const Flow& f = *back.flow;
  CHECK(f.state == FlowState::established);
  CHECK(f.packets[0] == 1);
  CHECK(f.packets[1] == 1);
  CHECK(f.bytes[0] == 100);
  CHECK(f.bytes[1] == 200);
  CHECK(f.ttl_max[0] == 64);
  CHECK(f.ttl_min[1] == 50);
  CHECK(f.last - f.start == kSecond);
  CHECK(f.client_port == 40000);
}

TEST_CASE("flow table: packets that differ in any part of the key are different flows") {
  FlowTable table{{}};
  Ends ends;
  std::vector<Flow*> flows;
  const auto add = [&](PacketBuilder b) { flows.push_back(table.find_or_create(b.get(), ends).flow); };
  add(PacketBuilder{}.udp());
  add(PacketBuilder{}.sctp());
  add(PacketBuilder{}.tcp(kSyn, 1, 0));
  add(PacketBuilder{}.udp().vlan(7));
  add(PacketBuilder{}.udp().from(0x0a000003, 40000));
  add(PacketBuilder{}.udp().from(0x0a000001, 40001));
  PacketBuilder deeper;
  deeper.udp().raw().tunnel_depth = 1;
  add(deeper);
  PacketBuilder v6;
  v6.udp();
  for (IpAddress* a : {&v6.raw().ip.source, &v6.raw().ip.destination}) a->family = 6;
  v6.raw().ip.version = 6;
  add(v6);
  for (std::size_t i = 0; i < flows.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      CAPTURE(i);
      CAPTURE(j);
      CHECK(flows[i] != flows[j]);
    }
  CHECK(table.size() == flows.size());
}

TEST_CASE("flow table: VLANs and tunnel depth leave the key when the settings say so") {
  FlowTableSettings settings;
  settings.key = {.use_vlan = false, .use_tunnel_depth = false};
  FlowTable table{settings};
  Ends ends;
  Flow* const plain = table.find_or_create(PacketBuilder{}.udp().get(), ends).flow;
  PacketBuilder b;
  b.udp().vlan(9).raw().tunnel_depth = 2;
  CHECK(table.find_or_create(b.get(), ends).flow == plain);
}

TEST_CASE("flow table: an ICMP reply meets its request, and types without a counterpart go one way") {
  FlowTable table{{}};
  Ends ends;
  PacketBuilder echo;
  Flow* const request = table.find_or_create(echo.icmp(8).get(), ends).flow;
  const auto reply = table.find_or_create(echo.reversed().icmp(0).get(), ends);
  CHECK(reply.flow == request);
  CHECK(reply.direction == Direction::to_client);
  CHECK(request->state == FlowState::established);
  CHECK(request->has_icmp_response);
  CHECK(request->icmp_type == 8);
  CHECK(request->icmp_response_type == 0);
  CHECK(table.find_or_create(PacketBuilder{}.icmp(13).get(), ends).flow != request);

  PacketBuilder odd;
  Flow* const one = table.find_or_create(odd.icmp(200).get(), ends).flow;
  CHECK(table.find_or_create(odd.reversed().get(), ends).flow != one);
}

TEST_CASE("flow table: an ICMP error goes to the flow that it quotes and never makes one") {
  FlowTable table{{}};
  Ends ends;
  PacketBuilder udp;
  Flow* const flow = table.find_or_create(udp.udp().get(), ends).flow;
  PacketBuilder error;  // sent by a router on the way
  error.from(0x0a0000fe, 0).to(0x0a000001, 0).icmp(3, 1);
  IcmpHeader& icmp = error.raw().icmp;
  icmp.has_embedded = true;
  icmp.embedded_source = udp.raw().ip.source;
  icmp.embedded_destination = udp.raw().ip.destination;
  icmp.embedded_protocol = 17;
  icmp.embedded_source_port = 40000;
  icmp.embedded_destination_port = 80;
  const auto hit = table.find_or_create(error.get(), ends);
  CHECK(hit.flow == flow);
  CHECK(hit.direction == Direction::to_client);
  icmp.embedded_source_port = 1;
  CHECK(table.find_or_create(error.get(), ends).flow == nullptr);
  CHECK(table.find_or_create(PacketBuilder{}.icmp(11).get(), ends).flow == nullptr);
  CHECK(table.size() == 1);
}

TEST_CASE("flow table: IP in IP has a flow of its own, but for IPv4 in IPv4 and fragments") {
  struct Row {
    std::uint8_t version, protocol;
    bool fragment, has_flow;
  };
  for (const Row& row : {Row{4, 41, false, true}, Row{6, 41, false, true}, Row{6, 4, false, true},
                         Row{4, 4, false, false}, Row{6, 41, true, false}}) {
    CAPTURE(row.version);
    CAPTURE(row.protocol);
    FlowTable table{{}};
    Ends ends;
    PacketBuilder b;
    b.raw().ip.version = row.version;
    b.raw().ip.protocol = row.protocol;
    b.raw().ip.is_fragment = row.fragment;
    Flow* const flow = table.find_or_create(b.get(), ends).flow;
    REQUIRE((flow != nullptr) == row.has_flow);
    if (flow == nullptr) continue;
    CHECK(flow->protocol == row.protocol);
    CHECK(table.find_or_create(b.reversed().get(), ends).flow == flow);
  }
}

TEST_CASE("flow table: ESP flows go one way and are told apart by SPI; other protocols carry no flow") {
  FlowTable table{{}};
  Ends ends;
  PacketBuilder esp;
  Flow* const flow = table.find_or_create(esp.esp(0x00010001).get(), ends).flow;
  CHECK(flow->esp_spi == 0x00010001);
  CHECK(table.find_or_create(esp.get(), ends).flow == flow);
  CHECK(table.find_or_create(esp.reversed().get(), ends).flow != flow);
  CHECK(table.find_or_create(PacketBuilder{}.esp(2).get(), ends).flow != flow);
  PacketBuilder ospf;
  ospf.raw().ip.protocol = 89;
  CHECK(table.find_or_create(ospf.get(), ends).flow == nullptr);
}

TEST_CASE("flow table: a flow lives through the second of its deadline, whether or not expire runs") {
  struct Row {
    TimeUs idle;
    bool same;
  };
  for (const Row& row : {Row{0, true}, Row{30 * kSecond, true}, Row{31 * kSecond - 1, true},
                         Row{31 * kSecond, false}, Row{500 * kSecond, false}, Row{-5 * kSecond, true}})
    for (const bool run_expire : {false, true}) {
      CAPTURE(row.idle);
      CAPTURE(run_expire);
      FlowTable table{{}};
      Ends ends;
      PacketBuilder b;
      table.find_or_create(b.udp().get(), ends);
      b.after(row.idle).number(2);
      if (run_expire) table.expire(b.get().raw.time, ends);
      CHECK(table.find_or_create(b.get(), ends).created != row.same);
      CHECK(ends.seen.size() == (row.same ? 0U : 1U));
      if (!row.same) CHECK(ends.seen[0] == std::pair{std::uint64_t{1}, FlowEnd::timeout});
    }
}

TEST_CASE("flow table: each class and state has its own timeout") {
  struct Row {
    std::uint8_t protocol;
    FlowState state;
    std::int64_t seconds;
  };
  FlowTable table{{}};
  for (const Row& row :
       {Row{6, FlowState::fresh, 30}, Row{6, FlowState::established, 300}, Row{6, FlowState::closed, 10},
        Row{6, FlowState::bypassed, 100}, Row{17, FlowState::established, 300}, Row{1, FlowState::fresh, 30},
        Row{58, FlowState::established, 300}, Row{50, FlowState::fresh, 30},
        Row{132, FlowState::closed, 0}}) {
    Flow flow;
    flow.protocol = row.protocol;
    flow.state = row.state;
    flow.last = 1000 * kSecond + 999'999;
    CHECK(table.deadline_s(flow) == 1000 + row.seconds);
  }
}

TEST_CASE("flow table: a state with a shorter timeout takes effect at once") {
  FlowTable table{{}};
  Ends ends;
  PacketBuilder b;
  Flow* const flow = table.find_or_create(b.tcp(kSyn, 1, 0).get(), ends).flow;
  table.expire(b.get().raw.time, ends);
  table.set_state(*flow, FlowState::established);
  table.set_state(*flow, FlowState::closed);
  table.expire(b.get().raw.time + 10 * kSecond, ends);
  CHECK(ends.seen.empty());
  table.expire(b.get().raw.time + 11 * kSecond, ends);
  CHECK(ends.seen.size() == 1);
}

TEST_CASE("flow table: flows expire in the same order however often expire is called") {
  const auto run = [](std::int64_t step) {
    FlowTable table{{}};
    Ends ends;
    std::mt19937 random{5};
    PacketBuilder b;
    const TimeUs start = b.get().raw.time;
    std::uint64_t number = 0;
    for (std::int64_t second = 0; second < 3000; ++second) {
      if (second % step == 0) table.expire(start + second * kSecond, ends);
      if (second > 400) continue;
      b.from(static_cast<std::uint32_t>(0x0a000000 + random() % 50), 1)
          .udp()
          .number(++number)
          .at(start + second * kSecond);
      if (random() % 3 == 0) b.reversed();
      table.find_or_create(b.get(), ends);
    }
    table.expire(start + 3000 * kSecond, ends);
    CHECK(table.size() == 0);
    return ends.seen;
  };
  const auto often = run(1);
  CHECK(often.size() > 50);
  // Look-ups end some flows earlier than the clock does, so compare as sets of (flow, reason).
  const auto as_map = [](const auto& v) { return std::map<std::uint64_t, FlowEnd>(v.begin(), v.end()); };
  for (const std::int64_t step : {7, 100, 1500}) CHECK(as_map(run(step)) == as_map(often));
}

TEST_CASE("flow table: a clock that goes back ends nothing, and the flows still expire later") {
  FlowTable table{{}};
  Ends ends;
  PacketBuilder b;
  const TimeUs start = b.get().raw.time;
  table.find_or_create(b.udp().get(), ends);
  table.expire(start, ends);
  table.expire(start - 100000 * kSecond, ends);
  PacketBuilder old;
  table.find_or_create(old.udp().from(1, 1).number(2).at(start - 100000 * kSecond).get(), ends);
  table.expire(start - 99900 * kSecond, ends);
  REQUIRE(ends.seen.size() == 1);
  CHECK(ends.seen[0].first == 2);
  table.expire(start + 100 * kSecond, ends);
  CHECK(ends.seen.size() == 2);
}

TEST_CASE("flow table: drain gives what is left in the order of first packets") {
  FlowTable table{{}};
  Ends ends;
  for (std::uint16_t i = 0; i < 100; ++i)
    table.find_or_create(
        PacketBuilder{}.udp().from(1, static_cast<std::uint16_t>(i * 37 % 100)).number(i).get(), ends);
  table.drain(ends);
  REQUIRE(ends.seen.size() == 100);
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(ends.seen[i] == std::pair{i, FlowEnd::shutdown});
  CHECK(table.size() == 0);
}

TEST_CASE("flow table: at the memcap it enters emergency and the flow with least time left is forced out") {
  FlowTableSettings settings;
  settings.hash_size = 64;
  settings.prealloc = 0;
  settings.memcap_bytes = 64 * 16 + 10 * sizeof(Flow);
  FlowTable table{settings};
  Ends ends;
  const auto add = [&](std::uint16_t port, TimeUs after) {
    return table.find_or_create(PacketBuilder{}.udp().from(1, port).number(port).after(after).get(), ends);
  };
  for (std::uint16_t i = 1; i <= 10; ++i) add(i, i * kSecond);
  CHECK(table.stats().emergencies == 0);
  CHECK(add(11, 10 * kSecond).created);
  CHECK(ends.seen == std::vector{std::pair{std::uint64_t{1}, FlowEnd::forced}});
  CHECK(table.stats().emergencies == 1);
  // Emergency: TCP starts with a SYN or not at all.
  CHECK(table.find_or_create(PacketBuilder{}.tcp(tcp_flag::ack, 1, 1).get(), ends).flow == nullptr);
  CHECK(table.stats().refused == 1);
  // The emergency timeout of a new UDP flow is 10 s; with room again, emergency ends, and TCP may start as it will.
  table.expire(PacketBuilder{}.get().raw.time + 40 * kSecond, ends);
  CHECK(table.size() == 0);
  CHECK(table.find_or_create(PacketBuilder{}.tcp(tcp_flag::ack, 1, 1).get(), ends).flow != nullptr);
}

TEST_CASE("flow table: a memcap that holds no flow at all refuses every flow") {
  FlowTableSettings settings;
  settings.memcap_bytes = 10;
  FlowTable table{settings};
  Ends ends;
  CHECK(table.find_or_create(PacketBuilder{}.udp().get(), ends).flow == nullptr);
  CHECK(table.stats().refused == 1);
}

TEST_CASE("flow table: replace ends the old connection as it was before the packet") {
  FlowTable table{{}};
  PacketBuilder b;
  std::vector<std::uint64_t> packets;
  TimeUs last = 0;
  const auto on_end = [&](const Flow& flow, FlowEnd reason) {
    CHECK(reason == FlowEnd::tcp_reuse);
    packets.push_back(flow.packets[0]);
    last = flow.last;
  };
  const TimeUs start = b.get().raw.time;
  const auto first = table.find_or_create(b.tcp(kSyn, 1, 0).get(), on_end);
  const std::uint64_t old_id = first.flow->id;
  const auto again = table.find_or_create(b.tcp(kSyn, 99, 0).number(2).after(kSecond).get(), on_end);
  const auto fresh = table.replace(again.flow, b.get(), on_end);
  CHECK(fresh.created);
  CHECK(fresh.flow->id != old_id);
  CHECK(fresh.flow->packets[0] == 1);
  CHECK(packets == std::vector<std::uint64_t>{1});
  CHECK(last == start);
}

TEST_CASE("flow table: swapped sides keep finding the flow, with directions turned round") {
  FlowTable table{{}};
  Ends ends;
  PacketBuilder b;
  Flow* const flow = table.find_or_create(b.tcp(kSyn | tcp_flag::ack, 1, 1).get(), ends).flow;
  FlowTable::swap_sides(*flow);
  CHECK(flow->client == b.raw().ip.destination);
  CHECK(flow->packets[1] == 1);
  const auto next = table.find_or_create(b.get(), ends);
  CHECK(next.flow == flow);
  CHECK(next.direction == Direction::to_client);
}

TEST_CASE("flow ids are positive, below 2^53 and do not depend on the table") {
  PacketBuilder b;
  const PacketKey key = make_packet_key(b.udp().get(), {});
  const std::uint64_t id = make_flow_id(key.key, 5, 1);
  CHECK(id > 0);
  CHECK(id < (std::uint64_t{1} << 53U));
  CHECK(make_flow_id(key.key, 5, 1) == id);
  CHECK(make_flow_id(key.key, 5, 2) != id);
  CHECK(make_flow_id(key.key, 6, 1) != id);
  for (int i = 0; i < 2; ++i) {
    FlowTable table{{}};
    Ends ends;
    CHECK(table.find_or_create(b.get(), ends).flow->id == make_flow_id(key.key, b.raw().raw.time, 1));
  }
}

TEST_CASE("flow table: random inserts, look-ups and timeouts agree with a map") {
  FlowTableSettings settings;
  settings.hash_size = 64;
  FlowTable table{settings};
  std::mt19937 random{3};
  std::map<std::uint64_t, Flow*> model;  // port -> flow
  const auto on_end = [&](const Flow& flow, FlowEnd) { CHECK(model.erase(flow.client_port) == 1); };
  PacketBuilder b;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const auto port = static_cast<std::uint16_t>(random() % 3000);
    b.udp().from(1, port).number(i).after(random() % 40'000);
    if (random() % 16 == 0) table.expire(b.get().raw.time, on_end);
    const auto got = table.find_or_create(b.get(), on_end);
    const auto known = model.find(port);
    REQUIRE(got.created == (known == model.end()));
    if (got.created)
      model[port] = got.flow;
    else
      REQUIRE(got.flow == known->second);
    REQUIRE(table.size() == model.size());
  }
}

}  // namespace
}  // namespace weir::engine
