#include <algorithm>

#include <fmt/format.h>

#include "output/parquet/file_reader.h"
#include "output/parquet/footer.h"
#include "output/parquet/little_endian.h"
#include "output/parquet/schema_reader.h"
#include "output/parquet/thrift_reader.h"

namespace weir::output::parquet {
namespace {

std::uint64_t take_natural(ThriftReader& in, ThriftType type, std::uint64_t most = INT64_MAX) {
  const std::int64_t value = in.integer(type);
  if (value < 0 || static_cast<std::uint64_t>(value) > most) in.fail();
  return in.failed() ? 0 : static_cast<std::uint64_t>(value);
}

// A number in plain encoding.
bool take_bound(Bytes bytes, Physical physical, std::uint64_t& out) {
  out = 0;
  if (bytes.size() != (physical == Physical::boolean ? 1 : bits_of(physical) / 8)) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) out |= std::uint64_t{bytes[i]} << (8 * i);
  return true;
}

// Only the bounds whose order is that of the column's type; the older fields 1 and 2 are ordered by sign.
void take_statistics(ThriftReader& in, ThriftType type, ChunkMeta& out) {
  in.expect_structure(type);
  ThriftField field;
  bool has_least = false, has_greatest = false;
  while (in.next(field)) switch (field.id) {
      case 3: out.nulls = take_natural(in, field.type); break;
      case 5: has_greatest = take_bound(in.binary(field.type), out.physical, out.greatest); break;
      case 6: has_least = take_bound(in.binary(field.type), out.physical, out.least); break;
      default: in.skip(field.type);
    }
  out.has_range = has_least && has_greatest && out.physical != Physical::byte_array;
}

void take_encodings(ThriftReader& in, ThriftType type, ChunkMeta& out) {
  const ThriftList list = in.list(type);
  for (std::size_t i = 0; i < list.size && !in.failed(); ++i) {
    const std::int64_t encoding = in.integer(list.type);
    if (encoding >= 0 && encoding < 32) out.encodings |= 1U << static_cast<unsigned>(encoding);
  }
}

void take_encoding_statistics(ThriftReader& in, ThriftType type, ChunkMeta& out) {
  const ThriftList list = in.list(type);
  if (list.size > 0 && list.type != ThriftType::structure) in.fail();
  out.has_encoding_statistics = list.size > 0;
  for (std::size_t i = 0; i < list.size && !in.failed(); ++i) {
    ThriftField field;
    std::int64_t page = 0, encoding = 0;
    while (in.next(field)) switch (field.id) {
        case 1: page = in.integer(field.type); break;
        case 2: encoding = in.integer(field.type); break;
        default: in.skip(field.type);
      }
    const bool is_data =
        page == static_cast<int>(PageType::data) || page == static_cast<int>(PageType::data_v2);
    if (is_data && !is_dictionary_encoding(static_cast<Encoding>(encoding))) out.has_other_pages = true;
  }
}

void take_chunk_metadata(ThriftReader& in, ThriftType type, ChunkMeta& out) {
  in.expect_structure(type);
  ThriftField field;
  unsigned required = 0;
  while (in.next(field)) {
    switch (field.id) {
      case 1: out.physical = static_cast<Physical>(take_natural(in, field.type, UINT8_MAX)); break;
      case 2: take_encodings(in, field.type, out); break;
      case 4: out.codec = static_cast<Codec>(take_natural(in, field.type, UINT8_MAX)); break;
      case 5: out.values = take_natural(in, field.type); break;
      case 6: out.unpacked_bytes = take_natural(in, field.type); break;
      case 7: out.stored_bytes = take_natural(in, field.type); break;
      case 9: out.data_offset = take_natural(in, field.type); break;
      case 11: out.dictionary_offset = take_natural(in, field.type); break;
      case 12: take_statistics(in, field.type, out); break;
      case 13: take_encoding_statistics(in, field.type, out); break;
      case 14: out.bloom_offset = take_natural(in, field.type); break;
      case 15: out.bloom_bytes = static_cast<std::uint32_t>(take_natural(in, field.type, INT32_MAX)); break;
      default: in.skip(field.type);
    }
    if (field.id == 1 || field.id == 4 || field.id == 5 || field.id == 7 || field.id == 9) ++required;
  }
  if (required != 5) in.fail();
}

ChunkMeta take_chunk(ThriftReader& in) {
  ChunkMeta out;
  ThriftField field;
  bool has_metadata = false;
  while (in.next(field)) switch (field.id) {
      case 1: in.fail(); break;  // it is in another file
      case 3: take_chunk_metadata(in, field.type, out), has_metadata = true; break;
      case 4: out.offset_index_offset = take_natural(in, field.type); break;
      case 5:
        out.offset_index_bytes = static_cast<std::uint32_t>(take_natural(in, field.type, INT32_MAX));
        break;
      case 6: out.column_index_offset = take_natural(in, field.type); break;
      case 7:
        out.column_index_bytes = static_cast<std::uint32_t>(take_natural(in, field.type, INT32_MAX));
        break;
      default: in.skip(field.type);
    }
  if (!has_metadata) in.fail();
  return out;
}

void take_chunks(ThriftReader& in, ThriftType type, Footer& out) {
  const ThriftList list = in.list(type);
  if (list.type != ThriftType::structure || list.size != out.leaves ||
      out.chunks.size() + list.size > kMaxChunks)
    return in.fail();
  for (std::size_t i = 0; i < list.size && !in.failed(); ++i) out.chunks.push_back(take_chunk(in));
}

void take_group(ThriftReader& in, Footer& out) {
  const std::size_t first = out.chunks.size();
  ThriftField field;
  bool has_columns = false, has_rows = false;
  std::uint64_t rows = 0;
  while (in.next(field)) switch (field.id) {
      case 1: take_chunks(in, field.type, out), has_columns = true; break;
      case 3: rows = take_natural(in, field.type), has_rows = true; break;
      default: in.skip(field.type);
    }
  if (!has_columns || !has_rows || rows > kMaxRowsOfGroup) in.fail();
  for (std::size_t i = first; i < out.chunks.size(); ++i)
    if (out.chunks[i].values != rows) in.fail();
  out.group_rows.push_back(rows);
}

void take_groups(ThriftReader& in, ThriftType type, Footer& out) {
  const ThriftList list = in.list(type);
  if (list.size > 0 && (list.type != ThriftType::structure ||
                        list.size > kMaxGroups - out.group_rows.size() || out.leaves == 0))
    return in.fail();
  out.chunks.reserve(std::min(list.size * out.leaves, std::size_t{1} << 14U));
  for (std::size_t i = 0; i < list.size && !in.failed(); ++i) take_group(in, out);
}

void take_notes(ThriftReader& in, ThriftType type, Footer& out) {
  const ThriftList list = in.list(type);
  if (list.size > 0 && list.type != ThriftType::structure) in.fail();
  for (std::size_t i = 0; i < list.size && !in.failed(); ++i) {
    ThriftField field;
    std::string_view key, value;
    while (in.next(field)) switch (field.id) {
        case 1: key = in.text(field.type); break;
        case 2: value = in.text(field.type); break;
        default: in.skip(field.type);
      }
    out.notes.emplace_back(key, value);
  }
}

}  // namespace

