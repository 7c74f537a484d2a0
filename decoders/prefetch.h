// Lets the memory of an object come while something else is computed: what belongs to one flow lies in several places, and
// waiting for them one after the other is the larger part of what a packet of a flow costs that was not touched lately.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir {

// A hint: it reads nothing and never fails; null is allowed. One instruction a cache line.
template <class T>
[[gnu::always_inline]] inline void prefetch(const T* object) {
  constexpr std::size_t kCacheLine = 64;
  const auto at = reinterpret_cast<std::uintptr_t>(object);  // a number, as null has no bytes to count from
  for (std::size_t offset = 0; offset < sizeof(T); offset += kCacheLine)
    __builtin_prefetch(reinterpret_cast<const void*>(at + offset));
}

}  // namespace weir
