#include "rules/prefilter/pattern_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <hs.h>
#include <xxhash.h>

namespace weir::rules {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "weir patterns 1\n";
constexpr std::uint32_t kMaxItems = 100'000;

struct ItemHead {
  std::uint64_t key_low, key_high, checksum, bytes;
};

std::string platform() {
  hs_platform_info_t info{};
  hs_populate_platform(&info);
  return fmt::format("{} {} {} {}", hs_version(), info.tune, info.cpu_features, sizeof(ItemHead));
}

bool is_cache_file(const fs::path& p) {
  return p.filename().string().starts_with("patterns-") && p.extension() == ".hs";
}

// Newest first.
std::vector<fs::path> cache_files(const std::string& folder) {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code error;
  for (const fs::directory_entry& e : fs::directory_iterator(folder, error)) {
    if (!is_cache_file(e.path())) continue;
    std::error_code gone;
    const auto time = fs::last_write_time(e.path(), gone);
    if (!gone) found.emplace_back(time, e.path());
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<fs::path> out;
  for (auto& f : found) out.push_back(std::move(f.second));
  return out;
}

}  // namespace

std::shared_ptr<const hs_database> own_database(hs_database* database) {
  return {database, [](const hs_database* d) { hs_free_database(const_cast<hs_database*>(d)); }};
}

PatternCache::PatternCache(std::string folder, const std::vector<TextHash>& contents)
    : folder_(std::move(folder)), platform_(platform()) {
  if (folder_.empty()) return;
  std::string all;
  for (const TextHash& content : contents) all += fmt::format("{:016x}{:016x}", content.high, content.low);
  const TextHash name = key_of(all);
  path_ = (fs::path(folder_) / fmt::format("patterns-{:016x}{:016x}.hs", name.high, name.low)).string();
  read(path_);
  if (mapped_ != nullptr) {
    std::error_code error;  // used last: the last to go
    fs::last_write_time(path_, fs::file_time_type::clock::now(), error);
  } else if (const auto files = cache_files(folder_); !files.empty()) {
    read(files.front().string());
  }
}

PatternCache::~PatternCache() {
  if (mapped_ != nullptr) ::munmap(mapped_, mapped_bytes_);
}

TextHash PatternCache::key_of(std::string_view content) const { return TextHash::of(platform_ + std::string(content)); }

TextHash PatternCache::key_of(const TextHash& content) const {
  return key_of(fmt::format("{:016x}{:016x}", content.high, content.low));
}

// Maps the file and notes where its items lie; each item's checksum is looked at when it is asked for.
void PatternCache::read(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  struct stat info {};
  if (::fstat(fd, &info) == 0 && info.st_size > 0 && static_cast<std::uint64_t>(info.st_size) <= kMaxCacheBytes) {
    mapped_bytes_ = static_cast<std::size_t>(info.st_size);
    mapped_ = ::mmap(nullptr, mapped_bytes_, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped_ == MAP_FAILED) mapped_ = nullptr;
  }
  ::close(fd);
  if (mapped_ == nullptr) return;
  std::string_view rest(static_cast<const char*>(mapped_), mapped_bytes_);
  std::uint32_t count = 0;
  if (!rest.starts_with(kMagic) || rest.size() < kMagic.size() + sizeof(count)) return;
  std::memcpy(&count, rest.data() + kMagic.size(), sizeof(count));
  rest.remove_prefix(kMagic.size() + sizeof(count));
  for (std::uint32_t i = 0; i < std::min(count, kMaxItems); ++i) {
    ItemHead head{};
    if (rest.size() < sizeof(head)) return;
    std::memcpy(&head, rest.data(), sizeof(head));
    rest.remove_prefix(sizeof(head));
    if (head.bytes > rest.size()) return;
    blobs_[{head.key_high, head.key_low}] = {rest.substr(0, head.bytes), head.checksum};
    rest.remove_prefix(head.bytes);
  }
}

std::shared_ptr<const hs_database> PatternCache::find(const TextHash& content) const {
  if (blobs_.empty()) return nullptr;
  const auto found = blobs_.find(key_of(content));
  if (found == blobs_.end()) return nullptr;
  const std::string_view bytes = found->second.bytes;
  if (XXH3_64bits(bytes.data(), bytes.size()) != found->second.checksum) return nullptr;
  hs_database_t* database = nullptr;
  if (hs_deserialize_database(bytes.data(), bytes.size(), &database) != HS_SUCCESS) return nullptr;
  return own_database(database);
}

void PatternCache::replace(const std::vector<Item>& items) {
  std::error_code error;
  if (folder_.empty() || items.empty() || items.size() > kMaxItems) return;
  if (fs::create_directories(folder_, error); error) return;
  const fs::path temporary = fmt::format("{}.{}.tmp", path_, ::getpid());
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  const auto count = static_cast<std::uint32_t>(items.size());
  out.write(kMagic.data(), static_cast<std::streamsize>(kMagic.size()));
  out.write(reinterpret_cast<const char*>(&count), sizeof(count));
  for (const Item& item : items) {
    char* bytes = nullptr;
    std::size_t length = 0;
    if (hs_serialize_database(item.database, &bytes, &length) != HS_SUCCESS) break;
    const TextHash key = key_of(item.content);
    const ItemHead head{key.low, key.high, XXH3_64bits(bytes, length), length};
    out.write(reinterpret_cast<const char*>(&head), sizeof(head));
    out.write(bytes, static_cast<std::streamsize>(length));
    std::free(bytes);
  }
  out.close();
  if (out) fs::rename(temporary, path_, error);
  if (!out || error) fs::remove(temporary, error);
  const auto files = cache_files(folder_);
  for (std::size_t i = kMaxCacheFiles; i < files.size(); ++i) fs::remove(files[i], error);
}

}  // namespace weir::rules
