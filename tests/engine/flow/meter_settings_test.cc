#include "engine/flow/meter_settings.h"

#include <doctest/doctest.h>

#include "engine/config/config.h"

using weir::engine::Config;
using weir::engine::MeterSettings;

namespace {

MeterSettings meters_of(const std::string& yaml) {
  const auto config = Config::parse(yaml, "test.yaml", "");
  REQUIRE(config.has_value());
  return MeterSettings::from(*config);
}

}  // namespace

TEST_CASE("meter settings: parts of records come every minute, or as is said for all or for a protocol") {
  CHECK(meters_of("{}").report_every_s == std::array<std::int64_t, 4>{60, 60, 60, 60});
  CHECK(meters_of("weir: {flows: {status-interval: 0}}").report_every_s ==
        std::array<std::int64_t, 4>{0, 0, 0, 0});
  CHECK(
      meters_of("weir: {flows: {status-interval: 10, active-timeout: {tcp: 300, icmp: 0}}}").report_every_s ==
      std::array<std::int64_t, 4>{10, 300, 10, 0});
}

TEST_CASE("meter settings: a rate of sampling is one of N, in one of three ways") {
  using Sampling = MeterSettings::Sampling;
  struct Row {
    const char* text;
    Sampling how;
    std::uint32_t n;
  };
  for (const Row& row : {Row{"1:1", Sampling::all, 1}, Row{"1:100", Sampling::count, 100},
                         Row{"1:7:count", Sampling::count, 7}, Row{"1:7:random", Sampling::random, 7},
                         Row{"1:4294967295:flow", Sampling::flow, 4294967295}}) {
    CAPTURE(row.text);
    const auto sample = MeterSettings::parse_sample(row.text);
    REQUIRE(sample.has_value());
    CHECK(sample->how == row.how);
    CHECK(sample->n == row.n);
  }
  for (const char* text :
       {"", "1:", "1:0", "2:7", "7", "1:7:", "1:7:often", "1:-1", "1:4294967296", "1:7:flow:flow"}) {
    CAPTURE(text);
    CHECK_FALSE(MeterSettings::parse_sample(text).has_value());
  }
}

TEST_CASE("meter settings: so many packets are taken as the rate says, and at random ones from everywhere") {
  MeterSettings s;
  for (const auto how : {MeterSettings::Sampling::count, MeterSettings::Sampling::random}) {
    s.sample = {how, 10};
    int taken = 0, odd = 0;
    for (std::uint64_t number = 1; number <= 10'000; ++number) {
      if (!s.takes_packet(number)) continue;
      ++taken;
      odd += static_cast<int>(number % 2);
    }
    CHECK(taken >= 900);
    CHECK(taken <= 1100);
    CHECK((odd != 0) == (how == MeterSettings::Sampling::random));
  }
  CHECK(s.takes_flow(7));
  s.sample = {MeterSettings::Sampling::flow, 10};
  CHECK(s.takes_packet(7));
  CHECK(s.takes_flow(20));
  CHECK_FALSE(s.takes_flow(21));
}
