#include "decoders/app/file_writer.h"

#include <algorithm>
#include <array>

#include <magic.h>
#include <openssl/evp.h>

namespace weir {
namespace {

struct ContextDeleter {
  void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
};
using Context = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;

Context begin(const EVP_MD* digest) {
  Context c{EVP_MD_CTX_new()};
  if (c != nullptr && EVP_DigestInit_ex(c.get(), digest, nullptr) != 1) c.reset();
  return c;
}

struct MagicCloser {
  void operator()(magic_set* m) const { magic_close(m); }
};

// libmagic's handle is for one thread at a time. Loaded at first need, as it takes megabytes.
std::string file_magic(Bytes first) {
  thread_local const std::unique_ptr<magic_set, MagicCloser> magic = [] {
    std::unique_ptr<magic_set, MagicCloser> m{magic_open(MAGIC_NONE)};
    if (m != nullptr && magic_load(m.get(), nullptr) != 0) m.reset();
    return m;
  }();
  const char* const text = magic == nullptr ? nullptr : magic_buffer(magic.get(), first.data(), first.size());
  return text == nullptr ? std::string() : std::string(text);
}

SlabString finish(EVP_MD_CTX* c) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned size = 0;
  if (c == nullptr || EVP_DigestFinal_ex(c, out.data(), &size) != 1) return {};
  return {reinterpret_cast<const char*>(out.data()), size};
}

}  // namespace

struct FileWriter::Digests : Slabbed {
  Context md5, sha1, sha256;
  bool magic = false;               // still to be told
  SlabVector<std::uint8_t> first;  // bytes for it
};

FileWriter::FileWriter() = default;
FileWriter::~FileWriter() = default;
FileWriter::FileWriter(FileWriter&&) noexcept = default;
FileWriter& FileWriter::operator=(FileWriter&&) noexcept = default;

AppFile* FileWriter::open(FileList& list, std::uint32_t& last_id, std::string_view name,
                          StreamedBody* content, const FileOpening& opening) {
  digests_.reset();
  file_ = nullptr;
  if (list.size() >= kMaxFilesPerTransaction) return nullptr;
  list.push_back(std::make_unique<AppFile>());
  file_ = list.back().get();
  file_->id = ++last_id;
  file_->name = name.substr(0, kMaxFileName);
  file_->content = content;
  file_->opened = opening.time;
  const FileFacts& wanted = opening.wanted;
  if (wanted != FileFacts{}) {
    digests_ = std::make_unique<Digests>();
    if (wanted.md5) digests_->md5 = begin(EVP_md5());
    if (wanted.sha1) digests_->sha1 = begin(EVP_sha1());
    if (wanted.sha256) digests_->sha256 = begin(EVP_sha256());
    digests_->magic = wanted.magic;
  }
  return file_;
}

void FileWriter::append(Bytes chunk) {
  if (file_ == nullptr) return;
  file_->size += chunk.size();
  if (digests_ == nullptr) return;
  for (const Context* c : {&digests_->md5, &digests_->sha1, &digests_->sha256})
    if (*c != nullptr) EVP_DigestUpdate(c->get(), chunk.data(), chunk.size());
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
  if (file_ == nullptr || length == 0) return;
  file_->has_gaps = true;
  file_->size += length;
}

void FileWriter::close(FileState state) {
  if (file_ == nullptr) return;
  file_->state = file_->has_gaps && state == FileState::closed ? FileState::truncated : state;
  if (digests_ != nullptr) {
    tell_magic();
    if (file_->state == FileState::closed) {
      file_->md5 = finish(digests_->md5.get());
      file_->sha1 = finish(digests_->sha1.get());
    }
    file_->sha256 =
        finish(digests_->sha256.get());  // also of the bytes that came, as it names the file in the store
  }
  digests_.reset();
  file_ = nullptr;
}

}  // namespace weir
