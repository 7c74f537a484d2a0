// Reads records from a file of the store, or from another one of Parquet that has columns of the same names.
//
// A row group is read page by page, and of each page those columns and rows that somebody wants.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "decoders/flow/fields.h"
#include "decoders/flow/record.h"
#include "output/flow/store/record_columns.h"
#include "output/parquet/file_reader.h"

namespace weir::output {

// Which of record_columns() stand where in a file. Columns that the file does not have, or has as something else, are left out.
class RecordFile {
 public:
  // Fails with a Problem: it cannot be read, or has no column `start`.
  static parquet::Read<std::unique_ptr<RecordFile>> open(const std::string& path);

  [[nodiscard]] const parquet::FileReader& file() const { return *file_; }
  // Place in the file of a column by its place in record_columns().
  [[nodiscard]] std::optional<std::size_t> place(std::size_t column) const { return places_[column]; }
  // No record of a row group begins before `first`, or ends after `last`.
  struct Times {
    TimeUs first, last, last_start;
  };
  [[nodiscard]] std::optional<Times> times(std::size_t group) const;

 private:
  explicit RecordFile(std::unique_ptr<parquet::FileReader> file);
  std::unique_ptr<parquet::FileReader> file_;
  std::vector<std::optional<std::size_t>> places_;
};

// Place in record_columns() of a column by its name, which is there.
std::size_t record_column(std::string_view name);

// Room to read with, kept from row group to row group. Used by one thread.
class RecordRoom {
 public:
  static constexpr std::size_t kBatch = 128;  // records that are handed on at once

  RecordRoom();
  ~RecordRoom();
  RecordRoom(const RecordRoom&) = delete;
  RecordRoom& operator=(const RecordRoom&) = delete;

 private:
  friend class RecordGroup;
  // What is unpacked of a column: one of its pages.
  struct Page {
    std::vector<std::uint64_t> numbers;
    std::vector<std::uint8_t> present;
    std::vector<std::uint32_t> index;
    std::vector<IpAddress> addresses;  // of the dictionary's texts, as far as they were needed
  };
  std::vector<Page> pages_;  // by column
  std::vector<flow::Record> records_;
  std::vector<flow::Detail> details_;
  std::vector<std::uint64_t> numbers_;
  std::vector<std::uint8_t> present_;
  TextRoom texts_;
};

// One row group. The file and the room live longer; one group at a time uses a room.
class RecordGroup {
 public:
  RecordGroup(const RecordFile& file, std::size_t group, RecordRoom& room);
  ~RecordGroup();
  RecordGroup(const RecordGroup&) = delete;
  RecordGroup& operator=(const RecordGroup&) = delete;

  [[nodiscard]] std::size_t rows() const { return rows_; }
  // Of a column with addresses, by its place in record_columns(): the texts of its dictionary; empty: the file has no such column, or no
  // value in it here.
  parquet::Read<std::span<const std::string_view>> entries(std::size_t column);
  // No row has a text that is not among these entries.
  [[nodiscard]] bool has_all_entries(std::size_t column) const {
    const OpenColumn& open = columns_[column];
    return open.is_open && (open.chunk == nullptr || open.chunk->is_all_dictionary());
  }
  // Calls visit(first row, index) for each of its pages: for each row which of the entries it has, or ChunkReader::kNone. Further
  // entries may be there afterwards.
  using VisitIndex = std::function<void(std::size_t first, std::span<const std::uint32_t> index)>;
  parquet::Read<void> visit_index(std::size_t column, const VisitIndex& visit);
  // Numbers of these rows, which go up; 0 where there is none.
  parquet::Read<void> numbers(std::size_t column, std::span<const std::uint32_t> rows,
                              std::vector<std::uint64_t>& out);
  // Hands on the records of these rows, which go up, with these members, in batches, until the consumer has enough.
  parquet::Read<void> read(std::span<const std::uint32_t> rows, flow::Fields fields,
                           flow::RecordConsumer& consumer);
  [[nodiscard]] std::uint64_t bytes_read() const;
  [[nodiscard]] std::uint64_t records_read() const { return records_read_; }  // handed on

 private:
  struct OpenColumn {
    std::unique_ptr<parquet::ChunkReader> chunk;  // null: the file has no such one, or nothing in it here
    std::optional<std::uint64_t> constant;        // what all rows have, by the statistics: no page is read
    bool is_open = false, is_optional = false;
    std::size_t page = SIZE_MAX;     // which one is in the room
    std::size_t first = 0, end = 0;  // its rows
  };
  [[nodiscard]] std::optional<std::uint64_t> constant_of(std::size_t place) const;
  parquet::Read<OpenColumn*> open(std::size_t column);
  parquet::Read<void> load(std::size_t column, OpenColumn& open, std::uint32_t row);
  parquet::Read<void> fill(std::size_t column, std::span<const std::uint32_t> rows);
  parquet::Read<void> put(std::size_t column, const OpenColumn& open, std::span<const std::uint32_t> rows,
                          std::size_t at);
  parquet::Read<void> put_texts(std::size_t column, const OpenColumn& open,
                                std::span<const std::uint32_t> rows, std::size_t at);

  const RecordFile& file_;
  std::size_t group_, rows_;
  RecordRoom& room_;
  std::vector<OpenColumn> columns_;
  std::uint64_t records_read_ = 0;
  bool keeps_addresses_ = false;  // so many rows are read that each address is turned into one once
};

// All records of a file. Fails with a Problem at what cannot be read; those before have been visited.
parquet::Read<void> read_records(const std::string& path,
                                 const std::function<void(const flow::Record&)>& visit);
// How many a file has; none when it cannot be read.
std::optional<std::uint64_t> rows_of(const std::string& path);

}  // namespace weir::output
