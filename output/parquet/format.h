// Names of Parquet's numbers, and what its metadata says of a column, a part of one, and a page, as far as it is used here
// (parquet.thrift).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "output/parquet/schema.h"

namespace weir::output::parquet {

inline constexpr std::string_view kMagic = "PAR1";

enum class Physical : std::uint8_t {
  boolean = 0,
  int32 = 1,
  int64 = 2,
  int96 = 3,
  float32 = 4,
  float64 = 5,
  byte_array = 6,
  fixed_len_byte_array = 7
};
enum class Encoding : std::uint8_t {
  plain = 0,
  plain_dictionary = 2,
  rle = 3,
  bit_packed = 4,
  delta_binary_packed = 5,
  delta_length_byte_array = 6,
  delta_byte_array = 7,
  rle_dictionary = 8,
  byte_stream_split = 9
};
enum class Codec : std::uint8_t {
  uncompressed = 0,
  snappy = 1,
  gzip = 2,
  lzo = 3,
  brotli = 4,
  lz4 = 5,
  zstd = 6,
  lz4_raw = 7
};
enum class PageType : std::uint8_t { data = 0, index = 1, dictionary = 2, data_v2 = 3 };

// By what a stored number must be multiplied or divided to be what the column's kind says.
enum class Scale : std::uint8_t { none, from_milliseconds, from_nanoseconds };

// How the values of a column are stored.
struct Storage {
  Physical physical = Physical::int64;
  Scale scale = Scale::none;
  bool is_optional = false;
  Kind kind = Kind::u64;
};

constexpr bool is_dictionary_encoding(Encoding encoding) {
  return encoding == Encoding::rle_dictionary || encoding == Encoding::plain_dictionary;
}
constexpr unsigned bits_of(Physical physical) {
  return physical == Physical::int32 ? 32 : 64;
}
// Whether numbers of that kind are ordered by their sign.
constexpr bool is_signed(Kind kind) {
  return kind == Kind::i64 || kind == Kind::time_us;
}
constexpr Physical physical_of(Kind kind) {
  switch (kind) {
    case Kind::u8:
    case Kind::u16:
    case Kind::u32: return Physical::int32;
    case Kind::boolean: return Physical::boolean;
    case Kind::text: return Physical::byte_array;
    default: return Physical::int64;
  }
}

// One column of one row group. Offsets are from the begin of the file; 0 for what is not there.
struct ChunkMeta {
  std::uint64_t values = 0;  // those that are missing, too
  std::uint64_t data_offset = 0, dictionary_offset = 0;
  std::uint64_t stored_bytes = 0, unpacked_bytes = 0;
  std::uint64_t bloom_offset = 0, offset_index_offset = 0, column_index_offset = 0;
  std::uint32_t bloom_bytes = 0, offset_index_bytes = 0, column_index_bytes = 0;
  std::uint32_t encodings = 0;   // 1 << Encoding
  bool has_other_pages = false;  // by statistics of encodings: some pages are not encoded with the dictionary
  bool has_encoding_statistics = false;
  bool has_range = false;  // of numbers: `least` and `greatest` as they are stored, filled up with zero bits
  std::uint64_t least = 0, greatest = 0;
  std::optional<std::uint64_t> nulls;
  Physical physical = Physical::int64;
  Codec codec = Codec::uncompressed;

  void add(Encoding encoding) { encodings |= 1U << static_cast<unsigned>(encoding); }
  [[nodiscard]] bool has(Encoding encoding) const {
    return (encodings >> static_cast<unsigned>(encoding) & 1U) != 0;
  }
  [[nodiscard]] bool is_all_null() const { return nulls == values; }
  // All pages are encoded with the dictionary. Not sure: false.
  [[nodiscard]] bool is_all_dictionary() const {
    if (is_all_null()) return true;
    if (has_encoding_statistics) return !has_other_pages;
    return (has(Encoding::rle_dictionary) || has(Encoding::plain_dictionary)) && !has(Encoding::plain) &&
           !has(Encoding::delta_length_byte_array) && !has(Encoding::delta_byte_array) &&
           !has(Encoding::delta_binary_packed);
  }
  [[nodiscard]] std::uint64_t begin() const {
    return dictionary_offset != 0 && dictionary_offset < data_offset ? dictionary_offset : data_offset;
  }
};

}  // namespace weir::output::parquet
