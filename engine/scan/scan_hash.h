// Hashes of addresses and of what was tried, under a seed that nobody outside knows: else somebody could choose targets that are
// counted as one.
#pragma once

#include <cstdint>
#include <cstring>
#include <random>

#include "decoders/ip_address.h"

namespace weir::engine {

inline std::uint64_t random_scan_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

// One step: what follows from one alone is too regular to count by.
inline std::uint64_t mix_scan_hash(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a ^ 0x9E3779B97F4A7C15ULL} * (b ^ 0xC2B2AE3D27D4EB4FULL);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

inline std::uint64_t scan_hash(const IpAddress& address, std::uint64_t seed) {
  std::uint64_t halves[2];
  std::memcpy(halves, address.bytes.data(), sizeof halves);
  return mix_scan_hash(mix_scan_hash(halves[0], seed) ^ halves[1], seed + address.family);
}

inline std::uint64_t scan_hash(std::uint64_t number, std::uint64_t seed) {
  return mix_scan_hash(mix_scan_hash(number, seed), ~seed);
}

inline std::uint64_t scan_hash(const IpAddress& target, std::uint16_t port, std::uint8_t protocol,
                               std::uint64_t seed) {
  return mix_scan_hash(scan_hash(target, seed), (std::uint64_t{port} << 8U | protocol) + seed);
}

}  // namespace weir::engine