tl::expected<Footer, std::string> parse_footer(Bytes bytes) {
  ThriftReader in{bytes};
  Footer out;
  ThriftField field;
  bool has_groups = false;
  while (in.next(field)) switch (field.id) {
      case 2:
        if (out.leaves != 0 || has_groups) in.fail();  // once, and before what goes by it
        take_schema(in, field.type, out);
        break;
      case 3: out.rows = take_natural(in, field.type); break;
      case 4:
        if (has_groups) in.fail();
        take_groups(in, field.type, out), has_groups = true;
        break;
      case 5: take_notes(in, field.type, out); break;
      case 8: return tl::unexpected(std::string("it is encrypted, which is not read"));
      default: in.skip(field.type);
    }
  if (in.failed() || !has_groups)
    return tl::unexpected(fmt::format("the footer is damaged, or has more than can be read (byte {} of {})",
                                      in.position(), bytes.size()));
  if (out.chunks.size() != out.group_rows.size() * out.leaves)
    return tl::unexpected(
        std::string("the footer is damaged: a row group has other columns than the schema"));
  std::uint64_t rows = 0;  // of at most kMaxGroups, each bounded
  for (const std::uint64_t of_group : out.group_rows) rows += of_group;
  if (rows != out.rows)
    return tl::unexpected(std::string("the footer is damaged: its row groups have other rows than it"));
  return out;
}

}  // namespace weir::output::parquet
