// What stands before each page.
#pragma once

#include <cstdint>
#include <optional>

#include "output/parquet/bit_packing.h"
#include "output/parquet/format.h"

namespace weir::output::parquet {

// A header that is longer is none.
inline constexpr std::size_t kMaxPageHeaderBytes = 64 * 1024;

struct PageHeader {
  PageType type = PageType::data;
  Encoding encoding = Encoding::plain;
  Encoding levels = Encoding::rle;  // of a page of version 1, whether a row has a value
  bool is_packed = true;            // version 2: the values are compressed
  std::uint32_t unpacked_bytes = 0, stored_bytes = 0;
  std::uint32_t values = 0;                             // those that are missing, too
  std::uint32_t level_bytes = 0, repetition_bytes = 0;  // version 2
  std::optional<std::uint32_t> crc;                     // of what is stored behind the header
  std::uint32_t header_bytes = 0;                       // read: of this header
};

// The header that `bytes` begin with; what follows it is not looked at. None: it is none.
std::optional<PageHeader> parse_page_header(Bytes bytes);
// Appends a header of version 1, data or dictionary, with checksum.
void put_page_header(const PageHeader& header, Buffer& out);

}  // namespace weir::output::parquet
