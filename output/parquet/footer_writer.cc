#include "output/parquet/footer.h"
#include "output/parquet/thrift_writer.h"
#include "weir_version.h"

namespace weir::output::parquet {
namespace {

// Of the format; other ones mean nothing that all agree on.
constexpr std::int32_t kVersion = 1;
constexpr std::string_view kCreatedBy = "weir version " WEIR_VERSION;

void put_integer_type(ThriftWriter& to, int converted, std::int8_t bits, bool has_sign) {
  to.i32(6, converted);
  to.begin(10);
  to.begin(10);
  to.i8(1, bits);
  to.boolean(2, has_sign);
  to.end();
  to.end();
}

// The newer annotation and the older one, for older readers.
void put_annotation(ThriftWriter& to, Kind kind) {
  switch (kind) {
    case Kind::u8: return put_integer_type(to, 11, 8, false);
    case Kind::u16: return put_integer_type(to, 12, 16, false);
    case Kind::u32: return put_integer_type(to, 13, 32, false);
    case Kind::u64: return put_integer_type(to, 14, 64, false);
    case Kind::i64: return put_integer_type(to, 18, 64, true);
    case Kind::boolean: return;
    case Kind::time_us:
      to.i32(6, 10);
      to.begin(10);
      to.begin(8);
      to.boolean(1, true);  // adjusted to UTC
      to.begin(2);
      to.begin(2);  // microseconds
      to.end();
      to.end();
      to.end();
      return to.end();
    case Kind::text:
      to.i32(6, 0);
      to.begin(10);
      to.begin(1);
      to.end();
      return to.end();
  }
}

void put_schema(ThriftWriter& to, std::span<const Column> columns) {
  to.list(2, ThriftType::structure, columns.size() + 1);
  to.begin_element();
  to.binary(4, "schema");
  to.i32(5, static_cast<std::int32_t>(columns.size()));
  to.end();
  for (const Column& column : columns) {
    to.begin_element();
    to.i32(1, static_cast<std::int32_t>(physical_of(column.kind)));
    to.i32(3, column.is_optional ? 1 : 0);
    to.binary(4, column.name);
    put_annotation(to, column.kind);
    to.end();
  }
}

void put_statistics(ThriftWriter& to, const WrittenChunk& chunk) {
  to.begin(12);
  to.i64(3, static_cast<std::int64_t>(chunk.meta.nulls.value_or(0)));
  if (chunk.meta.has_range) {
    to.binary(5, chunk.greatest);
    to.binary(6, chunk.least);
  }
  to.end();
}

void put_encodings(ThriftWriter& to, std::uint32_t encodings) {
  to.list(2, ThriftType::i32, static_cast<std::size_t>(__builtin_popcount(encodings)));
  for (std::int32_t i = 0; i < 32; ++i)
    if ((encodings >> static_cast<unsigned>(i) & 1U) != 0) to.element_i32(i);
}

void put_chunk(ThriftWriter& to, const Column& column, const WrittenChunk& chunk) {
  const ChunkMeta& meta = chunk.meta;
  to.begin_element();
  to.i64(2, 0);
  to.begin(3);
  to.i32(1, static_cast<std::int32_t>(meta.physical));
  put_encodings(to, meta.encodings);
  to.list(3, ThriftType::binary, 1);
  to.element_binary(column.name);
  to.i32(4, static_cast<std::int32_t>(meta.codec));
  to.i64(5, static_cast<std::int64_t>(meta.values));
  to.i64(6, static_cast<std::int64_t>(meta.unpacked_bytes));
  to.i64(7, static_cast<std::int64_t>(meta.stored_bytes));
  to.i64(9, static_cast<std::int64_t>(meta.data_offset));
  if (meta.dictionary_offset != 0) to.i64(11, static_cast<std::int64_t>(meta.dictionary_offset));
  put_statistics(to, chunk);
  if (meta.bloom_bytes != 0) {
    to.i64(14, static_cast<std::int64_t>(meta.bloom_offset));
    to.i32(15, static_cast<std::int32_t>(meta.bloom_bytes));
  }
  to.end();
  if (meta.offset_index_bytes != 0) {
    to.i64(4, static_cast<std::int64_t>(meta.offset_index_offset));
    to.i32(5, static_cast<std::int32_t>(meta.offset_index_bytes));
  }
  if (meta.column_index_bytes != 0) {
    to.i64(6, static_cast<std::int64_t>(meta.column_index_offset));
    to.i32(7, static_cast<std::int32_t>(meta.column_index_bytes));
  }
  to.end();
}

void put_group(ThriftWriter& to, std::span<const Column> columns, const WrittenGroup& group) {
  std::uint64_t unpacked = 0, stored = 0;
  to.begin_element();
  to.list(1, ThriftType::structure, columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    put_chunk(to, columns[i], group.chunks[i]);
    unpacked += group.chunks[i].meta.unpacked_bytes;
    stored += group.chunks[i].meta.stored_bytes;
  }
  to.i64(2, static_cast<std::int64_t>(unpacked));
  to.i64(3, static_cast<std::int64_t>(group.rows));
  to.i64(5, columns.empty() ? 4 : static_cast<std::int64_t>(group.chunks[0].meta.begin()));
  to.i64(6, static_cast<std::int64_t>(stored));
  to.end();
}

void put_notes(ThriftWriter& to, const Notes& notes) {
  if (notes.empty()) return;
  to.list(5, ThriftType::structure, notes.size());
  for (const auto& [key, value] : notes) {
    to.begin_element();
    to.binary(1, key);
    to.binary(2, value);
    to.end();
  }
}

}  // namespace

void put_footer(std::span<const Column> columns, std::span<const WrittenGroup> groups, const Notes& notes,
                Buffer& out) {
  std::uint64_t rows = 0;
  for (const WrittenGroup& group : groups) rows += group.rows;
  ThriftWriter to{out};
  to.i32(1, kVersion);
  put_schema(to, columns);
  to.i64(3, static_cast<std::int64_t>(rows));
  to.list(4, ThriftType::structure, groups.size());
  for (const WrittenGroup& group : groups) put_group(to, columns, group);
  put_notes(to, notes);
  to.binary(6, kCreatedBy);
  to.list(7, ThriftType::structure, columns.size());  // bounds are ordered by the columns' types
  for (std::size_t i = 0; i < columns.size(); ++i) {
    to.begin_element();
    to.begin(1);
    to.end();
    to.end();
  }
  to.end();
}

}  // namespace weir::output::parquet
