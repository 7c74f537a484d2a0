#include "output/parquet/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace weir::output::parquet {
namespace {

constexpr std::size_t kPendingBytes = 512 * 1024;
constexpr mode_t kMode = 0640;

}  // namespace

tl::expected<OutputFile, std::string> OutputFile::create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kMode);
  if (fd < 0) return tl::unexpected(fmt::format("{}: create: {}", path, std::strerror(errno)));
  return OutputFile{path, fd};
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      pending_(std::move(other.pending_)),
      failure_(std::move(other.failure_)) {}

OutputFile::~OutputFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(path_.c_str());
}

void OutputFile::fail(const char* what) {
  if (failure_.empty()) failure_ = fmt::format("{}: {}: {}", path_, what, std::strerror(errno));
}

void OutputFile::append(Bytes bytes) {
  size_ += bytes.size();
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  if (pending_.size() >= kPendingBytes) flush();
}

void OutputFile::flush() {
  Bytes left = pending_;
  while (!left.empty() && failure_.empty()) {
    const ssize_t written = ::write(fd_, left.data(), left.size());
    if (written > 0)
      left = left.subspan(static_cast<std::size_t>(written));
    else if (written == 0 || errno != EINTR)
      fail("write");
  }
  pending_.clear();
}

tl::expected<void, std::string> OutputFile::finish(bool sync) {
  flush();
  if (sync && failure_.empty() && ::fdatasync(fd_) != 0) fail("fdatasync");
  if (::close(std::exchange(fd_, -1)) != 0) fail("close");
  if (failure_.empty()) return {};
  ::unlink(path_.c_str());
  return tl::unexpected(failure_);
}

}  // namespace weir::output::parquet
