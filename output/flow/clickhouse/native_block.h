// Flow records as blocks of ClickHouse's format Native: columns one after the other, each with its name and type.
//
// The columns are those of the store (output/flow/store/columns.def), and have the same names. What is null there is 0 or empty here,
// but where 0 says something else. Source: clickhouse.com/docs/interfaces/formats, "Native", and its types' binary forms; all types
// are known to servers since 18.16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/flow/record.h"
#include "decoders/types.h"
#include "output/flow/store/record_columns.h"

namespace weir::output::clickhouse {

// How a column of the store is kept in the table.
struct ColumnType {
  std::string_view name;     // "UInt32", "Nullable(UInt8)"
  std::size_t width = 0;     // bytes of a value; 0: a text with its length before it
  bool is_nullable = false;  // a byte a row comes before the values
};
ColumnType column_type(const RecordColumn& column);

// A block to be inserted.
struct InsertBlock {
  std::string columns;  // names, as they stand in an INSERT
  std::string bytes;
  std::uint64_t records = 0;
};

// Makes blocks. Columns that no record of a block says anything in are left out, and cost nothing: the table has their defaults.
class BlockWriter {
 public:
  BlockWriter() : columns_(record_columns().size()) {}
  void add(const flow::Record& record);
  [[nodiscard]] std::uint64_t records() const { return records_; }
  // Of the block, without names: rows that say nothing in a column that others say something in count.
  [[nodiscard]] std::size_t bytes() const {
    return text_bytes_ + static_cast<std::size_t>(records_) * said_width_;
  }
  // What was added since the last call.
  InsertBlock take();

 private:
  struct Column {
    std::string nulls, values;
    std::uint64_t rows = 0;
    bool is_said = false;  // some row has a value
  };
  Column& said(std::size_t index);
  void fill(std::size_t index, std::uint64_t rows);
  void add_value(std::size_t index, const flow::Record& r, const flow::Detail& d);
  void put_number(std::size_t index, const ColumnType& type, std::uint64_t value);
  void put_text(std::size_t index, std::string_view text);

  std::vector<Column> columns_;  // as record_columns()
  std::uint64_t records_ = 0;
  std::size_t text_bytes_ = 0;  // but for one a row
  std::size_t said_width_ = 0;  // of a row
};

// Reads the answer to a SELECT of some of the columns, in pieces as they come. Untrusted: every length has a limit.
class BlockReader {
 public:
  using Take = std::function<void(std::span<const flow::Record>)>;
  // `columns`: in the order of the SELECT, which is that of record_columns(); not empty.
  BlockReader(std::vector<const RecordColumn*> columns, Take take);

  // Hands on what has come whole. Fails with a text: of the server when it has failed amid its answer.
  tl::expected<void, std::string> add(Bytes bytes);
  // No more comes. Fails when something is missing.
  tl::expected<void, std::string> finish();
  [[nodiscard]] std::uint64_t records() const { return total_records_; }
  [[nodiscard]] std::uint64_t blocks() const { return blocks_; }

  static constexpr std::uint64_t kMostRows = 1U << 20U;  // of a block
  static constexpr std::size_t kMostTextBytes = 65'536;  // of a value
  static constexpr std::size_t kMostBlockBytes = std::size_t{256} << 20U;

 private:
  enum class Step : std::uint8_t { more, done, wrong };
  struct Place {  // of a column in pending_
    std::size_t nulls = 0, values = 0;
  };
  Step read_block();
  Step read_head();
  Step read_column_head();
  Step pass_texts();
  Step read_varint(std::uint64_t& out);
  Step read_name(std::string_view& out);
  void hand_on();
  void put_column(std::size_t index, std::size_t row, std::size_t rows);
  void put_numbers(std::size_t index, std::size_t row, std::size_t rows);
  void put_texts(std::size_t index, std::size_t rows);
  std::string_view text_at(std::size_t& place) const;
  [[nodiscard]] tl::unexpected<std::string> problem(std::string_view what) const;

  std::vector<const RecordColumn*> columns_;
  std::vector<ColumnType> types_;
  Take take_;
  bool has_details_ = false;

  std::string pending_;    // a block that is not whole yet, from its begin
  std::size_t at_ = 0;     // read so far
  bool has_head_ = false;  // of the block
  std::uint64_t rows_ = 0, text_rows_ = 0;
  std::size_t column_ = 0;        // that is being read
  bool has_column_head_ = false;  // of that
  std::vector<Place> places_;
  std::uint64_t total_records_ = 0, blocks_ = 0;
  std::string_view wrong_;

  // Rows that are handed on at once.
  std::vector<flow::Record> records_;
  std::vector<flow::Detail> details_;
  std::vector<std::uint64_t> numbers_;
  std::vector<std::uint8_t> present_;
  TextRoom room_;
};

}  // namespace weir::output::clickhouse
