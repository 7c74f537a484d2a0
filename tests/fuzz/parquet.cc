// A file of Parquet: any bytes; a file around a page of any bytes, without a checksum that would keep them out; a file whose footer
// has changes.
#include <vector>

#include "decoders/text.h"
#include "output/parquet/file_reader.h"
#include "output/parquet/footer.h"
#include "output/parquet/little_endian.h"
#include "output/parquet/page_header.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

namespace pq = output::parquet;

constexpr std::size_t kMostRows =
    1U << 16U;  // of a page that is read: a page that claims more is believed, and takes memory

void read_chunk(const pq::FileReader& file, std::size_t group, std::size_t column) {
  (void)file.range(group, column);
  (void)file.may_have(group, column, "text");
  const auto chunk = file.chunk(group, column);
  if (!chunk) return;
  std::vector<std::uint64_t> values;
  std::vector<std::uint8_t> present;
  std::vector<std::uint32_t> index;
  const auto pages = (*chunk)->pages();
  for (std::size_t i = 0; i < pages.size(); ++i) {
    must(pages[i].first + pages[i].count <= file.rows(group), "a page is within its row group");
    if (pages[i].count > kMostRows) continue;
    if (file.columns()[column].kind != pq::Kind::text) {
      values.resize(pages[i].count);
      present.resize(pages[i].count);
      (void)(*chunk)->numbers(i, values, present);
      continue;
    }
    index.resize(pages[i].count);
    if (!(*chunk)->texts(i, index)) continue;
    const auto entries = (*chunk)->entries();
    must(entries.has_value(), "entries that rows have are there");
    for (const std::uint32_t at : index)
      must(at == pq::ChunkReader::kNone || at < entries->size(), "a row has a text that is there");
  }
}

void read_file(Bytes bytes) {
  const auto file = pq::FileReader::from_memory("file", bytes);
  if (!file) return;
  for (std::size_t group = 0; group < (*file)->groups(); ++group)
    for (std::size_t column = 0; column < (*file)->columns().size(); ++column)
      read_chunk(**file, group, column);
}

void put(std::string_view text, pq::Buffer& out) {
  const Bytes bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void end_file(const pq::Buffer& footer, pq::Buffer& out) {
  out.insert(out.end(), footer.begin(), footer.end());
  out.resize(out.size() + 4);
  pq::store_le32(out.data() + out.size() - 4, static_cast<std::uint32_t>(footer.size()));
  put(pq::kMagic, out);
}

// A page of numbers or texts, which is its own dictionary, too.
void read_page(Input in) {
  pq::Column column{"column", static_cast<pq::Kind>(in.u8() % 8), in.u8() % 2 != 0};
  pq::WrittenChunk chunk;
  chunk.meta.physical = pq::physical_of(column.kind);
  chunk.meta.codec = static_cast<pq::Codec>(in.u8() % 8);
  const auto encoding = static_cast<pq::Encoding>(in.u8() % 10);
  const std::uint16_t rows = in.u16();
  const Bytes content = in.rest();
  pq::Buffer file;
  put(pq::kMagic, file);
  const auto put_page = [&](pq::PageType type, pq::Encoding how) {
    const std::uint64_t offset = file.size();
    const bool is_packed = chunk.meta.codec != pq::Codec::uncompressed;
    const auto stored = static_cast<std::uint32_t>(content.size());
    pq::put_page_header({.type = type,
                         .encoding = how,
                         .unpacked_bytes = is_packed && stored > 0 ? content[0] : stored,
                         .stored_bytes = stored,
                         .values = type == pq::PageType::dictionary ? 2U : rows},
                        file);
    file.insert(file.end(), content.begin(), content.end());
    chunk.meta.stored_bytes += file.size() - offset;
    return offset;
  };
  if (pq::is_dictionary_encoding(encoding))
    chunk.meta.dictionary_offset = put_page(pq::PageType::dictionary, pq::Encoding::plain);
  chunk.meta.data_offset = put_page(pq::PageType::data, encoding);
  chunk.meta.values = rows;
  pq::Buffer footer;
  const pq::WrittenGroup group{rows, {chunk}};
  pq::put_footer({&column, 1}, {&group, 1}, {}, footer);
  end_file(footer, file);
  read_file(file);
}

// A footer of two columns and row groups, some of whose bytes are others: a place of two bytes and what stands there, each.
void read_changed_footer(Input in) {
  const std::vector<pq::Column> columns{{"number", pq::Kind::u32, true},
                                        {"text", pq::Kind::text, true, true}};
  pq::WrittenChunk chunk;
  chunk.meta.data_offset = 4;
  chunk.meta.values = 8;
  chunk.meta.stored_bytes = 40;
  chunk.meta.bloom_offset = chunk.meta.offset_index_offset = 20;
  chunk.meta.bloom_bytes = chunk.meta.offset_index_bytes = 64;
  const pq::WrittenGroup group{8, {chunk, chunk}};
  const std::vector<pq::WrittenGroup> groups{group, group};
  pq::Buffer footer, file;
  pq::put_footer(columns, groups, {{"key", "value"}}, footer);
  put(pq::kMagic, file);
  file.resize(200, 0);
  while (!in.empty()) {
    const std::size_t at = in.u16() % (footer.size() + file.size());
    (at < footer.size() ? footer[at] : file[at - footer.size()]) = in.u8();
  }
  end_file(footer, file);
  read_file(file);
}

}  // namespace

void fuzz_parquet(Bytes input) {
  Input in{input};
  switch (in.u8() % 3) {
    case 0: return read_file(in.rest());
    case 1: return read_page(in);
    default: return read_changed_footer(in);
  }
}

}  // namespace weir::fuzz
