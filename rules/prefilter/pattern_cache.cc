#include "rules/prefilter/pattern_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <hs.h>

#include "decoders/replace_file.h"
#include "decoders/text.h"

namespace weir::rules {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "weir patterns 2\n";
constexpr std::uint32_t kMaxItems = 100'000;
constexpr mode_t kFileMode = 0600;

// Of an item: its signature, and then, signed, this and the database.
struct ItemHead {
  std::uint64_t key_low, key_high, bytes;
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
  if (auto key = CacheKey::open(folder_))
    key_ = *key;
  else
    problem_ = key.error();
  if (!key_) return;
  std::string all;
  for (const TextHash& content : contents) all += fmt::format("{:016x}{:016x}", content.high, content.low);
  const TextHash name = key_of(all);
  path_ = (fs::path(folder_) / fmt::format("patterns-{:016x}{:016x}.hs", name.high, name.low)).string();
  read(path_, true);
  if (mapped_ != nullptr) return;
  if (const auto files = cache_files(folder_); !files.empty()) read(files.front().string(), false);
}

PatternCache::~PatternCache() {
  if (mapped_ != nullptr) ::munmap(mapped_, mapped_bytes_);
}

TextHash PatternCache::key_of(std::string_view content) const { return TextHash::of(platform_ + std::string(content)); }

TextHash PatternCache::key_of(const TextHash& content) const {
  return key_of(fmt::format("{:016x}{:016x}", content.high, content.low));
}

// `use`: it is this rule set's own. Used last, it is the last to go.
void PatternCache::read(const std::string& path, bool use) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  if (is_our_file(fd, false)) map(fd);
  if (use && mapped_ != nullptr) (void)::futimens(fd, nullptr);
  ::close(fd);
  if (mapped_ != nullptr) note_items();
}

void PatternCache::map(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0 || info.st_size <= 0 ||
      static_cast<std::uint64_t>(info.st_size) > kMaxCacheBytes)
    return;
  mapped_bytes_ = static_cast<std::size_t>(info.st_size);
  mapped_ = ::mmap(nullptr, mapped_bytes_, PROT_READ, MAP_PRIVATE, fd, 0);
  if (mapped_ == MAP_FAILED) mapped_ = nullptr;
}

// Where the items lie; each one's signature is looked at when it is asked for.
void PatternCache::note_items() {
  std::string_view rest(static_cast<const char*>(mapped_), mapped_bytes_);
  std::uint32_t count = 0;
  if (!rest.starts_with(kMagic) || rest.size() < kMagic.size() + sizeof(count)) return;
  std::memcpy(&count, rest.data() + kMagic.size(), sizeof(count));
  rest.remove_prefix(kMagic.size() + sizeof(count));
  for (std::uint32_t i = 0; i < std::min(count, kMaxItems); ++i) {
    CacheKey::Mac mac{};
    ItemHead head{};
    if (rest.size() < sizeof(mac) + sizeof(head)) return;
    std::memcpy(&mac, rest.data(), sizeof(mac));
    rest.remove_prefix(sizeof(mac));
    std::memcpy(&head, rest.data(), sizeof(head));
    if (head.bytes > rest.size() - sizeof(head)) return;
    const std::size_t whole = sizeof(head) + static_cast<std::size_t>(head.bytes);
    blobs_[{head.key_high, head.key_low}] = {rest.substr(sizeof(head), head.bytes), rest.substr(0, whole),
                                             mac};
    rest.remove_prefix(whole);
  }
}

std::shared_ptr<const hs_database> PatternCache::find(const TextHash& content) const {
  if (blobs_.empty()) return nullptr;
  const auto found = blobs_.find(key_of(content));
  if (found == blobs_.end()) return nullptr;
  const std::string_view bytes = found->second.bytes;
  if (!key_->check(as_bytes(found->second.signed_bytes), found->second.mac)) return nullptr;
  hs_database_t* database = nullptr;
  if (hs_deserialize_database(bytes.data(), bytes.size(), &database) != HS_SUCCESS) return nullptr;
  return own_database(database);
}

void PatternCache::replace(const std::vector<Item>& items) {
  if (!key_ || items.empty() || items.size() > kMaxItems) return;
  ReplacedFile file(path_, kFileMode);
  const std::string problem = write(file, items) ? file.commit() : "the patterns cannot be saved";
  if (!problem.empty()) problem_ = fmt::format("{}: {}", path_, problem);
  std::error_code error;
  const auto files = cache_files(folder_);
  for (std::size_t i = kMaxCacheFiles; i < files.size(); ++i) fs::remove(files[i], error);
}

bool PatternCache::write(ReplacedFile& file, const std::vector<Item>& items) const {
  std::string out{kMagic};
  const auto count = static_cast<std::uint32_t>(items.size());
  out.append(reinterpret_cast<const char*>(&count), sizeof(count));
  for (const Item& item : items) {
    if (!append(out, item)) return false;
    file.write(out);
    out.clear();
  }
  return true;
}

bool PatternCache::append(std::string& out, const Item& item) const {
  char* bytes = nullptr;
  std::size_t length = 0;
  if (hs_serialize_database(item.database, &bytes, &length) != HS_SUCCESS) return false;
  const TextHash key = key_of(item.content);
  const ItemHead head{key.low, key.high, length};
  const std::size_t mac_at = out.size(), signed_at = mac_at + sizeof(CacheKey::Mac);
  out.resize(signed_at);
  out.append(reinterpret_cast<const char*>(&head), sizeof(head));
  out.append(bytes, length);
  std::free(bytes);  // NOLINT(*-no-malloc): as the library made it
  const CacheKey::Mac mac = key_->sign(as_bytes(std::string_view(out).substr(signed_at)));
  std::memcpy(out.data() + mac_at, mac.data(), mac.size());
  return true;
}

}  // namespace weir::rules
