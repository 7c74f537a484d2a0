#include <array>
#include <utility>

#include "decoders/address_text.h"
#include "output/flow/clickhouse/native_block.h"

namespace weir::output::clickhouse {
namespace {

using parquet::Kind;

void append_varint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) to += static_cast<char>(value | 0x80U);
  to += static_cast<char>(value);
}
void append_text(std::string& to, std::string_view text) {
  append_varint(to, text.size());
  to += text;
}

// Of a value that is nothing; of a text its length is there.
std::size_t width_of(const ColumnType& type) {
  return type.width == 0 ? 1 : type.width;
}

// 0 says something else than nothing: no ICMP, or times that are not those of the record.
bool has_zero(const RecordColumn& column) {
  return column.is_optional && column.kind != Kind::boolean &&
         (column.field == flow::Field::times || column.field == flow::Field::ports);
}

}  // namespace

ColumnType column_type(const RecordColumn& column) {
  const bool nullable = has_zero(column);
  switch (column.kind) {
    case Kind::boolean: return {"UInt8", 1, false};
    case Kind::u8: return {nullable ? "Nullable(UInt8)" : "UInt8", 1, nullable};
    case Kind::u16: return {"UInt16", 2, false};
    case Kind::u32: return {"UInt32", 4, false};
    case Kind::u64: return {"UInt64", 8, false};
    case Kind::i64:
    case Kind::time_us: return {nullable ? "Nullable(Int64)" : "Int64", 8, nullable};
    case Kind::text: break;
  }
  return {"String", 0, false};
}

// Rows without a value, up to so many.
void BlockWriter::fill(std::size_t index, std::uint64_t rows) {
  Column& column = columns_[index];
  const ColumnType type = column_type(record_columns()[index]);
  const auto missing = static_cast<std::size_t>(rows - column.rows);
  if (type.is_nullable) column.nulls.append(missing, '\1');
  column.values.append(missing * width_of(type), '\0');
  column.rows = rows;
}

// The column, filled up to the row that is being added.
BlockWriter::Column& BlockWriter::said(std::size_t index) {
  Column& column = columns_[index];
  if (!std::exchange(column.is_said, true)) {
    const ColumnType type = column_type(record_columns()[index]);
    said_width_ += width_of(type) + (type.is_nullable ? 1 : 0);
  }
  fill(index, records_);
  return column;
}

void BlockWriter::put_number(std::size_t index, const ColumnType& type, std::uint64_t value) {
  if (value == kNoValue || (value == 0 && !type.is_nullable)) return;
  Column& column = said(index);
  if (type.is_nullable) column.nulls += '\0';
  std::array<char, sizeof value> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  column.values.append(bytes.data(), type.width);
  ++column.rows;
}

void BlockWriter::put_text(std::size_t index, std::string_view text) {
  if (text.empty()) return;
  Column& column = said(index);
  append_text(column.values, text);
  ++column.rows;
  text_bytes_ += text.size();
}

void BlockWriter::add_value(std::size_t index, const flow::Record& r, const flow::Detail& d) {
  const RecordColumn& column = record_columns()[index];
  switch (column.form) {
    case RecordColumn::Form::number: return put_number(index, column_type(column), column.number(r, d));
    case RecordColumn::Form::address: return put_text(index, ShortAddress(column.address(r, d)).view());
    case RecordColumn::Form::text: {
      ColumnText room;
      return put_text(index, column.text(r, d, room));
    }
  }
}

void BlockWriter::add(const flow::Record& record) {
  static const flow::Detail kNoDetail;
  const bool has_detail = record.detail != nullptr;
  const std::span<const RecordColumn> columns = record_columns();
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (has_detail || columns[i].field != flow::Field::detail)
      add_value(i, record, has_detail ? *record.detail : kNoDetail);
  ++records_;
}

InsertBlock BlockWriter::take() {
  InsertBlock out{.columns = {}, .bytes = {}, .records = records_};
  said(0);  // a block has columns
  out.bytes.reserve(bytes() + 64 * columns_.size());
  std::size_t count = 0;
  for (const Column& column : columns_)
    if (column.is_said) ++count;
  append_varint(out.bytes, count);
  append_varint(out.bytes, records_);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!columns_[i].is_said) continue;
    fill(i, records_);
    const RecordColumn& column = record_columns()[i];
    if (!out.columns.empty()) out.columns += ',';
    out.columns += column.name;
    append_text(out.bytes, column.name);
    append_text(out.bytes, column_type(column).name);
    out.bytes += columns_[i].nulls;
    out.bytes += columns_[i].values;
    columns_[i].nulls.clear();
    columns_[i].values.clear();
    columns_[i].rows = 0;
    columns_[i].is_said = false;
  }
  records_ = 0;
  text_bytes_ = said_width_ = 0;
  return out;
}

}  // namespace weir::output::clickhouse
