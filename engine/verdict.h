// What becomes of a packet in prevent mode; in detect mode it is only counted.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::engine {

enum class Verdict : std::uint8_t { accept, drop, reject };

}  // namespace weir::engine
