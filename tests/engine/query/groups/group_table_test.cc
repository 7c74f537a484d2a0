#include "engine/query/groups/group_table.h"

#include <doctest/doctest.h>

#include <limits>
#include <map>

namespace weir::engine {
namespace {

constexpr std::uint64_t kTableSeed = 7;

Sums sums_with_bytes(std::uint64_t bytes) {
  Sums out;
  out.flows = 1;
  out.bytes = {bytes, 0};
  return out;
}

void add_bytes(GroupTable& table, std::uint64_t key, std::uint64_t bytes) {
  table.add(&key, table.hash(&key), sums_with_bytes(bytes));
}
std::uint64_t bytes_of(const GroupTable& table, std::uint64_t key) {
  const Sums* const found = table.find(&key, table.hash(&key));
  return found == nullptr ? 0 : found->all_bytes();
}

}  // namespace

TEST_CASE("group table: each key has its own sums, however many there are") {
  GroupTable table(1, 100'000, Measure::bytes, kTableSeed);
  for (std::uint64_t round = 1; round <= 3; ++round)
    for (std::uint64_t key = 0; key < 20'000; ++key) add_bytes(table, key, key * round);
  CHECK(table.size() == 20'000);
  CHECK(table.dropped() == 0);
  std::uint64_t wrong = 0;
  for (std::uint64_t key = 0; key < 20'000; ++key) wrong += bytes_of(table, key) != key * 6 ? 1 : 0;
  CHECK(wrong == 0);
  CHECK(bytes_of(table, 20'000) == 0);
}

TEST_CASE("group table: where it is full the least go, and nothing is short by more than is told") {
  constexpr std::uint64_t kHeavy = 100, kLight = 50'000;
  GroupTable table(1, 1000, Measure::bytes, kTableSeed);
  std::map<std::uint64_t, std::uint64_t> truth;
  const auto add = [&](std::uint64_t key, std::uint64_t bytes) {
    add_bytes(table, key, bytes);
    truth[key] += bytes;
  };
  for (std::uint64_t light = 0; light < kLight; ++light) {
    add(kHeavy + light, 1 + light % 3);
    add(light % kHeavy, 1000);
  }
  CHECK(table.size() <= 1000);
  CHECK(table.dropped() >= kLight - 1000);
  CHECK(table.short_by() < 1000);
  for (std::uint64_t key = 0; key < kHeavy; ++key) {
    CAPTURE(key);
    CHECK(bytes_of(table, key) <= truth[key]);
    CHECK(truth[key] - bytes_of(table, key) <= table.short_by());
  }
}

TEST_CASE("group table: groups that all have the same go by half") {
  GroupTable table(1, 1000, Measure::flows, kTableSeed);
  for (std::uint64_t key = 0; key < 1001; ++key) add_bytes(table, key, 5);
  CHECK(table.size() == 501);
  CHECK(table.dropped() == 500);
}

TEST_CASE("group table: two tables become one") {
  GroupTable a(1, 100'000, Measure::bytes, kTableSeed), b(1, 100'000, Measure::bytes, kTableSeed);
  for (std::uint64_t key = 0; key < 10'000; ++key) {
    add_bytes(a, key, 1);
    add_bytes(b, key + 5000, 2);
  }
  a.merge(b, [](std::uint64_t*) {});
  CHECK(a.size() == 15'000);
  CHECK(b.size() == 0);
  CHECK(bytes_of(a, 0) == 1);
  CHECK(bytes_of(a, 5000) == 3);
  CHECK(bytes_of(a, 14'999) == 2);
}

TEST_CASE("group table: sums that do not fit stay at the greatest number") {
  constexpr std::uint64_t kGreatest = std::numeric_limits<std::uint64_t>::max();
  Sums sums = sums_with_bytes(kGreatest - 1);
  sums.add(sums_with_bytes(5));
  CHECK(sums.bytes[0] == kGreatest);
  sums.bytes[1] = 7;
  CHECK(sums.all_bytes() == kGreatest);
}

TEST_CASE("group table: rates are over the time from the first to the last packet, and 0 without one") {
  Sums sums = sums_with_bytes(1000);
  sums.packets = {3, 1};
  CHECK(measure(sums, Measure::bits_a_second) == 0);
  sums.first = 1'000'000;
  sums.last = 3'000'000;
  CHECK(measure(sums, Measure::bits_a_second) == 4000);
  CHECK(measure(sums, Measure::packets_a_second) == 2);
  CHECK(measure(sums, Measure::bytes_a_packet) == 250);
}

}  // namespace weir::engine
