#include "engine/scan/hyper_log_log.h"

#include <doctest/doctest.h>

#include <cmath>

#include "engine/scan/scan_hash.h"

using namespace weir::engine;

TEST_CASE("hyperloglog: within four standard errors, for few and for many") {
  for (const std::uint64_t count : {0U, 1U, 50U, 3000U, 20'000U, 1'000'000U}) {
    CAPTURE(count);
    HyperLogLog some;
    for (std::uint64_t i = 0; i < count; ++i)
      for (int twice = 0; twice < 2; ++twice) some.add(scan_hash(i, std::uint64_t{99}));
    CHECK(std::fabs(static_cast<double>(some.estimate()) - static_cast<double>(count)) <=
          0.1 * static_cast<double>(count));
  }
}

TEST_CASE("hyperloglog: merged is as if one had seen all") {
  HyperLogLog even, odd, all;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    (i % 2 == 0 ? even : odd).add(scan_hash(i, 1));
    all.add(scan_hash(i, 1));
  }
  even.merge(odd);
  CHECK(even.estimate() == all.estimate());
}
