// Where the pages of a column of a row group are (OffsetIndex), and least and greatest value of each (ColumnIndex): PageIndex.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "output/parquet/bit_packing.h"

namespace weir::output::parquet {

inline constexpr std::size_t kMaxPages = 1U << 20U;  // of a column in a row group

struct PagePlace {
  std::uint64_t offset = 0;     // of its header, from the begin of the file
  std::uint32_t bytes = 0;      // with the header
  std::uint64_t first_row = 0;  // in the row group
};

struct PageBounds {
  std::uint64_t nulls = 0;
  bool is_all_null = false;
  std::string least, greatest;  // plain encoding, a text without its length
};

// How bounds of pages follow each other.
enum class BoundsOrder : std::uint8_t { none = 0, ascending = 1, descending = 2 };

void put_offset_index(std::span<const PagePlace> pages, Buffer& out);
void put_column_index(std::span<const PageBounds> pages, BoundsOrder order, Buffer& out);
// None: it is none. Nothing is said about whether the places are in the file.
std::optional<std::vector<PagePlace>> parse_offset_index(Bytes bytes);

}  // namespace weir::output::parquet
