#include <doctest/doctest.h>

#include "engine/live/sources/pulse.h"

using namespace weir::engine;
using std::chrono::hours, std::chrono::milliseconds;

TEST_CASE("silence watch: who has not beaten for so many looks is silent until it beats again") {
  SilenceWatch watch(3);
  SilenceWatch::Clock::time_point now{hours(1)};
  const auto look = [&](std::uint64_t beats) {
    return watch.is_silent(beats, now += SilenceWatch::kBetweenLooks);
  };
  CHECK_FALSE(look(7));
  CHECK_FALSE(look(7));
  CHECK_FALSE(look(7));
  CHECK(look(7));
  CHECK(look(7));
  CHECK_FALSE(look(8));
  CHECK_FALSE(look(8));
  watch.begin_anew();
  CHECK_FALSE(look(8));
  CHECK_FALSE(look(8));
  CHECK(look(8));
}

TEST_CASE("silence watch: neither many looks at once nor one long pause of all processes is silence") {
  SilenceWatch watch(3);
  SilenceWatch::Clock::time_point now{hours(1)};
  for (int i = 0; i < 100; ++i) CHECK_FALSE(watch.is_silent(5, now += milliseconds(1)));
  CHECK_FALSE(watch.is_silent(5, now += hours(10)));
  CHECK_FALSE(watch.is_silent(5, now += SilenceWatch::kBetweenLooks));
  CHECK(watch.is_silent(5, now += SilenceWatch::kBetweenLooks));
}

TEST_CASE("pulse board: every worker and the guards have a pulse of their own") {
  const auto board = PulseBoard::make(3);
  REQUIRE(board.has_value());
  for (Pulse& pulse : board->pulses()) pulse.beats.fetch_add(1);
  board->guards().guard.fetch_add(2);
  CHECK(board->pulses().size() == 3);
  for (const Pulse& pulse : board->pulses()) CHECK(pulse.beats.load() == 1);
  CHECK(board->guards().guard.load() == 2);
  CHECK(board->guards().spare.load() == 0);
}
