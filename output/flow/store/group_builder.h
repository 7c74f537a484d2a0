// Collects the columns of one row group of the store, and hands them to the file.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "output/flow/store/record_columns.h"
#include "output/parquet/file_writer.h"

namespace weir::output {

// Different addresses of a column, each with a number.
class AddressNumbers {
 public:
  std::uint32_t number_of(const IpAddress& address);
  [[nodiscard]] std::span<const IpAddress> addresses() const { return addresses_; }
  void clear();

 private:
  void grow();
  std::vector<IpAddress> addresses_;
  std::vector<std::uint32_t> slots_;  // number + 1; 0: free
};

class GroupBuilder {
 public:
  GroupBuilder();
  GroupBuilder(const GroupBuilder&) = delete;
  GroupBuilder& operator=(const GroupBuilder&) = delete;
  ~GroupBuilder();

  // At most parquet::kMaxGroupRows before they are written.
  void add(const flow::Record& record);
  [[nodiscard]] std::size_t rows() const { return rows_; }
  // It is to be written before more is added: so many rows, or so long texts.
  [[nodiscard]] bool is_full() const {
    return rows_ == parquet::kMaxGroupRows || text_bytes_ >= kMaxTextBytes;
  }
  // Writes a row group with what is there, if there is something, and begins the next one.
  void write(parquet::FileWriter& file);

  // The schema of the store's files.
  static std::span<const parquet::Column> schema();

 private:
  struct Numbers;
  struct Texts;
  struct Addresses;
  void write_addresses(parquet::FileWriter& file, Addresses& column);

  static constexpr std::size_t kMaxTextBytes = std::size_t{16}
                                               << 20U;  // no dictionary becomes longer than a page may be

  std::size_t rows_ = 0, text_bytes_ = 0;
  std::vector<Numbers> numbers_;  // by place among all columns; empty where it has another form
  std::vector<Texts> texts_;
  std::vector<Addresses> addresses_;
  std::vector<std::uint64_t> no_values_;
  std::vector<std::uint8_t> none_present_;
  std::vector<std::uint32_t> no_index_;
  std::size_t first_detail_ = 0;  // columns from here on are of the detail
};

}  // namespace weir::output
