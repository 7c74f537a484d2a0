// The footer: what columns there are, and where each of them is in each row group (FileMetaData of parquet.thrift).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "output/parquet/bit_packing.h"
#include "output/parquet/format.h"

namespace weir::output::parquet {

// Chunks (columns times row groups) of a file beyond which it is refused.
inline constexpr std::size_t kMaxChunks = std::size_t{2} << 20U;

using Notes = std::vector<std::pair<std::string, std::string>>;

struct Footer {
  std::vector<Column> columns;    // those that can be read
  std::vector<Storage> storage;   // of each
  std::vector<std::size_t> leaf;  // its place among all columns of the file
  std::vector<Problem> problems;  // of columns that cannot be read
  std::vector<std::uint64_t> group_rows;
  std::size_t leaves = 0;         // columns of the file
  std::vector<ChunkMeta> chunks;  // of the first row group all leaves, then of the second ...
  Notes notes;
  bool is_sealed = false;  // it is followed by checksums that are ours; see seal.h
  std::uint64_t rows = 0;
};

// Fails with the reason alone. Some 100 ns a chunk.
tl::expected<Footer, std::string> parse_footer(Bytes bytes);

// What was written of a column in a row group.
struct WrittenChunk {
  ChunkMeta meta;
  std::string least, greatest;  // plain encoding, a text without its length; when has_range
};
struct WrittenGroup {
  std::size_t rows = 0;
  std::vector<WrittenChunk> chunks;  // as many as columns
};

// Appends the footer, without its length.
void put_footer(std::span<const Column> columns, std::span<const WrittenGroup> groups, const Notes& notes,
                Buffer& out);

}  // namespace weir::output::parquet
