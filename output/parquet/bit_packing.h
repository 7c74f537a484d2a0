// Numbers of some bits each, one behind the other, the lowest bit first: how Parquet packs them (Encodings.md, RLE and DELTAENC).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "decoders/types.h"

namespace weir::output::parquet {

using Buffer = std::vector<std::uint8_t>;

// Bytes that `count` numbers of `width` bits take.
constexpr std::size_t packed_bytes(std::size_t count, unsigned width) {
  return (count * width + 7) / 8;
}

// Bits that hold all numbers up to `greatest`.
constexpr unsigned width_of(std::uint64_t greatest) {
  unsigned width = 0;
  for (; greatest != 0; greatest >>= 1U) ++width;
  return width;
}

// Appends `values`, none of which has more than `width` bits (0 to 64).
void pack_bits(std::span<const std::uint32_t> values, unsigned width, Buffer& out);
void pack_bits(std::span<const std::uint64_t> values, unsigned width, Buffer& out);

// Fills `out` from `in`, which must hold packed_bytes(out.size(), width): the caller has looked. `width` is at most the bits of
// a number of `out`. Some 1 ns a number.
void unpack_bits(Bytes in, unsigned width, std::span<std::uint8_t> out);
void unpack_bits(Bytes in, unsigned width, std::span<std::uint32_t> out);
void unpack_bits(Bytes in, unsigned width, std::span<std::uint64_t> out);

}  // namespace weir::output::parquet
