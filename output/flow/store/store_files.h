// Which files a store consists of, and which of them count.
//
//   STORE/2026-11-30/flows-00000007.parquet            what the journal's file 7 had of that day (UTC, by the record's begin)
//   STORE/2026-11-30/flows-00000001-00000006.parquet   what files 1 to 6 had, merged
//   STORE/rollup-5m/2025-11-30/flows-00000001-00000006.parquet   the sums by 5 minutes of what such a file had, which is gone
//   STORE/rollup-1h/2020-11-30/flows-00000001-00000006.parquet   by an hour
//   STORE/flows-00000008.journal                       what is still being written (journal_writer.h)
//   STORE/accounts.journal, STORE/lock
//
// Files are written under another name and renamed when they are whole, so that a reader needs no lock. Until the file that it was made
// from is gone, both are there: a file whose numbers lie within those of another one of its day does not count, and of a journal's file
// not what is of a day that has a file with its number. In the same way a file of sums does not count as long as a finer one of its day
// has its numbers; and a finer one whose numbers are only some of those of a file of sums has been left over.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/types.h"

namespace weir::output {

// Days that a journal's file is split into; the records of further days stand together in the last one.
inline constexpr std::size_t kMaxDays = 64;

// From the finest on.
enum class StoreLevel : std::uint8_t { records, five_minutes, hours };
inline constexpr std::array kRollupLevels{StoreLevel::five_minutes, StoreLevel::hours};
// "5m", "1h"; empty for records.
std::string_view level_name(StoreLevel level);
std::optional<StoreLevel> find_level(std::string_view name);
// Microseconds; 0 for records.
TimeUs step_of(StoreLevel level);

struct StoreFile {
  std::string path;
  std::string day;                    // "2026-11-30"
  std::uint64_t first = 0, last = 0;  // numbers of the journal's files that it was made from
  StoreLevel level = StoreLevel::records;
  [[nodiscard]] bool covers(const StoreFile& other) const {
    return day == other.day && first <= other.first && other.last <= last;
  }
};

struct StoreListing {
  std::vector<StoreFile> files;         // of records, that count, by day and number
  std::vector<StoreFile> rollups;       // of sums, that count: by level, then likewise
  std::vector<StoreFile> covered;       // that another one stands for
  std::vector<std::string> unfinished;  // left by a crash, or being written
  std::vector<std::string> journals;
  // A day of a journal's file stands in a file already; also with others, when the journal's file had too many days.
  [[nodiscard]] bool is_sealed(std::uint64_t journal, std::string_view day) const;
  [[nodiscard]] bool is_begun(std::uint64_t journal) const;  // some day does
  [[nodiscard]] std::uint64_t greatest_number() const;
};

// The journal's files are looked for first: what is sealed meanwhile is found twice, not never. Fails with a text: there is no such folder.
tl::expected<StoreListing, std::string> list_store(const std::string& folder);

// Days since 1970-01-01 in UTC, 0 at least; one number for all times that day_of() gives the same day.
std::int64_t day_number(TimeUs time);
// "2026-11-30" of a time, in UTC; of times that no calendar has, the first or last day there is.
std::string day_of(TimeUs time);
// "2026-11-30/", "rollup-5m/2026-11-30/": within the store.
std::string day_folder(const StoreFile& file);
// "STORE/2026-11-30/flows-00000001-00000006.parquet"; of sums "STORE/rollup-5m/2026-11-30/..."
std::string store_path(const std::string& folder, const StoreFile& file);

// Has the disk know that names in a folder have changed.
void sync_folder(const std::string& folder);

}  // namespace weir::output
