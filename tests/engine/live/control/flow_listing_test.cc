#include <doctest/doctest.h>

#include "decoders/app/protocol_ids.h"
#include "engine/account/latency.h"
#include "engine/flow/flow_index.h"
#include "engine/live/control/flow_listing.h"

using namespace weir;
using namespace weir::engine;

namespace {

void fill(Flow& flow, std::uint64_t id, std::uint64_t bytes) {
  flow.id = id;
  flow.protocol = 6;
  flow.client = IpAddress::v4(0x0A000001);
  flow.server = IpAddress::v4(0x0A000002);
  flow.client_port = 1024;
  flow.server_port = 80;
  flow.bytes = {bytes, 0};
  flow.start = static_cast<TimeUs>(1000 - id);
}

}  // namespace

TEST_CASE("flow listing: the greatest come first, and all that were admitted are counted") {
  FlowLister lister({}, FlowSort::bytes, 3);
  for (std::uint64_t id = 1; id <= 100; ++id) {
    Flow flow;
    fill(flow, id, (id * 37) % 101);
    lister.add(flow);
  }
  CHECK(lister.matched() == 100);
  const auto flows = lister.take();
  REQUIRE(flows.size() == 3);
  CHECK(flows[0].all_bytes() == 100);
  CHECK(flows[1].all_bytes() == 99);
  CHECK(flows[2].all_bytes() == 98);
}

TEST_CASE("flow listing: a filter admits what meets all of it") {
  Flow flow;
  fill(flow, 5, 10);
  flow.alerted = true;
  const auto admits = [&flow](const FlowFilter& filter) { return filter.admits(flow); };
  CHECK(admits({}));
  CHECK(admits({.id = 5, .address = flow.server, .port = 1024, .protocol = 6, .alerted = true}));
  CHECK(admits({.app = AppProto::unknown, .state = FlowState::fresh}));
  CHECK_FALSE(admits({.id = 6}));
  CHECK_FALSE(admits({.address = IpAddress::v4(1)}));
  CHECK_FALSE(admits({.port = 81}));
  CHECK_FALSE(admits({.protocol = 17}));
  CHECK_FALSE(admits({.alerted = false}));
  CHECK_FALSE(admits({.dropped = true}));
}

TEST_CASE("flow listing: names are looked up") {
  CHECK(ip_protocol_named("tcp") == 6);
  CHECK(ip_protocol_named("UDP") == 17);
  CHECK(ip_protocol_named("132") == 132);
  CHECK_FALSE(ip_protocol_named("256").has_value());
  CHECK_FALSE(ip_protocol_named("nonsense").has_value());
  CHECK(flow_state_named("new") == FlowState::fresh);
  CHECK(flow_sort_named("last") == FlowSort::last);
  CHECK(app_proto_named("http").has_value());
  CHECK_FALSE(app_proto_named("nonsense").has_value());
}

TEST_CASE("flow index: visited piece by piece, every flow is seen once") {
  FlowIndex index(64);
  std::vector<std::unique_ptr<Flow>> flows;
  for (std::uint64_t i = 0; i < 500; ++i) {
    flows.push_back(std::make_unique<Flow>());
    flows.back()->hash = i * 0x9E3779B97F4A7C15U;
    flows.back()->id = i;
    index.insert(flows.back().get());
  }
  std::vector<int> seen(500);
  std::size_t from = 0, pieces = 0;
  do {
    std::size_t in_piece = 0;
    from = index.visit(from, 16, [&](Flow& flow) {
      ++seen[flow.id];
      ++in_piece;
    });
    CHECK(in_piece <= 16);
    ++pieces;
  } while (from != 0);
  CHECK(pieces > 500 / 16);
  CHECK(std::all_of(seen.begin(), seen.end(), [](int n) { return n == 1; }));
}

TEST_CASE("latency: classes follow one another, and each value is below its class's end") {
  for (Ticks t = 1; t < (Ticks{1} << 47U); t += t / 7 + 1) {
    const std::size_t c = LatencyTicks::class_of(t);
    CHECK(t < LatencyTicks::end_of(c));
    CHECK(static_cast<double>(LatencyTicks::end_of(c)) <= static_cast<double>(t) * 1.25 + 1);
    CHECK(LatencyTicks::class_of(t - 1) <= c);
  }
  CHECK(LatencyTicks::class_of(~Ticks{0}) == LatencyTicks::kClasses - 1);
  LatencyTicks a, b;
  a.add(100);
  b.add(100);
  b.add(0);
  a += b;
  CHECK(a.total == 3);
  CHECK(a.sum == 200);
  CHECK(a.counts[LatencyTicks::class_of(100)] == 2);
}
