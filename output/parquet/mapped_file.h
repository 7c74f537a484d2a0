// A file that is read where it is, by mapping it. It may be renamed and removed meanwhile; cutting it off ends the program (SIGBUS).
#pragma once

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

 private:
  Bytes bytes_;
};

}  // namespace weir::output::parquet
