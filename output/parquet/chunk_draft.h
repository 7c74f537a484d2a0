// A column of a row group that is encoded, before its pages are packed and written.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "output/parquet/bit_packing.h"
#include "output/parquet/format.h"
#include "output/parquet/page_index.h"

namespace weir::output::parquet {

struct DraftPage {
  PageType type = PageType::data;
  Encoding encoding = Encoding::plain;
  std::size_t values = 0;  // rows, or entries of a dictionary
  std::size_t end = 0;     // in ChunkDraft::content
  PageBounds bounds;
};

struct ChunkDraft {
  Buffer content;  // pages, one behind the other
  std::vector<DraftPage> pages;
  std::size_t rows = 0, nulls = 0;
  bool has_range = false;
  std::string least, greatest;    // plain encoding, a text without its length
  bool has_offset_index = false;  // useless when there is one page
  bool has_column_index = false;
  BoundsOrder order = BoundsOrder::none;  // of the pages' bounds
  Buffer bloom;

  void clear();
  // What has been appended to `content` since the last page is one.
  void end_page(DraftPage page);
};

// Rows of a page, and which of the values that are there are theirs.
struct PageSlice {
  std::size_t first_row = 0, rows = 0, first_value = 0, values = 0;
};

// Pages of `page_rows` rows; `present` as in FileWriter::numbers().
std::vector<PageSlice> slice_pages(std::size_t rows, std::span<const std::uint8_t> present,
                                   std::size_t page_rows);

// Appends which rows of a page have a value, if rows can be without.
void put_page_levels(const PageSlice& page, std::span<const std::uint8_t> present, bool is_optional,
                     Buffer& out);

// A chunk without any value: a single page of some bytes.
void draft_nulls(std::size_t rows, ChunkDraft& out);

}  // namespace weir::output::parquet
