#include "output/store_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

namespace weir::output {
namespace {

constexpr const char* kTemporaryFolder = "tmp";
constexpr unsigned kFolders = 256;
constexpr int kMaxNames = 1000;  // taken by what a run with our number left behind
constexpr int kNewFile = O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

int open_folder(int at, const char* name) {
  return ::openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

// Null: it is there, or was made.
const char* make_folders(int dir_fd) {
  for (unsigned i = 0; i <= kFolders; ++i) {
    const std::string name = i == kFolders ? kTemporaryFolder : fmt::format("{:02x}", i);
    if (::mkdirat(dir_fd, name.c_str(), kStoreFolderMode) != 0 && errno != EEXIST)
      return std::strerror(errno);
  }
  return nullptr;
}

}  // namespace

tl::expected<std::unique_ptr<StoreFolder>, std::string> StoreFolder::open(const std::string& dir,
                                                                          unsigned max_open) {
  const auto fail = [&](const char* why) {
    return tl::unexpected(fmt::format("file-store: {}: {}", dir, why));
  };
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(dir).parent_path(), error);
  if (::mkdir(dir.c_str(), kStoreFolderMode) != 0 && errno != EEXIST) return fail(std::strerror(errno));
  const int dir_fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir_fd < 0) return fail(std::strerror(errno));
  const char* problem = make_folders(dir_fd);
  const int temporary_fd = problem != nullptr ? -1 : open_folder(dir_fd, kTemporaryFolder);
  if (temporary_fd >= 0)
    return std::unique_ptr<StoreFolder>(new StoreFolder(dir, dir_fd, temporary_fd, max_open));
  if (problem == nullptr) problem = std::strerror(errno);
  ::close(dir_fd);
  return fail(problem);
}

StoreFolder::~StoreFolder() {
  for (auto& [number, file] : files_) {
    close(file);
    remove(file);
  }
  ::close(temporary_fd_);
  ::close(dir_fd_);
}

void StoreFolder::failed(std::string_view call, std::string_view name) {
  last_error_ = fmt::format("{}/{}: {}: {}", dir_, name, call, std::strerror(errno));
  ++counters_.errors;
}

// The process's number keeps several runs in one folder apart; what is left of one that crashed is passed
// over.
bool StoreFolder::create(Temporary& file) {
  for (int i = 0; i < kMaxNames; ++i) {
    file.name = fmt::format("{}.{}", ::getpid(), next_name_++);
    file.fd = ::openat(temporary_fd_, file.name.c_str(), O_WRONLY | kNewFile, kStoredFileMode);
    if (file.fd >= 0 || errno != EEXIST) break;
  }
  return file.fd >= 0;
}

bool StoreFolder::reopen(std::uint64_t number, Temporary& file) {
  if (file.fd >= 0) {
    open_.splice(open_.begin(), open_, file.place);
    return true;
  }
  if (!open_.empty() && open_.size() >= max_open_) {
    ++counters_.open_max_hit;
    close(files_.at(open_.back()));
  }
  if (file.name.empty() ? !create(file)
                        : (file.fd = ::openat(temporary_fd_, file.name.c_str(),
                                              O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC)) < 0)
    return false;
  file.place = open_.insert(open_.begin(), number);
  counters_.open_files = open_.size();
  return true;
}

void StoreFolder::close(Temporary& file) {
  if (file.fd < 0) return;
  ::close(std::exchange(file.fd, -1));
  open_.erase(file.place);
  counters_.open_files = open_.size();
}

void StoreFolder::remove(const Temporary& file) const {
  if (!file.name.empty()) (void)::unlinkat(temporary_fd_, file.name.c_str(), 0);
}

void StoreFolder::give_up(Temporary& file, std::string_view call) {
  failed(call, fmt::format("{}/{}", kTemporaryFolder, file.name));
  close(file);
  remove(file);
  file.name.clear();
  file.failed = true;
}

bool StoreFolder::put(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

void StoreFolder::append(std::uint64_t number, Bytes bytes) {
  Temporary& file = files_[number];
  if (file.failed) return;
  if (!reopen(number, file)) return give_up(file, "open");
  if (!put(file.fd, bytes)) return give_up(file, "write");
  file.bytes += bytes.size();
  if (max_open_ == 0) close(file);
}

void StoreFolder::finish(std::uint64_t number, const std::string& hash, std::string_view fileinfo_name,
                         std::string_view fileinfo) {
  const auto at = files_.find(number);
  if (at == files_.end()) return;
  Temporary& file = at->second;
  close(file);
  if (!file.failed) {
    const std::string below = hash.substr(0, 2);
    const int folder = open_folder(dir_fd_, below.c_str());
    if (folder < 0) {
      failed("open", below);
    } else if (give_name(file, folder, hash) && !fileinfo.empty()) {
      write_fileinfo(folder, fmt::format("{}.{}.json", hash, fileinfo_name), fileinfo);
    }
    if (folder >= 0) ::close(folder);
    remove(file);  // a duplicate, or what could not be named
  }
  files_.erase(at);
}

void StoreFolder::drop(std::uint64_t number) {
  const auto at = files_.find(number);
  if (at == files_.end()) return;
  close(at->second);
  remove(at->second);
  files_.erase(at);
}

bool StoreFolder::give_name(const Temporary& file, int folder, const std::string& hash) {
  struct stat there {};
  if (::fstatat(folder, hash.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(there.st_mode)) {
    ++counters_.duplicates;
    (void)::utimensat(folder, hash.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
    return true;
  }
  // Landlock of kernels before 5.19 lets nothing be renamed from one folder to another.
  if (::renameat(temporary_fd_, file.name.c_str(), folder, hash.c_str()) != 0 &&
      (errno != EXDEV || !copy(file, folder, hash))) {
    failed("rename", hash);
    return false;
  }
  ++counters_.files;
  counters_.bytes += file.bytes;
  return true;
}

bool StoreFolder::copy(const Temporary& file, int folder, const std::string& hash) {
  constexpr std::size_t kPiece = std::size_t{64} << 10U;
  const std::string unfinished = "." + hash + "." + file.name;
  const int from = ::openat(temporary_fd_, file.name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  const int to = from < 0 ? -1 : ::openat(folder, unfinished.c_str(), O_WRONLY | kNewFile, kStoredFileMode);
  bool copied = to >= 0;
  std::array<std::uint8_t, kPiece> piece;
  for (ssize_t n = 1; copied && n > 0;) {
    n = ::read(from, piece.data(), piece.size());
    copied = n >= 0 && put(to, Bytes(piece).first(static_cast<std::size_t>(n)));
  }
  copied = copied && ::renameat(folder, unfinished.c_str(), folder, hash.c_str()) == 0;
  const int error = errno;
  if (to >= 0 && !copied) (void)::unlinkat(folder, unfinished.c_str(), 0);
  for (const int fd : {from, to})
    if (fd >= 0) ::close(fd);
  errno = error;
  return copied;
}

void StoreFolder::write_fileinfo(int folder, const std::string& name, std::string_view text) {
  const std::string unfinished = "." + name + "." + std::to_string(::getpid());
  const int fd = ::openat(folder, unfinished.c_str(), O_WRONLY | kNewFile, kStoredFileMode);
  const Bytes bytes{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  if (fd < 0 || !put(fd, bytes) || ::renameat(folder, unfinished.c_str(), folder, name.c_str()) != 0) {
    failed("fileinfo", name);
    (void)::unlinkat(folder, unfinished.c_str(), 0);
  }
  if (fd >= 0) ::close(fd);
}

}  // namespace weir::output
