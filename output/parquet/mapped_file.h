// A file that is read where it is, by mapping it. It may be renamed and removed meanwhile; cutting it off ends the program (SIGBUS).
#pragma once

#include <cstddef>
#include <string>

#include <tl/expected.hpp>

#include "decoders/types.h"

namespace weir::output::parquet {

class MappedFile {
 public:
  MappedFile() = default;
  // Fails with the reason alone. An empty file has no bytes.
  static tl::expected<MappedFile, std::string> open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  [[nodiscard]] Bytes bytes() const { return bytes_; }
  // This part was read, and is not needed soon: it no longer counts as memory of the program. It is still there, at the cost of
  // mapping it anew. From any thread.
  void let_go(std::size_t offset, std::size_t size) const;

 private:
  Bytes bytes_;
};

}  // namespace weir::output::parquet
