#include "output/flow/journal_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
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

std::string failed(const std::string& path) {
  return fmt::format("{}: {}", path, std::strerror(errno));
}

}  // namespace

std::string journal_path(const std::string& folder, std::uint64_t number) {
  return fmt::format("{}/{}{:08}{}", folder, kFilePrefix, number, kFileSuffix);
}

std::optional<std::uint64_t> journal_number(std::string_view path) {
  std::string_view digits = path.substr(path.rfind('/') + 1);
  if (!digits.starts_with(kFilePrefix) || !digits.ends_with(kFileSuffix)) return std::nullopt;
  digits.remove_prefix(kFilePrefix.size());
  digits.remove_suffix(kFileSuffix.size());
  return parse_number<std::uint64_t>(digits);
}

std::vector<std::string> journal_files(const std::string& folder) {
  std::vector<std::pair<std::uint64_t, std::string>> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (const auto number = journal_number(it->path().string()))
      found.emplace_back(*number, it->path().string());
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

tl::expected<std::unique_ptr<JournalWriter>, std::string> JournalWriter::open(
    const std::string& folder, const LeastNumber& least_number) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return tl::unexpected(fmt::format("{}: {}", folder, error.message()));
  std::unique_ptr<JournalWriter> out(new JournalWriter(folder));
  if (auto locked = out->lock(); !locked) return tl::unexpected(locked.error());
  const std::vector<std::string> files = journal_files(folder);
  const std::uint64_t last = files.empty() ? 0 : *journal_number(files.back());
  // That the torn end of the last one is cut.
  if (auto opened = out->open_file(std::max({last, least_number ? least_number() : 1, std::uint64_t{1}}));
      !opened)
    return tl::unexpected(opened.error());
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

tl::expected<void, std::string> JournalWriter::open_file(std::uint64_t number) {
  auto file = BlockFile::open(journal_path(folder_, number));
  if (!file) return tl::unexpected(file.error());
  cut_ += file->bytes_cut();
  file_ = std::move(*file);
  file_number_ = number;
  file_records_ = file_content_bytes_ = 0;
  return {};
}

bool JournalWriter::next_file() {
  flush();
  file_.sync();
  const auto opened = open_file(file_number_ + 1);
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
  const std::uint32_t count = count_;
  const std::size_t bytes = size_;
  const Bytes block = packer_.pack(
      {.kind = BlockKind::records, .count = count, .first = first_, .last = last_}, {content_.get(), size_});
  size_ = 0;
  count_ = 0;
  encoder_.reset();
  const auto put =
      block.empty() ? tl::unexpected(std::string("no memory to pack records")) : file_.put(block);
  (put ? written_ : lost_) += count;
  if (put) {
    file_records_ += count;
    file_content_bytes_ += bytes;
  }
  problem_ = put ? std::string{} : put.error();
}

void JournalWriter::close() {
  if (!file_.is_open()) return;
  flush();
  file_.sync();
  const bool is_empty = file_.is_empty();
  file_ = BlockFile();
  if (is_empty) (void)::unlink(journal_path(folder_, file_number_).c_str());
}

}  // namespace weir::output
