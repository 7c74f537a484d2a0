// Follows one file while its bytes arrive: opens it in a transaction's list, counts and hashes it, closes it.
//
// A parser has one FileWriter a direction (or a part); it can be used again after close(). The AppFile
// belongs to the list. What is found out about it is decided when it is opened.
#pragma once

#include <memory>
#include <string_view>

#include "decoders/app/file.h"
#include "decoders/app/requested.h"

namespace weir {

// A file's type is told from so many of its first bytes.
inline constexpr std::size_t kMagicBytes = 4096;

// When files are opened now, and what is to be found out about them.
struct FileOpening {
  TimeUs time = 0;
  FileFacts wanted;
};

class FileWriter {
 public:
  FileWriter();
  ~FileWriter();
  FileWriter(FileWriter&&) noexcept;
  FileWriter& operator=(FileWriter&&) noexcept;

  // Null when the transaction has as many files as it may have; bytes then go nowhere. `content` may be null.
  AppFile* open(FileList& list, std::uint32_t& last_id, std::string_view name, StreamedBody* content,
                const FileOpening& opening);
  [[nodiscard]] bool is_open() const { return file_ != nullptr; }
  [[nodiscard]] AppFile* file() const { return file_; }
  // Counts and hashes; the content is the caller's to fill.
  void append(Bytes chunk);
  void gap(std::uint64_t length);
  // Closes with `state`, or as truncated when there was a gap.
  void close(FileState state);

 private:
  struct Digests;
  void tell_magic();
  AppFile* file_ = nullptr;
  std::unique_ptr<Digests> digests_;  // null: nothing is wanted
};

}  // namespace weir
