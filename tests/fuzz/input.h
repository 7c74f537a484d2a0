// Takes an input apart, from its front. What is asked for beyond the end is zeros or empty, so that a target can be written
// as if its input were whole, and a mutation in the middle leaves the meaning of what stands before it alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "decoders/types.h"

namespace weir::fuzz {

class Input {
 public:
  explicit Input(Bytes bytes) : rest_(bytes) {}
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::uint8_t u8() {
    const Bytes one = bytes(1);
    return one.empty() ? std::uint8_t{0} : one[0];
  }
  // Most significant byte first, as on the wire.
  std::uint16_t u16() {
    const unsigned high = u8();
    return static_cast<std::uint16_t>(high << 8U | u8());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16U | u16();
  }
  // The next n bytes, or as many as there are; views into the input.
  Bytes bytes(std::size_t n) {
    const Bytes out = rest_.first(std::min(n, rest_.size()));
    rest_ = rest_.subspan(out.size());
    return out;
  }
  Bytes rest() { return bytes(rest_.size()); }
  std::string_view text(std::size_t n) { return as_text(bytes(n)); }
  std::string_view rest_text() { return as_text(rest()); }

 private:
  static std::string_view as_text(Bytes b) { return {reinterpret_cast<const char*>(b.data()), b.size()}; }
  Bytes rest_;
};

}  // namespace weir::fuzz
