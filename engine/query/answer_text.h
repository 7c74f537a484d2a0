// Pieces of the lines that a question answers a person with (Answer::before).
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "decoders/types.h"

namespace weir::engine {

// "10:00:00", with the date before it: "2026-11-30 10:00:00". Local time.
std::string clock_text(TimeUs time, bool with_date);
// "10:00", the hour that the time is in, and the end of that.
std::string hour_text(TimeUs time);
// When that hour began.
TimeUs hour_begin(TimeUs time);
// Whether both are on one day of local time.
bool is_same_day(TimeUs a, TimeUs b);
// Lines in the order of addresses would tell of these when they are anonymised: `what` comes in no order then.
template <class T>
void mix_when_hidden(std::vector<T>& what, bool is_hidden) {
  if (is_hidden) std::shuffle(what.begin(), what.end(), std::mt19937_64{std::random_device{}()});
}
// "60 attempts", "1 attempt".
std::string count_text(std::uint64_t count, const char* one, const char* many);

}  // namespace weir::engine
