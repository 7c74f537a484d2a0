// A new file that bytes are appended to, whole or not at all: it goes away unless it is finished.
#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

#include "output/parquet/bit_packing.h"

namespace weir::output::parquet {

class OutputFile {
 public:
  // Mode 0640; fails with "FILE: reason", also when it is there (O_EXCL).
  static tl::expected<OutputFile, std::string> create(const std::string& path);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  // What goes wrong is kept for finish().
  void append(Bytes bytes);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  // Once. `sync`: waits for the disk. Fails with "FILE: reason" and removes the file.
  tl::expected<void, std::string> finish(bool sync);

 private:
  OutputFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  void flush();
  void fail(const char* what);

  std::string path_;
  int fd_ = -1;  // -1: finished, or moved away
  std::uint64_t size_ = 0;
  Buffer pending_;
  std::string failure_;  // the first
};

}  // namespace weir::output::parquet
