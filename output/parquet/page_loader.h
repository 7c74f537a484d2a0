// Finds the pages of a column of a row group, and reads one: header, checksum, unpacking, and where in it levels and values are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "output/parquet/file_reader.h"
#include "output/parquet/format.h"
#include "output/parquet/page_header.h"
#include "output/parquet/page_index.h"

namespace weir::output::parquet {

struct ChunkPages {
  std::vector<PageRows> rows;     // of data pages
  std::vector<PagePlace> places;  // likewise
  std::optional<PagePlace> dictionary;
};

// From the page index when it is there and fits, else from page to page. Fails with the reason alone.
tl::expected<ChunkPages, std::string> find_pages(Bytes file, const ChunkMeta& meta, std::uint64_t rows);

struct LoadedPage {
  PageHeader header;
  Bytes levels;  // RLE, which rows have a value; empty when all have
  Bytes values;
};

// Reads a page. What it gives lives as long as `file` and `unpacked`, which is used when the page is packed. Fails with the reason alone.
tl::expected<LoadedPage, std::string> load_page(Bytes file, const PagePlace& place, Codec codec,
                                                bool is_optional, Buffer& unpacked);

}  // namespace weir::output::parquet
