// A file that is only ever appended to, block by block (block.h). What a crash or a full disk has left half written at its end is cut off
// when it is opened; of a block that could not be written whole, what stands of it is taken back at once. Used by one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "decoders/types.h"

namespace weir::output {

// At the begin of each file.
inline constexpr std::string_view kJournalMagic = "weir flows v. 1\n";

class BlockFile {
 public:
  BlockFile() = default;  // closed
  // Makes it when it is missing, with mode 0640; follows no link. Fails with "FILE: reason".
  static tl::expected<BlockFile, std::string> open(const std::string& path);
  BlockFile(BlockFile&& other) noexcept;
  BlockFile& operator=(BlockFile&& other) noexcept;
  ~BlockFile();

  // Appends a block. Fails with a text, and then nothing was appended.
  tl::expected<void, std::string> put(Bytes block);
  // Waits for the disk.
  void sync();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] bool is_empty() const;  // no block is in it
  // Bytes that were cut off when it was opened.
  [[nodiscard]] std::uint64_t bytes_cut() const { return cut_; }

 private:
  bool mend();

  std::string path_;
  int fd_ = -1;
  std::uint64_t bytes_ = 0, cut_ = 0;
  bool is_torn_ = false;
};

}  // namespace weir::output
