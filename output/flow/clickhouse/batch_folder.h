// Batches that wait on disk until a server takes them: a file each, written whole or not at all.
//
//   FOLDER/0000018f3a2b1c00-00000001.batch   run (time of its begin) and number; removed when it has been inserted
//   FOLDER/lock                              held by the run that uses the folder
//
// A file has its length and a checksum; one that is damaged is named .damaged, counted and left to people. Used by one thread at a
// time.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "output/flow/clickhouse/native_block.h"

namespace weir::output::clickhouse {

// A block and the name that no other has (insert_block()).
struct Batch {
  InsertBlock block;
  std::string token;
};

class BatchFolder {
 public:
  // Makes the folder when it is missing, and finds what an earlier run has left; `most_bytes`: of all files. Fails with a text: it
  // cannot be written to, or somebody else uses it.
  static tl::expected<std::unique_ptr<BatchFolder>, std::string> open(const std::string& folder,
                                                                      std::uint64_t most_bytes);
  ~BatchFolder();
  BatchFolder(const BatchFolder&) = delete;
  BatchFolder& operator=(const BatchFolder&) = delete;

  // Fails with a reason: there is no room, by most_bytes or on the disk.
  tl::expected<void, std::string> add(const Batch& batch);
  [[nodiscard]] bool empty() const { return files_.empty(); }
  // The oldest. Fails with a reason when it is damaged; set_first_aside() then.
  [[nodiscard]] tl::expected<Batch, std::string> first() const;
  void drop_first();
  void set_first_aside();

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t batches() const { return files_.size(); }
  [[nodiscard]] const std::string& folder() const { return folder_; }

  static constexpr std::size_t kMostFiles = 100'000;
  static constexpr std::size_t kMostFileBytes = std::size_t{1} << 30U;

 private:
  struct File {
    std::string token;
    std::uint64_t bytes = 0;
  };
  BatchFolder(std::string folder, std::uint64_t most_bytes)
      : folder_(std::move(folder)), most_bytes_(most_bytes) {}
  tl::expected<void, std::string> lock();
  tl::expected<void, std::string> find_files();
  [[nodiscard]] std::string path_of(const std::string& token) const;

  std::string folder_;
  std::uint64_t most_bytes_, bytes_ = 0;
  std::deque<File> files_;  // from the oldest
  int lock_fd_ = -1;
};

}  // namespace weir::output::clickhouse
