// The part of Apache Parquet that tables of ours need: flat columns of numbers, points in time and texts.
//
// Source: the format's documents, github.com/apache/parquet-format: README.md, Encodings.md, BloomFilter.md, PageIndex.md and
// parquet.thrift.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace weir::output::parquet {

// What a value is. All numbers are handed on as 64 bits.
enum class Kind : std::uint8_t {
  u8,       // INT32, INTEGER(8, unsigned)
  u16,      // INT32, INTEGER(16, unsigned)
  u32,      // INT32, INTEGER(32, unsigned)
  u64,      // INT64, INTEGER(64, unsigned)
  i64,      // INT64
  boolean,  // BOOLEAN, 0 or 1
  time_us,  // INT64, TIMESTAMP(MICROS, adjusted to UTC)
  text      // BYTE_ARRAY, STRING
};

struct Column {
  std::string name;
  Kind kind = Kind::u64;
  bool is_optional = false;  // it has rows without a value (null)
  bool has_bloom = false;    // writer: a split-block Bloom filter for each row group
};

// Why a file could not be read: "FILE: row group 3, column src_ip, page 2: what is wrong".
using Problem = std::string;
template <class T>
using Read = tl::expected<T, Problem>;

}  // namespace weir::output::parquet
