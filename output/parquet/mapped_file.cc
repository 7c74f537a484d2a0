#include "output/parquet/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace weir::output::parquet {
namespace {

tl::unexpected<std::string> failed(const char* call) {
  return tl::unexpected(fmt::format("{}: {}", call, std::strerror(errno)));
}

}  // namespace

tl::expected<MappedFile, std::string> MappedFile::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // does not wait for a pipe
  if (fd < 0) return failed("open");
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return tl::unexpected(std::string("it is not a file"));
  }
  MappedFile out;
  const auto size = static_cast<std::size_t>(info.st_size);
  void* const at = size == 0 ? nullptr : ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  const int error = errno;
  ::close(fd);
  errno = error;
  if (at == MAP_FAILED) return failed("mmap");
  out.bytes_ = {static_cast<const std::uint8_t*>(at), size};
  return out;
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}
MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
}

void MappedFile::let_go(std::size_t offset, std::size_t size) const {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (offset >= bytes_.size()) return;
  const std::size_t begin =
      offset - offset % page;  // pages of the neighbours are mapped again when somebody looks
  const std::size_t end = offset + std::min(size, bytes_.size() - offset);
  (void)::madvise(const_cast<std::uint8_t*>(bytes_.data()) + begin, end - begin, MADV_DONTNEED);
}

}  // namespace weir::output::parquet
