// A file that a protocol carries (an HTTP body, a mail attachment, what is read through a handle): what
// `fileinfo` events and file keywords see of it.
//
// FileWriter (file_writer.h) opens and fills it. It lives as long as something refers to it: the transaction
// that shows it and its writer, which may outlive the transaction. References belong to one thread.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include "decoders/app/streamed_body.h"
#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir {

enum class FileState : std::uint8_t { open, closed, truncated, error };

// What becomes of the bytes, if files are stored at all.
enum class FileKeeping : std::uint8_t {
  no,         // nobody wants them, or not any more
  undecided,  // they are kept until rules have said whether the file is to be stored
  wanted,     // they are kept until the store takes them
  lost        // the file was to be stored, but a limit was reached
};

// Bytes of one flow's files that are kept, for the store or because what is before them is still to come. At
// most kMaxKeptBytes, if nothing else is said.
class FileBudget : public Slabbed {
 public:
  static constexpr std::size_t kMaxKeptBytes = std::size_t{8} << 20U;
  explicit FileBudget(std::size_t most = kMaxKeptBytes) : most_(most) {}
  ~FileBudget() { assert(used_ == 0); }

  [[nodiscard]] bool has_room(std::size_t bytes) const { return bytes <= most_ - used_; }
  // There is room, and the bytes are there: an allocation that fails leaves nothing taken.
  void take(std::size_t bytes) { used_ += bytes; }
  void give_back(std::size_t bytes) { used_ -= bytes; }
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  friend void intrusive_ptr_add_ref(FileBudget* b) { ++b->references_; }
  friend void intrusive_ptr_release(FileBudget* b) {
    if (--b->references_ == 0) delete b;
  }
  std::size_t most_, used_ = 0;
  std::uint32_t references_ = 0;
};

// Opaque state that a store of files hangs on a file; when it goes, the store drops what it has of the file.
struct FileStorage {
  virtual ~FileStorage() = default;
};

class AppFile : public Slabbed {
 public:
  ~AppFile() { let_go_of_kept(); }
  AppFile() = default;
  AppFile(const AppFile&) = delete;
  AppFile& operator=(const AppFile&) = delete;

  std::uint32_t id = 0;              // counts from 1 over the flow
  SlabString name;                   // as sent, not sanitised: at most kMaxFileName bytes
  std::uint64_t size = 0;            // bytes so far, those missing included
  std::uint64_t start = 0, end = 0;  // of a byte range (HTTP Range); both 0 when there is none
  FileState state = FileState::open;
  bool has_gaps = false;
  bool logged = false;
  bool stored = false;
  TimeUs opened = 0;
  // The window that file.data looks at: the file's own, or one of the transaction that opened it. Null when
  // the bytes are not looked at.
  StreamedBody* content = nullptr;
  std::optional<StreamedBody> own_content;
  // Filled when the file closes and hashing is on (raw digest bytes).
  SlabString md5, sha1, sha256;
  std::string magic;  // libmagic's description of the first bytes, when wanted

  // --- for the store
  FileKeeping keeping = FileKeeping::no;
  std::unique_ptr<FileStorage> storage;
  // In order, what the store has not taken yet.
  [[nodiscard]] Bytes kept() const { return kept_; }
  // Without room in the flow's budget the file is lost to the store.
  void keep(Bytes bytes);
  void let_go_of_kept();
  // Rules have decided, or cannot decide any more.
  void want() {
    if (keeping == FileKeeping::undecided) keeping = FileKeeping::wanted;
  }
  void stop_keeping(FileKeeping as) {
    keeping = as;
    let_go_of_kept();
  }

 private:
  friend class FileWriter;
  friend void intrusive_ptr_add_ref(AppFile* f) { ++f->references_; }
  friend void intrusive_ptr_release(AppFile* f) {
    if (--f->references_ == 0) delete f;
  }
  boost::intrusive_ptr<FileBudget> budget_;
  SlabVector<std::uint8_t> kept_;
  std::uint32_t references_ = 0;
};

inline constexpr std::size_t kMaxFileName = 2048;
inline constexpr std::size_t kMaxFilesPerTransaction = 64;

// A file as its transaction shows it.
struct ShownFile {
  boost::intrusive_ptr<AppFile> file;  // never null

  [[nodiscard]] AppFile* get() const { return file.get(); }
  AppFile* operator->() const { return file.get(); }
  AppFile& operator*() const { return *file; }
};

using FileList = SlabVector<ShownFile>;

// Rules have looked at what was ready of these files' windows.
void mark_inspected(const FileList& files);
// Bytes of their windows.
std::size_t held_by(const FileList& files);

}  // namespace weir
