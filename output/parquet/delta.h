// DELTA_BINARY_PACKED of Encodings.md: the first number, then differences to the one before, packed in blocks. Differences wrap.
#pragma once

#include <cstdint>
#include <span>

#include "decoders/byte_cursor.h"
#include "output/parquet/bit_packing.h"

namespace weir::output::parquet {

// How many bits a difference gets: as few as hold it, or whole bytes, which a compressor makes more of.
enum class DeltaWidths : std::uint8_t { least, bytes };

// Appends `values`, numbers of 32 or 64 bits (`bits`; of 32 the lower ones count).
void put_delta(std::span<const std::uint64_t> values, unsigned bits, DeltaWidths widths, Buffer& out);

// Fills `out` with the lower `bits` (32 or 64) of each number. False: it is not so many, or broken.
bool take_delta(ByteCursor& in, unsigned bits, std::span<std::uint64_t> out);

}  // namespace weir::output::parquet
