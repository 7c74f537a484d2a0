// Writes a file of Parquet, row group by row group: zstd pages with checksums, dictionary, delta or plain encoding by what is
// shortest, statistics and a page index, Bloom filters where a column wants one. Where zstd saves less than one byte in 32, pages are left
// as they are. Pages have kPageRows rows; a column without any value in a row group, or with one for all rows, is one page of some bytes.
// The footer and Bloom filters have checksums of ours (seal.h).
//
// A column of a row group is handed over whole. Used by one thread. What cannot be written is told by finish().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "output/parquet/schema.h"

namespace weir::output::parquet {

inline constexpr std::size_t kMaxGroupRows = 65536;
inline constexpr std::size_t kPageRows = 8192;

class FileWriter {
 public:
  // Columns and names must outlive the writer. The file is made with mode 0640 and must not be there (O_EXCL). `notes` go to the
  // footer's key_value_metadata. Fails with "FILE: reason".
  static tl::expected<std::unique_ptr<FileWriter>, std::string> create(
      const std::string& path, std::span<const Column> columns,
      std::vector<std::pair<std::string, std::string>> notes = {}, int zstd_level = 3);
  ~FileWriter();  // without finish(): removes the file
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  // The next row group, of 1 to kMaxGroupRows rows. Then each column in the order of the schema.
  void begin_group(std::size_t rows);
  // A column of numbers: a value for each row, whatever stands where there is none. `present` (empty: all) has 1 for each row that
  // has a value. Spans are read during the call only.
  void numbers(std::span<const std::uint64_t> values, std::span<const std::uint8_t> present = {});
  // A column of texts: `entries` are the different ones, in the order in which the dictionary shall have them; `index` has the number
  // of one for each row, or kNone. Entries may be there that no row has.
  static constexpr std::uint32_t kNone = UINT32_MAX;
  void texts(std::span<const std::string_view> entries, std::span<const std::uint32_t> index);

  // Writes the footer, and with `sync` waits for the disk (fdatasync). Fails with "FILE: reason" for whatever went wrong since the begin, and
  // then removes the file.
  tl::expected<std::uint64_t, std::string> finish(bool sync);  // bytes of the file
  [[nodiscard]] std::uint64_t rows() const;

 private:
  struct State;
  explicit FileWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::output::parquet
