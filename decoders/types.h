// Words that every folder shares.
#pragma once

#include <cstdint>
#include <span>

namespace weir {

// A view of bytes that somebody else owns; each function that returns one says for how long.
using Bytes = std::span<const std::uint8_t>;

// Microseconds since 1970-01-01 UTC, as captures carry them (nanoseconds are cut off).
using TimeUs = std::int64_t;

// The side that opened the flow is the client.
enum class Direction : std::uint8_t { to_server = 0, to_client = 1 };

constexpr Direction opposite(Direction d) {
  return d == Direction::to_server ? Direction::to_client : Direction::to_server;
}
constexpr std::size_t index(Direction d) { return static_cast<std::size_t>(d); }

}  // namespace weir
