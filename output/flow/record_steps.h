// How much of a record falls into which step of time: packets and bytes are spread evenly over the time it lasted, and its flows count
// in the step that it began in. One place for `series` and for rollups, so that both say the same.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "decoders/flow/record.h"

namespace weir::output {

// More steps of one record are not told apart: all of it counts for the one it began in.
inline constexpr std::uint64_t kMaxRecordSteps = 4096;

// What falls into one step.
struct StepShare {
  std::uint32_t step = 0;  // counted from 1970
  bool is_first = false;   // the record began here
  std::array<std::uint64_t, 2> packets{}, bytes{};
  TimeUs first = 0, last = 0;
};

// The place of a step, counted from 1970.
inline std::uint32_t step_at(TimeUs time, TimeUs step) {
  return static_cast<std::uint32_t>(
      std::clamp<TimeUs>(time / step, 0, std::numeric_limits<std::uint32_t>::max()));
}

// How much of `amount` has come when `part` of `whole` is over.
inline std::uint64_t share_of(std::uint64_t amount, TimeUs part, TimeUs whole) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(Wide{amount} * static_cast<std::uint64_t>(part) /
                                    static_cast<std::uint64_t>(whole));
}

// Calls visit(StepShare) for each step of `step` microseconds that the record was alive in, in their order, at most `most` of them.
// False: it lasted more steps than that, and has been told as one.
template <class Visit>
bool visit_steps(const flow::Record& r, TimeUs step, std::uint64_t most, Visit&& visit) {
  constexpr TimeUs kLatest =
      std::numeric_limits<TimeUs>::max() / 4;  // times that were made up must not overflow
  const auto [begin_time, end_time] = times_of(r);
  const TimeUs first = std::clamp<TimeUs>(begin_time, 0, kLatest),
               length = std::clamp<TimeUs>(end_time, first, kLatest) - first;
  const std::uint32_t begin = step_at(first, step), end = step_at(first + length, step);
  if (begin == end || end - begin >= most) {
    visit(StepShare{.step = begin,
                    .is_first = true,
                    .packets = {r.sides[0].packets, r.sides[1].packets},
                    .bytes = {r.sides[0].bytes, r.sides[1].bytes},
                    .first = begin_time,
                    .last = end_time});
    return begin == end;
  }
  std::array<std::uint64_t, 2> packets{}, bytes{};  // of the steps before
  for (std::uint32_t at = begin; at <= end; ++at) {
    const TimeUs passed = at == end ? length : (TimeUs{at} + 1) * step - first;
    StepShare share{.step = at,
                    .is_first = at == begin,
                    .packets = {},
                    .bytes = {},
                    .first = at == begin ? begin_time : TimeUs{at} * step,
                    .last = at == end ? end_time : (TimeUs{at} + 1) * step - 1};
    for (std::size_t i = 0; i < 2; ++i) {
      const std::uint64_t so_far = share_of(r.sides[i].packets, passed, length),
                          bytes_so_far = share_of(r.sides[i].bytes, passed, length);
      share.packets[i] = so_far - packets[i];
      share.bytes[i] = bytes_so_far - bytes[i];
      packets[i] = so_far;
      bytes[i] = bytes_so_far;
    }
    visit(static_cast<const StepShare&>(share));
  }
  return true;
}

}  // namespace weir::output
