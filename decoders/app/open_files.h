// The files that are open on one flow by what its protocol calls them: a handle that lives until it is
// closed, whatever transactions read or write through it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "decoders/app/file_writer.h"

namespace weir {

inline constexpr std::size_t kMaxOpenFiles = 64;   // of a flow
inline constexpr std::size_t kMaxFileHandle = 64;  // bytes of a handle; longer ones are cut

// Cost of a look-up: linear in the open files.
class OpenFiles {
 public:
  // Null: not open.
  FileWriter* find(std::string_view handle);
  // A file that is open under the handle is closed first, as truncated, and when there are kMaxOpenFiles the
  // one that was looked up longest ago. The writer is open unless `list` has as many files as it may have;
  // then it is null.
  FileWriter* open(std::string_view handle, FileList& list, const NewFile& file, const FileOpening& opening);
  // Nothing happens when it is not open.
  void close(std::string_view handle, FileState state);
  void close_all(FileState state);
  [[nodiscard]] std::size_t size() const { return files_.size(); }
  // How many were closed to make room.
  [[nodiscard]] std::uint64_t closed_for_room() const { return closed_for_room_; }

 private:
  struct Entry : Slabbed {
    SlabString handle;
    std::uint64_t used = 0;
    FileWriter writer;
  };
  using Entries = SlabVector<std::unique_ptr<Entry>>;
  Entries::iterator at(std::string_view handle);
  void make_room();

  FlowFiles flow_;
  Entries files_;
  std::uint64_t uses_ = 0, closed_for_room_ = 0;
};

}  // namespace weir
