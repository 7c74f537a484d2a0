// Finds which of a few dozen literals stand at their places near the start of a direction.
//
// Each place at which a literal can begin costs one look-up by the byte that stands there, and one comparison for each
// literal that begins with it. Nothing is compiled, so that a scan of a small capture does not wait for it. Immutable
// after build(); shared by all workers.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "decoders/app/probe.h"
#include "decoders/types.h"

namespace weir::engine {

class FirstBytes {
 public:
  static constexpr std::size_t kMaxPatterns = 512;            // of all that share numbers
  using Hits = std::array<std::uint64_t, kMaxPatterns / 64>;  // bit n % 64 of word n / 64 for pattern n

  // `number` is below kMaxPatterns; the pattern's bytes are not empty and outlive this. Before build().
  void add(const ProbePattern& pattern, std::size_t number);
  void build();

  // How many bytes have been looked at when there is nothing more to find; 0 without patterns.
  [[nodiscard]] std::size_t reach() const { return reach_; }

  // Sets the number of each pattern that stands in `data`, which begins with the first byte of the direction.
  void find(Bytes data, Hits& hits) const;

 private:
  struct Entry {
    std::size_t place = 0;  // where it begins
    std::uint8_t first = 0;
    std::uint16_t number = 0;
    bool nocase = false;
    std::string_view bytes;
  };
  struct Place {
    std::size_t at = 0;
    // Entry first_with[b] is the first one here that begins with the byte b; first_with[b + 1] is behind the last.
    std::array<std::uint16_t, 257> first_with{};
  };

  std::vector<Entry> entries_;  // by place, then by first byte
  std::vector<Place> places_;
  std::size_t reach_ = 0;
};

}  // namespace weir::engine
