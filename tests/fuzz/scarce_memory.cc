#include "tests/fuzz/scarce_memory.h"

#include "tests/fuzz/input.h"

namespace weir::fuzz {
namespace {

// Of this thread, and made before it runs: allocations may be asked about at any time.
thread_local constinit bool is_scarce = false;
thread_local constinit std::uint64_t counted = 0, failed = 0;
thread_local constinit FailurePlan plan;

}  // namespace

FailurePlan FailurePlan::from(Bytes input, std::uint64_t allocations) {
  Input tail(input.last(std::min<std::size_t>(input.size(), 4)));
  const std::uint8_t kind = tail.u8();
  const std::uint64_t place = std::uint64_t{tail.u16()} << 8U | tail.u8();
  FailurePlan out;
  out.first = place % allocations;
  const std::uint64_t number = (kind >> 2U) + std::uint64_t{2};
  switch (kind % 4) {
    case 0: out.end = out.first + 1; break;
    case 1: out.end = out.first + number; break;  // a few in a row
    case 2: out.step = number; break;             // now and then
    default: break;                               // all the rest
  }
  return out;
}

void begin_run(const FailurePlan& next) {
  plan = next;
  counted = failed = 0;
}

void stop_failing() {
  plan = {};
}
std::uint64_t counted_allocations() {
  return counted;
}
std::uint64_t failed_allocations() {
  return failed;
}

bool allocation_fails() noexcept {
  if (!is_scarce) return false;
  const std::uint64_t n = counted++;
  const bool fails = n >= plan.first && n < plan.end && (n - plan.first) % plan.step == 0;
  failed += fails;
  return fails;
}

Supply::Supply(bool scarce) : before_(std::exchange(is_scarce, scarce)) {}
Supply::~Supply() {
  is_scarce = before_;
}

}  // namespace weir::fuzz
