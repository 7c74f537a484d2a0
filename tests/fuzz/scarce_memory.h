// Memory that runs out, in the program weir_fuzz_memory (run.sh --memory): there operator new and malloc of the whole program,
// libraries included, ask allocation_fails(). In weir_fuzz nobody asks, and nothing fails.
//
// A target marks with scarcely() the calls that are the engine's; only their allocations count and fail, so that a target
// itself has memory whenever it needs some. main.cc runs an input once with memory for all, to count, and then again with
// allocations failing as the end of the input says.
#pragma once

#include <cstdint>
#include <new>
#include <utility>

#include "decoders/types.h"

namespace weir::fuzz {

// Of the allocations of a run, in their order from 0: every `step`-th from `first` on fails, and none from `end` on.
struct FailurePlan {
  std::uint64_t first = UINT64_MAX, end = UINT64_MAX, step = 1;
  // For a run that makes `allocations`, at least 1: which fail, and how many, by the last four bytes of `input`.
  static FailurePlan from(Bytes input, std::uint64_t allocations);
};

void begin_run(const FailurePlan& plan);
// There is memory again, for the rest of the run.
void stop_failing();
// In this run so far, inside scarcely(): how many there were, and how many of them failed.
std::uint64_t counted_allocations();
std::uint64_t failed_allocations();
// Counts one of this thread.
bool allocation_fails() noexcept;

// Allocations of this thread count and may fail while it lives, or do not, inside such a time.
class Supply {
 public:
  explicit Supply(bool scarce);
  ~Supply();
  Supply(const Supply&) = delete;
  Supply& operator=(const Supply&) = delete;

 private:
  bool before_;
};

// Whether f() came to its end; it did not when an allocation failed and f could do nothing without it.
template <class F>
bool scarcely(F&& f) try {
  const Supply scarce(true);
  std::forward<F>(f)();
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

}  // namespace weir::fuzz
