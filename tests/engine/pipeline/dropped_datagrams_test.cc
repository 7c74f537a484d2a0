#include "engine/defrag/dropped_datagrams.h"

#include <doctest/doctest.h>

#include <string>
#include <tuple>

#include "tests/decoders/wire_bytes.h"
#include "tests/engine/pipeline/inline_run.h"

using namespace weir;
using namespace weir::engine;
using namespace weir::test;

namespace {

constexpr std::string_view kDropEvil = "drop udp any any -> any any (msg:\"evil\"; content:\"evil\"; sid:1;)";

std::string on_wire(const Wire& packet) {
  return std::string(12, '\0') + std::string("\x08\x00", 2) + packet;
}

// The parts of a UDP datagram: its first 16 bytes, the next 16, and the rest.
struct Parts {
  Parts(std::string_view content, std::uint16_t id) {
    const Wire data = udp(7, 9, Wire(20, '.') + Wire(content) + Wire(20, '.'));
    first = on_wire(ipv4({.protocol = 17, .fragment = 0x2000, .id = id}, data.substr(0, 16)));
    middle = on_wire(ipv4({.protocol = 17, .fragment = 0x2002, .id = id}, data.substr(16, 16)));
    last = on_wire(ipv4({.protocol = 17, .fragment = 4, .id = id}, data.substr(32)));
  }
  std::string first, middle, last;
};

}  // namespace

TEST_CASE("dropped datagrams: no copy of a fragment makes whole at the receiver what was dropped here") {
  const Parts evil("evil", 5);
  for (const auto& [a, b, held] :
       {std::tuple{evil.first, evil.middle, evil.last}, std::tuple{evil.last, evil.first, evil.middle}}) {
    InlineRun run(kDropEvil);
    CHECK(run.play_all({a, b, held}) == "aad");
    CHECK(run.play_all({held, held, a, b}) == "dddd");  // nor is it put together anew from old and new ones
    CHECK(run.count("\"event_type\":\"alert\"") >= 1);
  }
}

TEST_CASE("dropped datagrams: others go on, and the same identification once the receiver has forgotten") {
  const Parts evil("evil", 5), good("fine", 6), later("fine", 5);
  InlineRun run(kDropEvil, "defrag: {timeout: 30}\n");
  CHECK(run.play_all({evil.first, evil.middle, evil.last}) == "aad");
  CHECK(run.play_all({good.first, good.middle, good.last, good.last}) == "aaaa");
  CHECK(run.play_all({later.first, later.middle, later.last}) == "ddd");
  run.wait(31);
  CHECK(run.play_all({later.first, later.middle, later.last}) == "aaa");
}

TEST_CASE("dropped datagrams: detection alone holds nothing back") {
  const Parts evil("evil", 5);
  InlineRun run("alert udp any any -> any any (msg:\"evil\"; content:\"evil\"; sid:1;)", "", false);
  CHECK(run.play_all({evil.first, evil.middle, evil.last, evil.last}) == "aaaa");
}
