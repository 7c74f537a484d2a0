#include "engine/scan/hyper_log_log.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weir::engine {

void HyperLogLog::add(std::uint64_t hash) {
  const std::size_t place = hash >> (64U - kBits);
  const std::uint64_t rest = (hash << kBits) | (std::uint64_t{1} << (kBits - 1));  // ends the run of zeros
  registers_[place] = std::max(registers_[place], static_cast<std::uint8_t>(std::countl_zero(rest) + 1));
}

void HyperLogLog::merge(const HyperLogLog& other) {
  for (std::size_t i = 0; i < registers_.size(); ++i)
    registers_[i] = std::max(registers_[i], other.registers_[i]);
}

std::uint64_t HyperLogLog::estimate() const {
  const auto size = static_cast<double>(registers_.size());
  double sum = 0;
  std::size_t empty = 0;
  for (const std::uint8_t value : registers_) {
    sum += std::ldexp(1.0, -static_cast<int>(value));
    empty += value == 0 ? 1 : 0;
  }
  const double alpha = 0.7213 / (1 + 1.079 / size);
  double estimate = alpha * size * size / sum;
  if (estimate <= 2.5 * size && empty != 0) estimate = size * std::log(size / static_cast<double>(empty));
  return static_cast<std::uint64_t>(std::llround(estimate));
}

}  // namespace weir::engine
