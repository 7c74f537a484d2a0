// How many different things there were, of any number of them, in 2 KB; the standard error is 2.3 %.
// (Flajolet, Fusy, Gandouet, Meunier: HyperLogLog, 2007, with counting of empty registers for small numbers.)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::engine {

class HyperLogLog {
 public:
  // All bits of the hash are used.
  void add(std::uint64_t hash);
  // As if all that the other one took had been added here.
  void merge(const HyperLogLog& other);
  [[nodiscard]] std::uint64_t estimate() const;

 private:
  static constexpr unsigned kBits = 11;
  std::array<std::uint8_t, std::size_t{1} << kBits> registers_{};  // the most leading zeros seen, and 1
};

}  // namespace weir::engine
