// Sequence number arithmetic, RFC 9293 3.4: the 32-bit circle, compared over less than half of it.
#pragma once

#include <cstdint>

namespace weir::engine {

constexpr std::int32_t seq_distance(std::uint32_t from, std::uint32_t to) {
  return static_cast<std::int32_t>(to - from);
}
constexpr bool seq_lt(std::uint32_t a, std::uint32_t b) {
  return seq_distance(b, a) < 0;
}
constexpr bool seq_leq(std::uint32_t a, std::uint32_t b) {
  return seq_distance(b, a) <= 0;
}
constexpr bool seq_gt(std::uint32_t a, std::uint32_t b) {
  return seq_distance(b, a) > 0;
}
constexpr bool seq_geq(std::uint32_t a, std::uint32_t b) {
  return seq_distance(b, a) >= 0;
}
constexpr std::uint32_t seq_max(std::uint32_t a, std::uint32_t b) {
  return seq_lt(a, b) ? b : a;
}

}  // namespace weir::engine
