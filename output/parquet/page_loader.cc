#include "output/parquet/page_loader.h"

#include <zlib.h>

#include <fmt/format.h>

#include "decoders/byte_cursor.h"
#include "output/parquet/compression.h"

namespace weir::output::parquet {
namespace {

tl::unexpected<std::string> broken(std::string why) {
  return tl::unexpected(std::move(why));
}

// The places of the page index, if they are one behind the other and fill the chunk, as those of all known writers do.
bool use_index(Bytes file, const ChunkMeta& meta, std::uint64_t rows, ChunkPages& out) {
  if (meta.offset_index_bytes == 0 || meta.offset_index_offset > file.size() ||
      meta.offset_index_bytes > file.size() - meta.offset_index_offset)
    return false;
  auto places = parse_offset_index(
      file.subspan(static_cast<std::size_t>(meta.offset_index_offset), meta.offset_index_bytes));
  if (!places || places->front().first_row != 0 || places->front().offset != meta.data_offset) return false;
  std::uint64_t offset = meta.data_offset;
  for (std::size_t i = 0; i < places->size(); ++i) {
    const PagePlace& place = (*places)[i];
    const std::uint64_t next_row = i + 1 < places->size() ? (*places)[i + 1].first_row : rows;
    if (place.offset != offset || next_row <= place.first_row || next_row - place.first_row > kMaxPageRows)
      return false;
    offset += place.bytes;
    out.rows.push_back(
        {static_cast<std::size_t>(place.first_row), static_cast<std::size_t>(next_row - place.first_row)});
  }
  if (offset != meta.begin() + meta.stored_bytes) return false;
  if (meta.begin() != meta.data_offset)
    out.dictionary = PagePlace{meta.begin(), static_cast<std::uint32_t>(meta.data_offset - meta.begin()), 0};
  out.places = std::move(*places);
  return true;
}

tl::expected<void, std::string> walk_pages(Bytes file, const ChunkMeta& meta, std::uint64_t rows,
                                           ChunkPages& out) {
  const std::uint64_t end = meta.begin() + meta.stored_bytes;
  std::uint64_t offset = meta.begin(), row = 0;
  while (row < rows) {  // each turn goes on by a header
    const Bytes rest = file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(end - offset));
    const auto header = parse_page_header(rest);
    if (!header || header->stored_bytes > rest.size() - header->header_bytes)
      return broken(fmt::format("page {}: its header is damaged", out.places.size()));
    const PagePlace place{offset, header->header_bytes + header->stored_bytes, row};
    offset += place.bytes;
    if (header->type == PageType::dictionary) {
      if (out.dictionary || !out.places.empty()) return broken("there is a dictionary behind the first page");
      out.dictionary = place;
    } else if (header->type != PageType::index) {
      if (header->values > rows - row || header->values > kMaxPageRows || out.places.size() == kMaxPages)
        return broken(fmt::format("page {}: it has more rows than it can", out.places.size()));
      out.rows.push_back({static_cast<std::size_t>(row), header->values});
      out.places.push_back(place);
      row += header->values;
    }
  }
  return {};
}

// Takes the levels of version 1 off the begin of the values.
bool split_levels(LoadedPage& page, bool is_optional) {
  if (!is_optional) return true;
  ByteCursor in{page.values};
  const std::uint32_t length = in.le32();
  page.levels = in.take(length);
  page.values = in.rest();
  return !in.failed() && page.header.levels == Encoding::rle;
}

}  // namespace

tl::expected<ChunkPages, std::string> find_pages(Bytes file, const ChunkMeta& meta, std::uint64_t rows) {
  if (meta.begin() > file.size() || meta.stored_bytes > file.size() - meta.begin())
    return broken("it is said to be behind the end of the file");
  if (meta.values != rows) return broken("it has another number of rows than its row group");
  ChunkPages out;
  if (use_index(file, meta, rows, out)) return out;
  out = {};
  if (auto walked = walk_pages(file, meta, rows, out); !walked) return tl::unexpected(walked.error());
  return out;
}

tl::expected<LoadedPage, std::string> load_page(Bytes file, const PagePlace& place, Codec codec,
                                                bool is_optional, Buffer& unpacked) {
  const Bytes bytes =
      file.subspan(static_cast<std::size_t>(place.offset), place.bytes);  // find_pages() has looked
  const auto header = parse_page_header(bytes);
  if (!header || header->header_bytes + std::uint64_t{header->stored_bytes} != bytes.size())
    return broken("its header is damaged");
  const Bytes stored = bytes.subspan(header->header_bytes);
  if (header->crc && ::crc32_z(0, stored.data(), stored.size()) != *header->crc)
    return broken("it is damaged: its checksum is another one");
  if (header->unpacked_bytes > kMaxPageBytes)
    return broken(fmt::format("it has {} bytes, more than {}", header->unpacked_bytes, kMaxPageBytes));
  LoadedPage out{*header, {}, stored};
  std::size_t content_bytes = header->unpacked_bytes;
  bool is_packed = codec != Codec::uncompressed;
  if (header->type == PageType::data_v2) {
    ByteCursor in{stored};
    in.skip(header->repetition_bytes);
    out.levels = in.take(header->level_bytes);
    out.values = in.rest();
    if (in.failed() || header->repetition_bytes != 0 || header->level_bytes > content_bytes)
      return broken("lengths in its header are wrong");
    content_bytes -= header->level_bytes;
    is_packed = is_packed && header->is_packed && content_bytes > 0;
  }
  if (is_packed) {
    if (!is_known_codec(codec))
      return broken(fmt::format("it is packed with {}, which is not read", codec_name(codec)));
    unpacked.resize(content_bytes);
    if (!unpack_page(codec, out.values, unpacked))
      return broken(fmt::format("it cannot be unpacked ({})", codec_name(codec)));
    out.values = unpacked;
  } else if (out.values.size() != content_bytes) {
    return broken("lengths in its header are wrong");
  }
  if (header->type == PageType::data && !split_levels(out, is_optional))
    return broken("it does not say which rows have a value");
  return out;
}

}  // namespace weir::output::parquet
