// Follows one file while its bytes arrive: opens it in a transaction's list, puts its pieces in order,
// counts, hashes and keeps them, closes it.
//
// A parser has a FileWriter for each file that it may have open: a direction, a part of a body, what is read or
// written through a handle. It can be used again after close(). What is found out about a file, and whether its
// bytes are kept, is decided when it is opened.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "decoders/app/file.h"
#include "decoders/app/requested.h"

namespace weir {

// A file's type is told from so many of its first bytes.
inline constexpr std::size_t kMagicBytes = 4096;
// Pieces of one file that wait for what is before them, those that follow upon each other together; their bytes are bounded by the flow's FileBudget.
inline constexpr std::size_t kMaxWaitingPieces = 256;
// No piece ends behind it; one that says so is left out.
inline constexpr std::uint64_t kMaxFileSize = std::uint64_t{1} << 62U;

// What the files of one flow share. A parser has one.
class FlowFiles {
 public:
  explicit FlowFiles(std::size_t most_kept = FileBudget::kMaxKeptBytes) : most_kept_(most_kept) {}
  std::uint32_t next_id() { return ++last_id_; }
  [[nodiscard]] const boost::intrusive_ptr<FileBudget>& budget() {
    if (budget_ == nullptr) budget_ = new FileBudget(most_kept_);
    return budget_;
  }

 private:
  std::size_t most_kept_;
  std::uint32_t last_id_ = 0;
  boost::intrusive_ptr<FileBudget> budget_;
};

class PartJoiner;

// When files are opened now, and what is to be found out about them.
struct FileOpening {
  TimeUs time = 0;
  FileFacts wanted;
  PartJoiner* joiner = nullptr;  // of those that come in parts (part_joiner.h)
  bool at_once = false;          // rules look at windows of their own as the bytes come (Requested::at_once)
};

struct NewFile {
  std::string_view name;
  // The window that rules look at: one of the transaction's, which the caller fills and which outlives the
  // file, or with `window` one of the file's own, which the writer fills. Neither: rules see no bytes.
  StreamedBody* content = nullptr;
  std::optional<BodyLimits> window = std::nullopt;
  std::optional<std::uint64_t> size = std::nullopt;  // when it is known beforehand
};

class FileWriter {
 public:
  FileWriter();
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  // Null when the transaction has as many files as it may have; bytes then go nowhere. A file that is still
  // open is closed as truncated.
  AppFile* open(FileList& list, FlowFiles& flow, const NewFile& file, const FileOpening& opening);
  // False, too, when the file ended without the writer: with its transaction, of which there were too many.
  [[nodiscard]] bool is_open() const { return file_ != nullptr && file_->state == FileState::open; }
  [[nodiscard]] bool is_empty() const { return file_ != nullptr && file_->size == 0; }
  [[nodiscard]] AppFile* file() const { return file_.get(); }
  // All of a file whose size is known has come.
  [[nodiscard]] bool is_whole() const { return file_ != nullptr && size_ && file_->size >= *size_; }

  // The next bytes.
  void append(Bytes chunk);
  // Bytes at a place, in any order: what comes too early waits, and of bytes that come twice those at the
  // lower offset count, or the first. When no more can wait, what is missing before the first that waits is
  // given up.
  void piece(std::uint64_t offset, Bytes bytes);
  // What is missing before `offset`, or before the first piece that waits, is given up.
  void give_up_missing(std::uint64_t offset);
  [[nodiscard]] std::size_t waiting_pieces() const { return waiting_.size(); }
  [[nodiscard]] std::uint64_t waiting_bytes() const { return waiting_bytes_; }
  // The next bytes never came.
  void gap(std::uint64_t length);
  // Closes with `state`; as truncated when there was a gap or a part of the known size is missing.
  void close(FileState state);

 private:
  struct Digests;
  struct Waiting {
    std::uint64_t offset;
    SlabVector<std::uint8_t> bytes;
  };
  void take(Bytes bytes);
  void take_waiting();
  bool wait(std::uint64_t offset, Bytes bytes);
  void tell_magic();
  void forget_waiting();

  boost::intrusive_ptr<AppFile> file_;
  std::unique_ptr<Digests> digests_;  // null: nothing is wanted
  std::optional<std::uint64_t> size_;
  SlabVector<Waiting> waiting_;  // by offset
  std::uint64_t waiting_bytes_ = 0;
};

}  // namespace weir
