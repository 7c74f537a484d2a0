#include "engine/query/distinct_count.h"

#include <doctest/doctest.h>

#include "engine/scan/scan_hash.h"

namespace weir::engine {
namespace {

void add_numbers(DistinctCount& count, std::uint64_t begin, std::uint64_t end) {
  for (std::uint64_t n = begin; n < end; ++n) count.add(scan_hash(n, 99));
}

}  // namespace

TEST_CASE("distinct count: exact up to its cap, whatever comes again, and near beyond") {
  DistinctCount count;
  add_numbers(count, 0, DistinctCount::kMostExact);
  add_numbers(count, 0, 5000);
  CHECK(count.is_exact());
  CHECK(count.estimate() == DistinctCount::kMostExact);
  add_numbers(count, 0, 100'000);
  CHECK_FALSE(count.is_exact());
  CHECK(count.estimate() > 90'000);
  CHECK(count.estimate() < 110'000);
}

TEST_CASE("distinct count: what two have in common counts once") {
  DistinctCount a, b, c;
  add_numbers(a, 0, 3000);
  add_numbers(b, 2000, 4000);
  add_numbers(c, 0, 50'000);
  a.merge(b);
  CHECK(a.is_exact());
  CHECK(a.estimate() == 4000);
  a.merge(c);
  CHECK_FALSE(a.is_exact());
  CHECK(a.estimate() > 45'000);
  CHECK(a.estimate() < 55'000);
}

}  // namespace weir::engine
