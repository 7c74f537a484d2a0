#include "output/parquet/chunk_writer.h"

#include <zlib.h>

#include <utility>

#include "output/parquet/page_header.h"

namespace weir::output::parquet {
namespace {

// Pages that are smaller have nothing to pack.
constexpr std::size_t kMinPackedBytes = 64;
// Zstd must save one byte of so many: what is unpacked in vain costs time whenever it is read.
constexpr std::size_t kWorthOneOf = 32;

std::uint32_t checksum(Bytes bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, bytes.data(), bytes.size()));
}

}  // namespace

// Whether packing is worth it. If so, the pages are in packed_.
bool ChunkWriter::pack(const ChunkDraft& draft, PagePacker& packer) {
  packed_.clear();
  ends_.clear();
  if (draft.content.size() < kMinPackedBytes) return false;
  std::size_t begin = 0;
  for (const DraftPage& page : draft.pages) {
    if (!packer.pack(Bytes{draft.content}.subspan(begin, page.end - begin), packed_)) return false;
    ends_.push_back(packed_.size());
    begin = page.end;
  }
  return packed_.size() + draft.content.size() / kWorthOneOf < draft.content.size();
}

void ChunkWriter::keep_indexes(const ChunkDraft& draft, const std::vector<PagePlace>& places,
                               ChunkMeta& meta) {
  if (draft.has_column_index) {
    std::vector<PageBounds> bounds;
    for (const DraftPage& page : draft.pages)
      if (page.type == PageType::data) bounds.push_back(page.bounds);
    meta.column_index_offset = indexes_.size();
    put_column_index(bounds, draft.order, indexes_);
    meta.column_index_bytes = static_cast<std::uint32_t>(indexes_.size() - meta.column_index_offset);
  }
  if (!draft.has_offset_index) return;
  meta.offset_index_offset = indexes_.size();
  put_offset_index(places, indexes_);
  meta.offset_index_bytes = static_cast<std::uint32_t>(indexes_.size() - meta.offset_index_offset);
}

WrittenChunk ChunkWriter::write(const ChunkDraft& draft, Physical physical, PagePacker& packer,
                                OutputFile& file) {
  WrittenChunk out;
  ChunkMeta& meta = out.meta;
  meta.physical = physical;
  meta.codec = pack(draft, packer) ? Codec::zstd : Codec::uncompressed;
  meta.values = draft.rows;
  meta.nulls = draft.nulls;
  meta.has_range = draft.has_range;
  out.least = draft.least;
  out.greatest = draft.greatest;
  meta.add(Encoding::rle);  // levels
  const Bytes stored = meta.codec == Codec::zstd ? Bytes{packed_} : Bytes{draft.content};
  std::vector<PagePlace> places;
  std::size_t begin = 0, unpacked_begin = 0, row = 0;
  for (std::size_t i = 0; i < draft.pages.size(); ++i) {
    const DraftPage& page = draft.pages[i];
    const std::size_t end = meta.codec == Codec::zstd ? ends_[i] : page.end;
    const Bytes content = stored.subspan(begin, end - begin);
    const std::size_t unpacked = page.end - unpacked_begin;
    header_.clear();
    put_page_header({.type = page.type,
                     .encoding = page.encoding,
                     .unpacked_bytes = static_cast<std::uint32_t>(unpacked),
                     .stored_bytes = static_cast<std::uint32_t>(content.size()),
                     .values = static_cast<std::uint32_t>(page.values),
                     .crc = checksum(content)},
                    header_);
    const std::uint64_t offset = file.size();
    std::uint64_t& place = page.type == PageType::dictionary ? meta.dictionary_offset : meta.data_offset;
    if (place == 0) place = offset;
    const auto bytes = static_cast<std::uint32_t>(header_.size() + content.size());
    if (page.type == PageType::data) {
      places.push_back({offset, bytes, row});
      row += page.values;
      meta.add(page.encoding);  // that of a dictionary would hide that all values are in it
    }
    file.append(header_);
    file.append(content);
    meta.stored_bytes += bytes;
    meta.unpacked_bytes += header_.size() + unpacked;
    begin = end;
    unpacked_begin = page.end;
  }
  keep_indexes(draft, places, meta);
  return out;
}

void ChunkWriter::finish_indexes(std::span<WrittenGroup> groups, OutputFile& file) {
  const std::uint64_t begin = file.size();
  for (WrittenGroup& group : groups)
    for (WrittenChunk& chunk : group.chunks) {
      if (chunk.meta.column_index_bytes != 0) chunk.meta.column_index_offset += begin;
      if (chunk.meta.offset_index_bytes != 0) chunk.meta.offset_index_offset += begin;
    }
  file.append(indexes_);
  indexes_.clear();
}

}  // namespace weir::output::parquet
