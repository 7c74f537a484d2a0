// Makes files of Parquet from the journal's files, and one of several small ones.
//
// A journal's file becomes one file for each day that its records began on; when all are renamed into their places, it goes. Done again
// after a crash in between, it makes the same files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "output/flow/store/store_files.h"

namespace weir::output {

class GroupBuilder;
class RecordSorter;

struct Sealed {
  std::uint64_t records = 0, bytes = 0, files = 0;
  std::uint64_t torn_bytes =
      0;  // at the end of the journal's file: of a block that a killed run had not finished
  std::vector<std::string> problems;  // what of the sources could not be read
};

// Records of one file at most. Files that are merged become no longer.
inline constexpr std::uint64_t kSegmentRecords = 1U << 20U;
// Keeps its memory from call to call, some 150 MB. Used by one thread.
class StoreSealer {
 public:
  explicit StoreSealer(std::string folder);
  ~StoreSealer();
  StoreSealer(const StoreSealer&) = delete;
  StoreSealer& operator=(const StoreSealer&) = delete;

  // Seals a file of the journal that nobody writes to any more, and removes it. Fails with a text: the disk is full or the like, and
  // the journal's file stays as it is.
  tl::expected<Sealed, std::string> seal(const std::string& journal);
  // Makes one file of several of a day that follow one another (store_files.h), and removes them. Fails likewise; also when one of them
  // cannot be read whole: then they stay.
  tl::expected<Sealed, std::string> merge(const std::vector<StoreFile>& files);

 private:
  tl::expected<void, std::string> write(std::size_t from, std::size_t to, const StoreFile& file, Sealed& out);

  std::string folder_;
  std::unique_ptr<RecordSorter> sorter_;
  std::unique_ptr<GroupBuilder> builder_;
};

// The next files to merge, all of numbers below `below`; empty: there are none. Of a day those that follow one another, are small, and
// together have no more than a file may have.
std::vector<StoreFile> files_to_merge(const StoreListing& listing, std::uint64_t below);

}  // namespace weir::output
