// What of a record stands in which column of the store (columns.def), and how it gets there and back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "decoders/flow/fields.h"
#include "decoders/flow/record.h"
#include "output/parquet/schema.h"

namespace weir::output {

// What a number column says for a row that has no value.
inline constexpr std::uint64_t kNoValue = std::uint64_t{1} << 63U;

// Room for a text that is made, not kept: hexadecimal payload is the longest.
inline constexpr std::size_t kColumnTextBytes = 1056;
using ColumnText = std::array<char, kColumnTextBytes>;

// Where texts that are made while records are read have room.
class TextRoom {
 public:
  explicit TextRoom(std::size_t bytes) : bytes_(bytes) {}
  // Room for `size` more; empty when there is none.
  std::span<char> take(std::size_t size) {
    if (size > bytes_.size() - used_) return {};
    used_ += size;
    return std::span{bytes_}.subspan(used_ - size, size);
  }
  void clear() { used_ = 0; }

 private:
  std::vector<char> bytes_;
  std::size_t used_ = 0;
};

// Records that are being read, and a detail for each: who puts something into it has the record point to it.
struct RecordRows {
  std::span<flow::Record> records;
  std::span<flow::Detail> details;
};

// One column. Of the functions those are there that its form has.
struct RecordColumn {
  enum class Form : std::uint8_t { number, text, address };
  std::string_view name;
  parquet::Kind kind = parquet::Kind::u64;
  Form form = Form::number;
  bool is_optional = false;
  bool has_bloom = false;
  flow::Field field = flow::Field::detail;
  // Only of rollups: no database has it.
  [[nodiscard]] bool is_of_rollups() const { return name == "rollup" || name == "flows"; }

  // Of a record, with its detail or an empty one. kNoValue: none, of optional columns.
  std::uint64_t (*number)(const flow::Record& r, const flow::Detail& d) = nullptr;
  // Empty: none. Of the record, or made in `room`.
  std::string_view (*text)(const flow::Record& r, const flow::Detail& d, ColumnText& room) = nullptr;
  const IpAddress& (*address)(const flow::Record& r, const flow::Detail& d) = nullptr;

  // Values of rows, for the first values.size() records; `present` (empty: all) says where there is none: those are not touched.
  void (*put_numbers)(const RecordRows& rows, std::span<const std::uint64_t> values,
                      std::span<const std::uint8_t> present) = nullptr;
  // One value. A text that stands for a number or an address and is none leaves it as it is. Texts must live as long as the record;
  // payload is made from hexadecimal in `room`.
  void (*put_text)(flow::Record& r, flow::Detail& d, std::string_view value, TextRoom& room) = nullptr;
  void (*put_address)(flow::Record& r, flow::Detail& d, const IpAddress& value) = nullptr;
};

// In the order of columns.def. `times` columns come in the order in which they must be put: each goes by those before it.
std::span<const RecordColumn> record_columns();

}  // namespace weir::output
