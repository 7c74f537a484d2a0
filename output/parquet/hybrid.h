// Runs of one number, and of numbers packed bit by bit: what Encodings.md calls the RLE / bit-packing hybrid. Dictionary indexes, levels
// (has this row a value?) and truth values are written with it.
#pragma once

#include <cstdint>
#include <span>

#include "decoders/byte_cursor.h"
#include "output/parquet/bit_packing.h"

namespace weir::output::parquet {

// Appends one run: `value`, so many times.
void put_repeated(std::size_t count, std::uint32_t value, unsigned width, Buffer& out);
// Appends `values` (at least one) as one packed run, or as one repeated number when they are all the same.
void put_hybrid(std::span<const std::uint32_t> values, unsigned width, Buffer& out);
// Appends numbers of one bit, as runs of whatever kind is shorter.
void put_levels(std::span<const std::uint8_t> levels, Buffer& out);

// Fills `out`. False: the bytes end before, or claim what cannot be. `width`: at most the bits of a number of `out`.
bool take_hybrid(ByteCursor& in, unsigned width, std::span<std::uint8_t> out);
bool take_hybrid(ByteCursor& in, unsigned width, std::span<std::uint32_t> out);

}  // namespace weir::output::parquet
