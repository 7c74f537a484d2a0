// A text as a number that stands for it: for comparing what is too long to be kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::rules {

struct TextHash {
  std::uint64_t high = 0, low = 0;
  static TextHash of(std::string_view text);  // XXH3, 128 bits
  auto operator<=>(const TextHash&) const = default;

  struct Hash {  // for unordered containers
    std::size_t operator()(const TextHash& h) const { return static_cast<std::size_t>(h.low); }
  };
};

}  // namespace weir::rules
