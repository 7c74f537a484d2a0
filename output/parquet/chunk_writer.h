// Packs the pages of an encoded column and appends them to the file, with headers and checksums.
#pragma once

#include <vector>

#include "output/parquet/chunk_draft.h"
#include "output/parquet/compression.h"
#include "output/parquet/footer.h"
#include "output/parquet/output_file.h"

namespace weir::output::parquet {

class ChunkWriter {
 public:
  // Appends to `file`. Page indexes are kept: their offsets are from the begin of indexes() until finish_indexes().
  WrittenChunk write(const ChunkDraft& draft, Physical physical, PagePacker& packer, OutputFile& file);
  // Appends the page indexes of all chunks, and mends their offsets.
  void finish_indexes(std::span<WrittenGroup> groups, OutputFile& file);

 private:
  bool pack(const ChunkDraft& draft, PagePacker& packer);
  void keep_indexes(const ChunkDraft& draft, const std::vector<PagePlace>& places, ChunkMeta& meta);

  Buffer packed_, header_, indexes_;
  std::vector<std::size_t> ends_;  // of pages in packed_
};

}  // namespace weir::output::parquet
