#include "output/flow/clickhouse/batch_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <xxhash.h>

#include "decoders/byte_cursor.h"
#include "decoders/replace_file.h"
#include "decoders/text.h"

namespace weir::output::clickhouse {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBatchMagic = "weir rows v. 1\n";
constexpr std::string_view kBatchEnding = ".batch", kDamagedEnding = ".damaged", kUnfinishedEnding = ".tmp";
constexpr mode_t kBatchMode = 0640;
constexpr std::size_t kHeadBytes =
    28;  // checksum, records, bytes of rows (8 each), bytes of the list of columns (4)

void append_number(std::string& to, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- != 0;) to += static_cast<char>(value >> (8U * i));
}

// Of a run that was ended amid a batch: TOKEN.batch.PID.tmp, as replace_file() names it.
bool is_unfinished(std::string_view name) {
  return name.ends_with(kUnfinishedEnding) && name.find(fmt::format("{}.", kBatchEnding)) != name.npos;
}

std::uint64_t hash_of(std::string_view columns, std::string_view rows, std::uint64_t records) {
  return XXH3_64bits_withSeed(rows.data(), rows.size(),
                              XXH3_64bits_withSeed(columns.data(), columns.size(), records));
}

std::string head_of(const InsertBlock& block) {
  std::string out(kBatchMagic);
  append_number(out, hash_of(block.columns, block.bytes, block.records), 8);
  append_number(out, block.records, 8);
  append_number(out, block.bytes.size(), 8);
  append_number(out, block.columns.size(), 4);
  return out;
}

}  // namespace

tl::expected<std::unique_ptr<BatchFolder>, std::string> BatchFolder::open(const std::string& folder,
                                                                          std::uint64_t most_bytes) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return tl::unexpected(fmt::format("{}: {}", folder, error.message()));
  std::unique_ptr<BatchFolder> out(new BatchFolder(folder, most_bytes));
  if (auto locked = out->lock(); !locked) return tl::unexpected(locked.error());
  if (auto found = out->find_files(); !found) return tl::unexpected(found.error());
  return out;
}

BatchFolder::~BatchFolder() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

tl::expected<void, std::string> BatchFolder::lock() {
  const std::string path = folder_ + "/lock";
  lock_fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kBatchMode);
  if (lock_fd_ < 0) return tl::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  if (::flock(lock_fd_, LOCK_EX | LOCK_NB) == 0) return {};
  return tl::unexpected(fmt::format("{}: another run keeps its batches there", folder_));
}

// Other files of the folder are left alone.
tl::expected<void, std::string> BatchFolder::find_files() {
  std::error_code error, unreadable;
  fs::directory_iterator at(folder_, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.find(kBatchEnding) == std::string::npos || !at->is_regular_file(unreadable)) continue;
    if (is_unfinished(name)) fs::remove(at->path(), unreadable);
    if (!name.ends_with(kBatchEnding) || files_.size() == kMostFiles) continue;
    const std::uintmax_t size = at->file_size(unreadable);
    if (unreadable) continue;
    files_.push_back({name.substr(0, name.size() - kBatchEnding.size()), size});
    bytes_ += size;
  }
  if (error) return tl::unexpected(fmt::format("{}: {}", folder_, error.message()));
  std::sort(files_.begin(), files_.end(), [](const File& a, const File& b) { return a.token < b.token; });
  return {};
}

std::string BatchFolder::path_of(const std::string& token) const {
  return fmt::format("{}/{}{}", folder_, token, kBatchEnding);
}

tl::expected<void, std::string> BatchFolder::add(const Batch& batch) {
  const std::string head = head_of(batch.block);
  const std::uint64_t size = head.size() + batch.block.columns.size() + batch.block.bytes.size();
  if (size > kMostFileBytes || bytes_ + size > most_bytes_ || files_.size() >= kMostFiles)
    return tl::unexpected(
        fmt::format("{}: {} bytes wait there, there is no room for more (buffer-size)", folder_, bytes_));
  ReplacedFile file(path_of(batch.token), kBatchMode);
  for (const std::string_view piece :
       {std::string_view(head), std::string_view(batch.block.columns), std::string_view(batch.block.bytes)})
    file.write(piece);
  if (const std::string problem = file.commit(); !problem.empty())
    return tl::unexpected(fmt::format("{}: {}", folder_, problem));
  files_.push_back({batch.token, size});
  bytes_ += size;
  return {};
}

tl::expected<Batch, std::string> BatchFolder::first() const {
  const std::string path = path_of(files_.front().token);
  const auto damaged = [&](std::string_view what) {
    return tl::unexpected(fmt::format("{}: {}", path, what));
  };
  std::ifstream file(path, std::ios::binary);
  if (!file) return damaged("it cannot be read");
  std::string head(kBatchMagic.size() + kHeadBytes, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  if (!file || !head.starts_with(kBatchMagic)) return damaged("it is no batch");
  ByteCursor in(as_bytes(head).subspan(kBatchMagic.size()));
  const std::uint64_t hash = in.be64(), records = in.be64(), rows = in.be64(), columns = in.be32();
  if (rows > kMostFileBytes || head.size() + columns + rows != files_.front().bytes)
    return damaged("it is not as long as it says");
  Batch out{
      .block = {.columns = std::string(columns, '\0'), .bytes = std::string(rows, '\0'), .records = records},
      .token = files_.front().token};
  file.read(out.block.columns.data(), static_cast<std::streamsize>(columns));
  file.read(out.block.bytes.data(), static_cast<std::streamsize>(rows));
  if (!file || hash_of(out.block.columns, out.block.bytes, records) != hash)
    return damaged("its checksum is wrong");
  return out;
}

void BatchFolder::drop_first() {
  std::error_code error;
  fs::remove(path_of(files_.front().token), error);
  bytes_ -= files_.front().bytes;
  files_.pop_front();
}

void BatchFolder::set_first_aside() {
  const std::string path = path_of(files_.front().token);
  std::error_code error;
  fs::rename(path, path + std::string(kDamagedEnding), error);
  bytes_ -= files_.front().bytes;
  files_.pop_front();
}

}  // namespace weir::output::clickhouse
