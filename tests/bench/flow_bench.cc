// The flow of a packet, among N that are open; and flows that are made and end.
#include <benchmark/benchmark.h>

#include <vector>

#include "engine/flow/flow_table.h"
#include "tests/engine/packet_builder.h"

using namespace weir;
using namespace weir::engine;

namespace {

constexpr auto kOnEnd = [](Flow&, FlowEnd) {};

// One packet a flow, in an order in which no two neighbours in memory follow each other.
std::vector<test::PacketBuilder> packets(std::size_t flows) {
  std::vector<test::PacketBuilder> out(flows);
  for (std::size_t i = 0; i < flows; ++i) {
    const auto n = static_cast<std::uint32_t>(i * 7919 % flows);
    out[i].udp().from(0x0a000000 + (n >> 8U), static_cast<std::uint16_t>(1024 + (n & 0xffU)));
  }
  return out;
}

void flow_lookup(benchmark::State& state) {
  auto builders = packets(static_cast<std::size_t>(state.range(0)));
  FlowTable table{{}};
  for (auto& b : builders) table.find_or_create(b.get(), kOnEnd);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.find_or_create(builders[next].get(), kOnEnd).flow);
    if (++next == builders.size()) next = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

void flow_made_and_ended(benchmark::State& state) {
  auto builders = packets(4096);
  for (auto _ : state) {
    FlowTable table{{}};
    for (auto& b : builders) table.find_or_create(b.get(), kOnEnd);
    table.drain(kOnEnd);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(builders.size()));
}

}  // namespace

BENCHMARK(flow_lookup)->Arg(1)->Arg(1'000)->Arg(100'000);
BENCHMARK(flow_made_and_ended);
