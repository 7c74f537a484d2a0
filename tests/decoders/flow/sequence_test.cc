#include "decoders/flow/sequence.h"

#include <doctest/doctest.h>

#include <initializer_list>

#include "decoders/flow/exporter_state.h"

using weir::flow::LossCount;
using weir::flow::Sequence;

namespace {

struct Seen {
  std::uint32_t number, steps;
  bool known = true;
};

std::uint64_t lost_of(std::initializer_list<Seen> messages) {
  Sequence sequence;
  for (const Seen& m : messages) sequence.observe(m.number, m.steps, m.known);
  return sequence.lost();
}

}  // namespace

TEST_CASE("sequence: what is skipped is lost, and what comes late is given back") {
  CHECK(lost_of({{5, 10}, {15, 10}}) == 0);
  CHECK(lost_of({{0, 10}, {17, 10}}) == 7);
  CHECK(lost_of({{0, 10}, {20, 10}, {10, 10}, {30, 10}}) == 0);
  CHECK(lost_of({{0, 10}, {40, 10}, {20, 10}}) == 20);
  CHECK(lost_of({{0, 10}, {40, 10}, {20, 10}, {30, 10}, {10, 10}}) == 0);
}

TEST_CASE("sequence: a message that comes twice gives nothing back") {
  CHECK(lost_of({{0, 10}, {10, 10}, {30, 10}, {10, 10}, {40, 10}}) == 10);
  CHECK(lost_of({{0, 10}, {20, 10}, {10, 10}, {10, 10}, {30, 10}}) == 0);
}

TEST_CASE("sequence: an exporter that starts anew has lost nothing") {
  CHECK(lost_of({{3'000'000'000U, 10}, {0, 10}, {10, 10}}) == 0);
  CHECK(lost_of({{100, 10}, {110, 10}, {0, 10}, {10, 10}, {25, 10}}) == 5);
}

TEST_CASE("sequence: the number wraps") {
  CHECK(lost_of({{0xfffffffbU, 10}, {5, 10}}) == 0);
  CHECK(lost_of({{0xfffffffbU, 10}, {8, 10}}) == 3);
}

TEST_CASE("sequence: behind a message whose records nobody could count the next one is believed") {
  CHECK(lost_of({{0, 10}, {10, 0, false}, {35, 10}, {45, 1}}) == 0);
}

TEST_CASE("sequence: processes at one address may count together or apart") {
  LossCount together, apart;
  for (std::uint32_t i = 0; i < 20; ++i) together.observe(i % 2 == 0 ? 1000 : 2000, i, 1, true);
  CHECK(together.lost() == 0);
  for (std::uint32_t i = 0; i < 20; ++i)
    apart.observe(i % 2 == 0 ? 1000 : 2000, i % 2 == 0 ? i / 2 : 5000 + i / 2, 1, true);
  CHECK(apart.lost() == 0);
}
