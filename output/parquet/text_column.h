// Encodes columns of texts, always with a dictionary.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "output/parquet/chunk_draft.h"
#include "output/parquet/compression.h"
#include "output/parquet/schema.h"

namespace weir::output::parquet {

// A text that is longer is no bound: it would make the footer long.
inline constexpr std::size_t kMaxTextBound = 64;

// What is known of a column from row groups before; see NumberPlan.
struct TextPlan {
  bool whole_bytes = false;
  std::size_t tries_after = 0;
};

class TextEncoder {
 public:
  // Encodes a column of a row group into `out`; entries and index as in FileWriter::texts(). False: an index is beyond the entries.
  bool encode(const Column& column, std::span<const std::string_view> entries,
              std::span<const std::uint32_t> index, TextPlan& plan, PagePacker& packer, ChunkDraft& out);

 private:
  bool gather(std::size_t entries, std::span<const std::uint32_t> index);
  void put_bounds(std::span<const std::string_view> entries, const PageSlice& page, PageBounds& out) const;
  void put_ranges(std::span<const std::string_view> entries, std::size_t pages, ChunkDraft& out) const;
  [[nodiscard]] bool needs_whole_bytes(unsigned width, PagePacker& packer);
  void put_bloom(std::span<const std::string_view> entries, ChunkDraft& out) const;

  std::vector<std::uint32_t> dense_;
  std::vector<std::uint8_t> present_, used_;  // of rows; of entries
  Buffer trial_, packed_;
};

}  // namespace weir::output::parquet
