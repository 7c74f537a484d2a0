// Split-block Bloom filters (BloomFilter.md): blocks of 256 bits, of which each value sets eight. Values are told by their hash, XXH64
// with seed 0 of their plain encoding (of a text its bytes).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "output/parquet/bit_packing.h"

namespace weir::output::parquet {

inline constexpr std::size_t kBloomBlockBytes = 32;
inline constexpr std::size_t kMaxBloomBytes = std::size_t{128} << 20U;

std::uint64_t bloom_hash(std::string_view value);

class BloomFilter {
 public:
  // For so many different values: some one look-up in a hundred for one that is not there says yes (0.2 to 2.5 %).
  explicit BloomFilter(std::size_t values);
  void add(std::uint64_t hash);
  // Appends header and bits.
  void put(Buffer& out) const;

 private:
  Buffer bits_;
};

// The bits of the filter that `bytes` begin with, header first. None: it is none that can be read.
std::optional<Bytes> bloom_bits(Bytes bytes);
// False: the value is not in it. `bits` are those of bloom_bits().
bool bloom_may_have(Bytes bits, std::uint64_t hash);

}  // namespace weir::output::parquet
