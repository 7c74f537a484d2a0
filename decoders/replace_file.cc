#include "decoders/replace_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace weir {
namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

ReplacedFile::ReplacedFile(std::string path, mode_t mode)
    : path_(std::move(path)), temporary_(fmt::format("{}.{}.tmp", path_, ::getpid())) {
  (void)::unlink(temporary_.c_str());  // of a run that was ended
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd_ < 0) problem_ = std::strerror(errno);
}

ReplacedFile::~ReplacedFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  (void)::unlink(temporary_.c_str());
}

void ReplacedFile::write(std::string_view text) {
  if (problem_.empty() && !write_all(fd_, text)) problem_ = std::strerror(errno);
}

std::string ReplacedFile::commit() {
  if (fd_ < 0) return problem_;
  if (problem_.empty() && ::fsync(fd_) != 0) problem_ = std::strerror(errno);
  if (::close(std::exchange(fd_, -1)) != 0 && problem_.empty()) problem_ = std::strerror(errno);
  if (problem_.empty() && std::rename(temporary_.c_str(), path_.c_str()) != 0)
    problem_ = std::strerror(errno);
  if (!problem_.empty()) (void)::unlink(temporary_.c_str());
  return problem_;
}

std::string replace_file(const std::string& path, std::string_view text, mode_t mode) {
  ReplacedFile file(path, mode);
  file.write(text);
  return file.commit();
}

}  // namespace weir
