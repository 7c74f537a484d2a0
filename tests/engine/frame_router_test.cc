#include "engine/frame_router.h"

#include <doctest/doctest.h>

#include <vector>

using namespace weir;
using namespace weir::engine;

namespace {

using Wire = std::vector<std::uint8_t>;

Wire join(std::initializer_list<Wire> parts) {
  Wire out;
  for (const Wire& p : parts) out.insert(out.end(), p.begin(), p.end());
  return out;
}
Wire ethernet(std::uint8_t high, std::uint8_t low) {
  return join({Wire(12, 0x02), {high, low}});
}
Wire ipv4(std::uint8_t protocol, std::uint8_t source, std::uint8_t destination) {
  return {0x45, 0, 0, 40, 0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, source, 10, 0, 0, destination};
}
std::uint64_t route(const Wire& frame, int link_type = 1) {
  return route_hash({.bytes = frame, .link_type = link_type});
}

}  // namespace

TEST_CASE("frame router: both directions, fragments and tagged frames of two hosts go one way") {
  const std::uint64_t there = route(join({ethernet(8, 0), ipv4(6, 1, 2), Wire(20)}));
  CHECK(there == route(join({ethernet(8, 0), ipv4(6, 2, 1), Wire(20)})));
  CHECK(there == route(join({ethernet(8, 0), ipv4(17, 1, 2), Wire(8)})));
  CHECK(there == route(join({ethernet(0x81, 0), {0, 5, 8, 0}, ipv4(6, 1, 2), Wire(20)})));
  CHECK(there == route(join({ethernet(0x89, 0x03), {0, 1}, ethernet(8, 0), ipv4(6, 1, 2), Wire(20)})));
  CHECK(there == route(ipv4(6, 1, 2), 101));
  CHECK(there != route(join({ethernet(8, 0), ipv4(6, 1, 3), Wire(20)})));
}

TEST_CASE("frame router: an ICMP error goes where the packet that it quotes went") {
  const Wire quoted = ipv4(6, 1, 2);
  const Wire error = join({ethernet(8, 0), ipv4(1, 9, 1), {3, 1, 0, 0, 0, 0, 0, 0}, quoted});
  CHECK(route(error) == route(join({ethernet(8, 0), quoted})));
  const Wire echo = join({ethernet(8, 0), ipv4(1, 9, 1), {8, 0, 0, 0, 0, 0, 0, 0}, quoted});
  CHECK(route(echo) == route(join({ethernet(8, 0), ipv4(6, 1, 9)})));
}

TEST_CASE("frame router: a frame cut anywhere gets some way") {
  const Wire whole = join({ethernet(0x81, 0), {0, 5, 8, 0}, ipv4(1, 9, 1), {3, 1, 0, 0, 0, 0, 0, 0}, ipv4(6, 1, 2)});
  for (std::size_t n = 0; n < whole.size(); ++n) (void)route(Wire(whole.begin(), whole.begin() + static_cast<long>(n)));
  CHECK(route({}) == 0);
}
