#include "output/flow/block_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "decoders/text.h"
#include "output/flow/block.h"

namespace weir::output {
namespace {

constexpr mode_t kMode = 0640;

std::string why_failed(const std::string& path) {
  return fmt::format("{}: {}", path, std::strerror(errno));
}

// False: errno says why.
bool put_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

// Reads `bytes` at `offset` whole.
bool get_all(int fd, std::uint64_t offset, std::vector<std::uint8_t>& into, std::size_t bytes) {
  into.resize(bytes);
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t n = ::pread(fd, into.data() + done, bytes - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

// Where the blocks of a file end that are whole. Headers are followed; the last block is looked at as a whole, too. None: it cannot be
// read, and errno says why; or it is another kind of file, and errno is 0.
std::optional<std::uint64_t> whole_bytes(int fd, std::uint64_t size) {
  std::vector<std::uint8_t> bytes;
  errno = 0;
  if (!get_all(fd, 0, bytes, std::min<std::uint64_t>(size, kJournalMagic.size()))) return std::nullopt;
  if (!std::equal(bytes.begin(), bytes.end(), kJournalMagic.begin(),
                  kJournalMagic.begin() + static_cast<std::ptrdiff_t>(bytes.size()),
                  [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); }))
    return std::nullopt;
  if (size < kJournalMagic.size()) return 0;
  std::uint64_t at = kJournalMagic.size(), before = at;
  std::optional<BlockHeader> last;
  while (size - at >= kBlockHeaderBytes) {
    if (!get_all(fd, at, bytes, kBlockHeaderBytes)) return std::nullopt;
    const auto header = parse_block_header(bytes);
    if (!header || header->stored_bytes > size - at - kBlockHeaderBytes) break;
    before = at;
    last = header;
    at += kBlockHeaderBytes + header->stored_bytes;
  }
  if (!last) return at;
  if (!get_all(fd, before, bytes, at - before)) return std::nullopt;
  BlockUnpacker unpacker;
  return unpacker.unpack(*last, bytes) ? at : before;
}

}  // namespace

tl::expected<BlockFile, std::string> BlockFile::open(const std::string& path) {
  BlockFile out;
  out.path_ = path;
  out.fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, kMode);
  if (out.fd_ < 0) return tl::unexpected(why_failed(path));
  struct stat info {};
  bool good = ::fstat(out.fd_, &info) == 0;
  const auto size = static_cast<std::uint64_t>(good ? info.st_size : 0);
  if (const auto whole = good && size != 0 ? whole_bytes(out.fd_, size) : std::optional<std::uint64_t>{0};
      whole)
    out.bytes_ = *whole;
  else
    return tl::unexpected(errno != 0 ? why_failed(path) : path + ": it is no journal of flow records");
  out.cut_ = size - out.bytes_;
  if (out.cut_ != 0) good = good && ::ftruncate(out.fd_, static_cast<off_t>(out.bytes_)) == 0;
  if (out.bytes_ == 0) {
    good = good && put_all(out.fd_, as_bytes(kJournalMagic));
    out.bytes_ = kJournalMagic.size();
  }
  if (!good) return tl::unexpected(why_failed(path));
  return out;
}

BlockFile::BlockFile(BlockFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      bytes_(other.bytes_),
      cut_(other.cut_),
      is_torn_(other.is_torn_) {}

BlockFile& BlockFile::operator=(BlockFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(bytes_, other.bytes_);
  std::swap(cut_, other.cut_);
  std::swap(is_torn_, other.is_torn_);
  return *this;
}

BlockFile::~BlockFile() {
  if (fd_ >= 0) ::close(fd_);
}

bool BlockFile::is_empty() const {
  return bytes_ <= kJournalMagic.size();
}

// What a failure has left behind the last block, and could not be taken back, goes before anything comes behind it.
bool BlockFile::mend() {
  is_torn_ = is_torn_ && ::ftruncate(fd_, static_cast<off_t>(bytes_)) != 0;
  return !is_torn_;
}

tl::expected<void, std::string> BlockFile::put(Bytes block) {
  if (fd_ < 0) return tl::unexpected(fmt::format("{}: closed", path_));
  if (mend() && put_all(fd_, block)) {
    bytes_ += block.size();
    return {};
  }
  std::string problem = why_failed(path_);
  is_torn_ = true;
  (void)mend();
  return tl::unexpected(std::move(problem));
}

void BlockFile::sync() {
  if (fd_ >= 0) (void)::fdatasync(fd_);
}

}  // namespace weir::output
