#include "decoders/app/file_writer.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include <magic.h>

#include "decoders/digest.h"

namespace weir {
namespace {

struct MagicCloser {
  void operator()(magic_set* m) const { magic_close(m); }
};
using Magic = std::unique_ptr<magic_set, MagicCloser>;

// What libmagic has no memory for is to be asked again; without a database nothing is known of any file.
void need_memory(bool there) {
  if (!there) throw std::bad_alloc();
}

Magic open_magic() {
  Magic m{magic_open(MAGIC_NONE)};
  need_memory(m != nullptr);
  if (magic_load(m.get(), nullptr) == 0) return m;
  need_memory(magic_errno(m.get()) != ENOMEM);
  return nullptr;
}

// libmagic's handle is for one thread at a time. Loaded at first need, as it takes megabytes.
std::string file_magic(Bytes first) {
  thread_local const Magic magic = open_magic();
  if (magic == nullptr) return {};
  const char* const text = magic_buffer(magic.get(), first.data(), first.size());
  need_memory(text != nullptr || magic_errno(magic.get()) != ENOMEM);
  return text == nullptr ? std::string() : std::string(text);
}

SlabString finish(std::optional<RunningDigest>& running) {
  if (!running) return {};
  const DigestValue value = running->finish();
  return {reinterpret_cast<const char*>(value.bytes.data()), value.size};
}

}  // namespace

struct FileWriter::Digests : Slabbed {
  std::optional<RunningDigest> md5, sha1, sha256;
  bool magic = false;              // still to be told
  SlabVector<std::uint8_t> first;  // bytes for it
};

FileWriter::FileWriter() = default;

FileWriter::~FileWriter() {
  forget_waiting();
}

void FileWriter::forget_waiting() {
  for (const Waiting& w : waiting_) file_->budget_->give_back(w.bytes.size());
  waiting_ = {};
  waiting_bytes_ = 0;
}

AppFile* FileWriter::open(FileList& list, FlowFiles& flow, const NewFile& file, const FileOpening& opening) {
  close(FileState::truncated);
  if (list.size() >= kMaxFilesPerTransaction) return nullptr;
  // Whole before anybody knows it: any of this may find no memory.
  const boost::intrusive_ptr<AppFile> made = new AppFile;
  made->budget_ = flow.budget();
  made->id = flow.next_id();
  made->name = file.name.substr(0, kMaxFileName);
  made->opened = opening.time;
  made->content = file.content;
  if (file.window)
    made->content = &made->own_content.emplace(opening.at_once ? file.window->at_once() : *file.window);
  list.push_back({made});
  file_ = made;
  size_ = file.size;
  const FileFacts& wanted = opening.wanted;
  if (wanted.store && wanted.store_all)
    file_->keeping = FileKeeping::wanted;
  else if (wanted.store && wanted.store_chosen)
    file_->keeping = FileKeeping::undecided;
  if (!wanted.md5 && !wanted.sha1 && !wanted.sha256 && !wanted.magic) return file_.get();
  digests_ = std::make_unique<Digests>();
  if (wanted.md5) digests_->md5.emplace(Hash::md5);
  if (wanted.sha1) digests_->sha1.emplace(Hash::sha1);
  if (wanted.sha256) digests_->sha256.emplace(Hash::sha256);
  digests_->magic = wanted.magic;
  return file_.get();
}

void FileWriter::append(Bytes chunk) {
  if (!is_open()) return;
  take(chunk);
  take_waiting();
}

void FileWriter::piece(std::uint64_t offset, Bytes bytes) {
  if (!is_open() || offset > kMaxFileSize || bytes.size() > kMaxFileSize - offset) return;
  while (offset > file_->size) {
    if (wait(offset, bytes)) return;
    give_up_missing(offset);
  }
  const std::uint64_t known = file_->size - offset;
  if (known >= bytes.size()) return;
  append(bytes.subspan(static_cast<std::size_t>(known)));
}

// What waited behind it is taken, so that there is room again.
void FileWriter::give_up_missing(std::uint64_t offset) {
  const std::uint64_t next = waiting_.empty() ? offset : std::min(offset, waiting_.front().offset);
  if (is_open() && next > file_->size) gap(next - file_->size);
}

bool FileWriter::wait(std::uint64_t offset, Bytes bytes) {
  if (bytes.empty()) return true;
  const auto at = std::upper_bound(waiting_.begin(), waiting_.end(), offset,
                                   [](std::uint64_t o, const Waiting& other) { return o < other.offset; });
  Waiting* const before = at == waiting_.begin() ? nullptr : &*std::prev(at);
  const bool continues = before != nullptr && before->offset + before->bytes.size() == offset;
  if (!continues && waiting_.size() >= kMaxWaitingPieces) return false;
  if (!file_->budget_->has_room(bytes.size())) return false;
  if (continues)
    before->bytes.insert(before->bytes.end(), bytes.begin(), bytes.end());
  else
    waiting_.insert(at, {offset, {bytes.begin(), bytes.end()}});
  file_->budget_->take(bytes.size());
  waiting_bytes_ += bytes.size();
  return true;
}

// Those that are no longer ahead. One that there is no memory for is gone, as its bytes are counted; the others stay.
void FileWriter::take_waiting() {
  std::size_t taken = 0;
  const auto forget_taken = [&] {
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken));
  };
  try {
    while (taken < waiting_.size() && waiting_[taken].offset <= file_->size) {
      const std::uint64_t known = file_->size - waiting_[taken].offset;
      const SlabVector<std::uint8_t> bytes = std::exchange(waiting_[taken].bytes, {});
      ++taken;
      file_->budget_->give_back(bytes.size());
      waiting_bytes_ -= bytes.size();
      if (known < bytes.size()) take(Bytes(bytes).subspan(static_cast<std::size_t>(known)));
    }
  } catch (const std::bad_alloc&) {
    forget_taken();
    throw;
  }
  forget_taken();
}

