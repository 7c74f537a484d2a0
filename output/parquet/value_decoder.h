// The values of a page in each of the encodings that are read.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "output/parquet/bit_packing.h"
#include "output/parquet/format.h"

namespace weir::output::parquet {

// Each fails with the reason alone.
using Decoded = tl::expected<void, std::string>;

// Numbers in PLAIN, DELTA_BINARY_PACKED or (truth values) RLE; as they are stored, filled up with zero bits. Not for indexes.
Decoded decode_numbers(Encoding encoding, Physical physical, Bytes in, std::span<std::uint64_t> out);
// Stored numbers as what the kind says: with sign, in microseconds.
void convert_numbers(const Storage& storage, std::span<std::uint64_t> numbers);
// Indexes of a dictionary that has so many entries.
Decoded decode_indexes(Bytes in, std::size_t entries, std::span<std::uint32_t> out);
// Texts in PLAIN, DELTA_LENGTH_BYTE_ARRAY or DELTA_BYTE_ARRAY: views into `in`, or into `room`, which is filled for the last one.
Decoded decode_texts(Encoding encoding, Bytes in, std::span<std::string_view> out, Buffer& room);

}  // namespace weir::output::parquet
