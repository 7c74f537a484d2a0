#include "output/flow/journal_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "decoders/text.h"

namespace weir::output {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kJournalMode = 0640;
constexpr std::string_view kFilePrefix = "flows-", kFileSuffix = ".journal";

// None: the name is none of a journal.
std::optional<std::uint64_t> number_of(const fs::path& file) {
  const std::string name = file.filename().string();
  std::string_view digits = name;
  if (!digits.starts_with(kFilePrefix) || !digits.ends_with(kFileSuffix)) return std::nullopt;
  digits.remove_prefix(kFilePrefix.size());
  digits.remove_suffix(kFileSuffix.size());
  return parse_number<std::uint64_t>(digits);
}

std::string path_of(const std::string& folder, std::uint64_t number) {
  return fmt::format("{}/{}{:08}{}", folder, kFilePrefix, number, kFileSuffix);
}

std::string failed(const std::string& path) {
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

// Where the blocks of a file end that are whole. Headers are followed; the last block is looked at as a whole, too.
std::uint64_t whole_bytes(int fd, std::uint64_t size) {
  std::vector<std::uint8_t> bytes;
  if (!get_all(fd, 0, bytes, std::min<std::uint64_t>(size, kJournalMagic.size())) ||
      !std::equal(bytes.begin(), bytes.end(), kJournalMagic.begin(), kJournalMagic.end(),
                  [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); }))
    return 0;
  std::uint64_t at = kJournalMagic.size(), before = at;
  std::optional<BlockHeader> last;
  while (get_all(fd, at, bytes, kBlockHeaderBytes)) {
    const auto header = parse_block_header(bytes);
    if (!header || header->stored_bytes > size - at - kBlockHeaderBytes) break;
    before = at;
    last = header;
    at += kBlockHeaderBytes + header->stored_bytes;
  }
  if (!last || !get_all(fd, before, bytes, at - before)) return at;
  BlockUnpacker unpacker;
  return unpacker.unpack(*last, bytes) ? at : before;
}

}  // namespace

std::vector<std::string> journal_files(const std::string& folder) {
  std::vector<std::pair<std::uint64_t, std::string>> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (const auto number = number_of(it->path())) found.emplace_back(*number, it->path().string());
  std::sort(found.begin(), found.end());
  std::vector<std::string> out;
  out.reserve(found.size());
  for (auto& [number, path] : found) out.push_back(std::move(path));
  return out;
}

JournalWriter::JournalWriter(std::string folder)
    : folder_(std::move(folder)),
      content_(std::make_unique<std::uint8_t[]>(kContentBytes + kMaxRecordBytes)) {}

JournalWriter::~JournalWriter() {
  close();
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

tl::expected<std::unique_ptr<JournalWriter>, std::string> JournalWriter::open(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return tl::unexpected(fmt::format("{}: {}", folder, error.message()));
  std::unique_ptr<JournalWriter> out(new JournalWriter(folder));
  if (auto locked = out->lock(); !locked) return tl::unexpected(locked.error());
  if (auto opened = out->open_last(); !opened) return tl::unexpected(opened.error());
  return out;
}

tl::expected<void, std::string> JournalWriter::lock() {
  const std::string path = folder_ + "/lock";
  lock_fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kJournalMode);
  if (lock_fd_ < 0) return tl::unexpected(failed(path));
  if (::flock(lock_fd_, LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return tl::unexpected(failed(path));
  return tl::unexpected(fmt::format("{}: another process writes to it", folder_));
}

tl::expected<void, std::string> JournalWriter::open_last() {
  const std::vector<std::string> files = journal_files(folder_);
  file_number_ = files.empty() ? 1 : *number_of(files.back());
  return open_file(path_of(folder_, file_number_));
}

tl::expected<void, std::string> JournalWriter::open_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, kJournalMode);
  if (fd < 0) return tl::unexpected(failed(path));
  struct stat info {};
  bool good = ::fstat(fd, &info) == 0;
  const auto size = static_cast<std::uint64_t>(good ? info.st_size : 0);
  file_bytes_ = size == 0 ? 0 : whole_bytes(fd, size);
  cut_ += size - file_bytes_;
  if (file_bytes_ != size) good = good && ::ftruncate(fd, static_cast<off_t>(file_bytes_)) == 0;
  if (file_bytes_ == 0) {
    good = good && put_all(fd, as_bytes(kJournalMagic));
    file_bytes_ = kJournalMagic.size();
  }
  if (!good) {
    const std::string reason = failed(path);
    ::close(fd);
    return tl::unexpected(reason);
  }
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  return {};
}

bool JournalWriter::next_file() {
  (void)::fdatasync(fd_);
  const auto opened = open_file(path_of(folder_, file_number_ + 1));
  if (opened) ++file_number_;
  if (!opened) problem_ = opened.error();
  return opened.has_value();
}

void JournalWriter::take(std::span<const flow::Record> records) {
  for (const flow::Record& r : records) {
    if (count_ == 0) first_ = last_ = r.sides[0].last;
    first_ = std::min(first_, r.sides[0].first);
    last_ = std::max({last_, r.sides[0].last, r.sides[1].last});
    const std::uint8_t* const end = encoder_.encode(r, content_.get() + size_);
    size_ = static_cast<std::size_t>(end - content_.get());
    ++count_;
    if (size_ >= kContentBytes) flush();
  }
}

void JournalWriter::flush() {
  if (count_ == 0) return;
  (write_block(BlockKind::records, {content_.get(), size_}, count_) ? written_ : lost_) += count_;
  size_ = 0;
  count_ = 0;
  encoder_.reset();
}

void JournalWriter::write(const std::vector<ExporterAccount>& accounts) {
  flush();
  std::vector<std::uint8_t> content;
  std::uint32_t count = 0;
  for (const ExporterAccount& account : accounts) {
    append_account(content, account);
    ++count;
    if (content.size() < kContentBytes) continue;
    (void)write_block(BlockKind::accounts, content, count);
    content.clear();
    count = 0;
  }
  if (count != 0) (void)write_block(BlockKind::accounts, content, count);
}

bool JournalWriter::write_block(BlockKind kind, Bytes content, std::uint32_t count) {
  if (fd_ < 0) return false;
  const Bytes block = packer_.pack({.kind = kind, .count = count, .first = first_, .last = last_}, content);
  if (block.empty()) problem_ = "no memory to pack records";
  return !block.empty() && (file_bytes_ + block.size() <= kMaxFileBytes || next_file()) && put(block);
}

bool JournalWriter::put(Bytes block) {
  if (put_all(fd_, block)) {
    file_bytes_ += block.size();
    problem_.clear();
    return true;
  }
  problem_ = failed(path_of(folder_, file_number_));
  if (::ftruncate(fd_, static_cast<off_t>(file_bytes_)) != 0)
    problem_ += "; the torn end is cut when it is opened again";
  return false;
}

void JournalWriter::close() {
  if (fd_ < 0) return;
  flush();
  (void)::fdatasync(fd_);
  ::close(fd_);
  fd_ = -1;
}

}  // namespace weir::output
