// Follows one file while its bytes arrive: opens it in a transaction's list, counts and hashes it, closes it.
//
// A parser has one FileWriter a direction (or a part); it can be used again after close(). The AppFile
// belongs to the list. Hashing is decided for the whole run, before parsers are made.
#pragma once

#include <memory>
#include <string_view>

#include "decoders/app/file.h"

namespace weir {

// What the run wants to know of every file (force-hash and force-magic settings, rules that ask for it).
struct FileFacts {
  bool md5 = false, sha1 = false, sha256 = false;
  bool magic = false;
};
// The one of this process: set while starting, read only afterwards.
FileFacts& wanted_file_facts();

// A file's type is told from so many of its first bytes.
inline constexpr std::size_t kMagicBytes = 4096;

class FileWriter {
 public:
  FileWriter();
  ~FileWriter();
  FileWriter(FileWriter&&) noexcept;
  FileWriter& operator=(FileWriter&&) noexcept;

  // Null when the transaction has as many files as it may have; bytes then go nowhere. `content` may be null.
  AppFile* open(FileList& list, std::uint32_t& last_id, std::string_view name, StreamedBody* content,
                TimeUs now);
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