void FileWriter::take(Bytes chunk) {
  file_->size += chunk.size();
  file_->keep(chunk);
  if (file_->own_content) file_->own_content->append(chunk);
  if (digests_ == nullptr) return;
  for (auto* const running : {&digests_->md5, &digests_->sha1, &digests_->sha256})
    if (*running) (*running)->add(chunk);
  if (!digests_->magic) return;
  const std::size_t room = std::min(chunk.size(), kMagicBytes - digests_->first.size());
  digests_->first.insert(digests_->first.end(), chunk.begin(),
                         chunk.begin() + static_cast<std::ptrdiff_t>(room));
  if (digests_->first.size() == kMagicBytes) tell_magic();
}

void FileWriter::tell_magic() {
  if (!digests_->magic) return;
  digests_->magic = false;
  file_->magic = file_magic(digests_->first);
  digests_->first = {};
}

void FileWriter::gap(std::uint64_t length) {
  if (!is_open() || length == 0) return;
  file_->has_gaps = true;
  file_->size += length;
  take_waiting();
}

void FileWriter::close(FileState state) {
  if (file_ == nullptr) return;
  if (!is_open()) {
    forget_waiting();
    digests_.reset();
    return file_.reset();
  }
  while (!waiting_.empty())
    if (const std::uint64_t at = waiting_.front().offset; at > file_->size)
      gap(at - file_->size);
    else
      take_waiting();  // for want of memory it had come to no end
  const bool incomplete = file_->has_gaps || (size_ && file_->size < *size_);
  file_->state = incomplete && state == FileState::closed ? FileState::truncated : state;
  if (file_->own_content) file_->own_content->finish();
  if (digests_ != nullptr) {
    tell_magic();
    if (file_->state == FileState::closed) {
      file_->md5 = finish(digests_->md5);
      file_->sha1 = finish(digests_->sha1);
    }
    file_->sha256 =
        finish(digests_->sha256);  // also of the bytes that came, as it names the file in the store
  }
  digests_.reset();
  file_.reset();
}

}  // namespace weir
