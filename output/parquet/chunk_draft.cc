#include "output/parquet/chunk_draft.h"

#include <algorithm>
#include <utility>

#include "output/parquet/hybrid.h"
#include "output/parquet/little_endian.h"

namespace weir::output::parquet {

void ChunkDraft::clear() {
  content.clear();
  pages.clear();
  rows = nulls = 0;
  has_range = has_offset_index = has_column_index = false;
  least.clear();
  greatest.clear();
  order = BoundsOrder::none;
  bloom.clear();
}

void ChunkDraft::end_page(DraftPage page) {
  page.end = content.size();
  pages.push_back(std::move(page));
}

std::vector<PageSlice> slice_pages(std::size_t rows, std::span<const std::uint8_t> present,
                                   std::size_t page_rows) {
  std::vector<PageSlice> out;
  std::size_t value = 0;
  for (std::size_t first = 0; first < rows; first += page_rows) {
    const std::size_t count = std::min(page_rows, rows - first);
    std::size_t values = count;
    if (!present.empty()) {
      const auto page = present.subspan(first, count);
      values =
          static_cast<std::size_t>(std::count_if(page.begin(), page.end(), [](auto p) { return p == 1; }));
    }
    out.push_back({first, count, value, values});
    value += values;
  }
  return out;
}

void put_page_levels(const PageSlice& page, std::span<const std::uint8_t> present, bool is_optional,
                     Buffer& out) {
  if (!is_optional) return;
  const std::size_t begin = out.size();
  out.resize(begin + 4);
  if (page.values == page.rows || page.values == 0) {
    put_repeated(page.rows, page.values == 0 ? 0 : 1, 1, out);
  } else {
    put_levels(present.subspan(page.first_row, page.rows), out);
  }
  store_le32(out.data() + begin, static_cast<std::uint32_t>(out.size() - begin - 4));
}

void draft_nulls(std::size_t rows, ChunkDraft& out) {
  out.clear();
  out.rows = out.nulls = rows;
  put_page_levels({0, rows, 0, 0}, {}, true, out.content);
  out.end_page({.values = rows, .bounds = {.nulls = rows, .is_all_null = true}});
}

}  // namespace weir::output::parquet
