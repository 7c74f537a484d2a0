// Reads files of Parquet, ours and those of other engines as far as they have flat columns of the kinds in schema.h: any of the encodings
// PLAIN, RLE_DICTIONARY and PLAIN_DICTIONARY, DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY, RLE (BOOLEAN); pages of both
// versions; uncompressed, zstd, snappy, gzip and LZ4_RAW. What else there is in a file is refused with its name, and costs nothing but
// what is asked for.
//
// Nothing in a file is believed: every length is checked against what is there and against the limits below, checksums (CRC of pages,
// and those of seal.h) are compared when they are there. The file is mapped: it may be renamed and removed while it is read, but must
// not be cut off or written over, as that would end the program (SIGBUS). One reader may be used by any number of threads at once, a
// ChunkReader by one. Pages of one column may have other rows than those of another: a chunk that has one value for all rows, or none,
// has one page.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/types.h"
#include "output/parquet/schema.h"

namespace weir::output::parquet {

// A file beyond these is refused, and told which.
inline constexpr std::size_t kMaxFooterBytes = std::size_t{64} << 20U;
inline constexpr std::size_t kMaxColumns = 4096;
inline constexpr std::size_t kMaxGroups = 1U << 20U;
inline constexpr std::size_t kMaxRowsOfGroup = std::size_t{16} << 20U;
inline constexpr std::size_t kMaxKeptBytes = std::size_t{256}
                                             << 20U;                  // of pages of plain texts, of one chunk
inline constexpr std::size_t kMaxPageBytes = std::size_t{64} << 20U;  // unpacked
inline constexpr std::size_t kMaxPageRows = std::size_t{16} << 20U;
inline constexpr std::size_t kMaxEntries = std::size_t{4}
                                           << 20U;  // different texts of a column in a row group, or numbers

// Least and greatest value of a column in a row group, when the file says them. Of texts none are kept.
struct Range {
  std::uint64_t least = 0, greatest = 0;
};

// Rows of a page in its row group.
struct PageRows {
  std::size_t first = 0, count = 0;
};

class ChunkReader;

class FileReader {
 public:
  static Read<std::unique_ptr<FileReader>> open(const std::string& path);
  // A file that is in memory; the bytes live longer. `name` is for problems.
  static Read<std::unique_ptr<FileReader>> from_memory(std::string name, Bytes bytes);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  [[nodiscard]] const std::string& path() const;
  [[nodiscard]] std::span<const Column> columns() const;
  // Place of a column by its name; none: the file has no such one (or one that cannot be read: see problems()).
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  // Columns that cannot be read, each with the reason.
  [[nodiscard]] std::span<const Problem> problems() const;
  [[nodiscard]] std::optional<std::string_view> note(std::string_view key) const;  // of key_value_metadata
  [[nodiscard]] std::size_t groups() const;
  [[nodiscard]] std::size_t rows(std::size_t group) const;
  [[nodiscard]] std::uint64_t rows() const;
  // Bytes of a column in a row group, as they are stored.
  [[nodiscard]] std::uint64_t stored_bytes(std::size_t group, std::size_t column) const;
  [[nodiscard]] std::optional<Range> range(std::size_t group, std::size_t column) const;
  // All rows of the group have no value in this column (by its statistics).
  [[nodiscard]] bool is_all_null(std::size_t group, std::size_t column) const;
  // False: surely no row of the group has this text. Reads the Bloom filter in place; true when there is none, or it is damaged.
  [[nodiscard]] bool may_have(std::size_t group, std::size_t column, std::string_view text) const;
  // The same with the hash of the text (XXH64, seed 0), for who asks many groups.
  [[nodiscard]] bool may_have(std::size_t group, std::size_t column, std::uint64_t hash) const;
  static std::uint64_t hash(std::string_view text);

  Read<std::unique_ptr<ChunkReader>> chunk(std::size_t group, std::size_t column) const;
  // Whoever has read a group is done with it: of a file of many gigabytes only the groups that are being read take memory.
  void let_go(std::size_t group) const;

 private:
  struct State;
  explicit FileReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
  friend class ChunkReader;
};

// One column of one row group. Pages are read in any order; nothing is unpacked that is not asked for. The FileReader lives longer.
class ChunkReader {
 public:
  ~ChunkReader();
  ChunkReader(const ChunkReader&) = delete;
  ChunkReader& operator=(const ChunkReader&) = delete;

  // From the page index, or by going from page to page.
  [[nodiscard]] std::span<const PageRows> pages() const;
  // Numbers of a page, one for each of its rows: 0 where there is none. `present` (may be empty) gets 1 or 0 for each. Both have room for
  // the page's rows.
  Read<void> numbers(std::size_t page, std::span<std::uint64_t> values, std::span<std::uint8_t> present);
  // Of texts: reads a page and says for each of its rows which of entries() it is, or kNone.
  static constexpr std::uint32_t kNone = UINT32_MAX;
  Read<void> texts(std::size_t page, std::span<std::uint32_t> index);
  // The dictionary; read at the first call of this or texts(). Pages that are not encoded with it add their texts behind when they are
  // read. Views live as long as the chunk (they stay where they are when more come).
  Read<std::span<const std::string_view>> entries();
  // Whether all pages are encoded with the dictionary: then a text that is not in entries() is nowhere in this chunk.
  [[nodiscard]] bool is_all_dictionary() const;
  // So many bytes have been read and unpacked so far.
  [[nodiscard]] std::uint64_t bytes_read() const;

 private:
  friend class FileReader;
  struct State;
  explicit ChunkReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::output::parquet
