#include "engine/flow/ended_flows.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::engine;

namespace {

constexpr TimeUs kThen = 1'700'000'000'000'000;

EndedFlow ended(std::uint16_t port, TimeUs last = kThen, TcpState state = TcpState::established) {
  EndedFlow out;
  out.key.port_a = port;
  out.key.protocol = 6;
  out.last = last;
  out.tcp.state = state;
  return out;
}

// All in one bucket, whatever its number: the worst that can happen.
constexpr std::uint64_t kHash = 7;

bool knows(const EndedFlows& flows, std::uint16_t port, TimeUs now = kThen) {
  return flows.find(kHash, ended(port).key, now) != nullptr;
}

}  // namespace

TEST_CASE("ended flows: the oldest goes when there is one too many, and that is told") {
  EndedFlows flows(3);
  CHECK(flows.empty());
  for (std::uint16_t port = 1; port <= 3; ++port) CHECK_FALSE(flows.remember(kHash, ended(port)));
  CHECK_FALSE(flows.empty());
  CHECK(flows.remember(kHash, ended(4)));
  CHECK_FALSE(knows(flows, 1));
  for (std::uint16_t port = 2; port <= 4; ++port) CHECK(knows(flows, port));
  CHECK(flows.remember(kHash, ended(5)));
  CHECK_FALSE(knows(flows, 2));
  // Those whose time is over are no loss.
  CHECK_FALSE(flows.remember(kHash, ended(6, kThen + EndedFlows::kLife + 1)));
}

TEST_CASE("ended flows: each is known for a while from its last packet on, and not before") {
  EndedFlows flows(8);
  flows.remember(kHash, ended(1));
  flows.remember(kHash, ended(2, kThen, TcpState::none));
  CHECK(knows(flows, 1, kThen + EndedFlows::kLife));
  CHECK_FALSE(knows(flows, 1, kThen + EndedFlows::kLife + 1));
  CHECK_FALSE(knows(flows, 1, kThen - 1));
  CHECK(knows(flows, 2, kThen + EndedFlows::kLifeWithoutNumbers));
  CHECK_FALSE(knows(flows, 2, kThen + EndedFlows::kLifeWithoutNumbers + 1));
}

TEST_CASE("ended flows: of one key the last is known, but packets do not prolong what has no numbers") {
  EndedFlows flows(8);
  flows.remember(kHash, ended(1));
  CHECK_FALSE(flows.remember(kHash, ended(1, kThen + 50)));
  REQUIRE(knows(flows, 1, kThen + 60));
  CHECK(flows.find(kHash, ended(1).key, kThen + 60)->last == kThen + 50);
  flows.remember(kHash, ended(1, kThen + 70, TcpState::none));
  CHECK(flows.find(kHash, ended(1).key, kThen + 80)->tcp.is_known());

  flows.remember(kHash, ended(2, kThen, TcpState::none));
  flows.remember(kHash, ended(2, kThen + EndedFlows::kLifeWithoutNumbers, TcpState::none));
  CHECK_FALSE(knows(flows, 2, kThen + EndedFlows::kLifeWithoutNumbers + 1));
  flows.remember(kHash, ended(2, kThen + EndedFlows::kLifeWithoutNumbers + 1, TcpState::none));
  CHECK(knows(flows, 2, kThen + EndedFlows::kLifeWithoutNumbers + 1));
}

TEST_CASE("ended flows: one that is forgotten is gone, and its neighbours are not") {
  EndedFlows flows(4);
  for (std::uint16_t port = 1; port <= 4; ++port) flows.remember(kHash, ended(port));
  flows.forget(kHash, ended(2).key);
  flows.forget(kHash, ended(9).key);
  CHECK_FALSE(knows(flows, 2));
  for (const int port : {1, 3, 4}) CHECK(knows(flows, static_cast<std::uint16_t>(port)));
  CHECK(flows.remember(kHash, ended(5)));        // 1 went
  CHECK_FALSE(flows.remember(kHash, ended(6)));  // 2 had gone
}

TEST_CASE("ended flows: memory is there from the start, and none of it where nothing is to be remembered") {
  EndedFlows flows(1000);
  const std::uint64_t bytes = flows.memory_bytes();
  CHECK(bytes <= 1000 * kEndedFlowBytes);
  for (std::uint16_t port = 1; port <= 3000; ++port) flows.remember(port, ended(port));
  CHECK(flows.memory_bytes() == bytes);
  EndedFlows none(0);
  CHECK_FALSE(none.enabled());
  CHECK_FALSE(none.remember(kHash, ended(1)));
  CHECK(none.empty());
  CHECK_FALSE(knows(none, 1));
}

TEST_CASE("ended flows: connections that a RST has ended displace nobody") {
  EndedFlows flows(2);
  EndedFlow by_reset = ended(3);
  by_reset.tcp.closed_by_reset = true;
  for (std::uint16_t port = 1; port <= 2; ++port) flows.remember(kHash, ended(port));
  CHECK(flows.remember(kHash, std::move(by_reset)));
  CHECK(knows(flows, 1));
  CHECK_FALSE(knows(flows, 3));
}

TEST_CASE("ended flows: the oldest requests make way, also when the memory has gone round") {
  constexpr std::uint16_t kFlows = 2000;
  EndedFlows flows(kFlows);
  const auto remember = [&flows](std::uint16_t port, std::size_t bytes) {
    EndedFlow flow = ended(port);
    flow.request = std::make_unique<const std::vector<std::uint8_t>>(bytes);
    flows.remember(port, std::move(flow));
  };
  const auto lacks = [&flows](std::uint16_t port) {
    return flows.find(port, ended(port).key, kThen)->lacks_request;
  };
  for (std::uint16_t i = 0; i < kFlows; ++i) remember(i, 4096);
  for (std::uint16_t i = 0; i < 1700; ++i) remember(static_cast<std::uint16_t>(kFlows + i), 9216);
  CHECK_FALSE(lacks(kFlows));
  CHECK(lacks(1701));
  CHECK_FALSE(lacks(kFlows - 1));
}
