#include "output/flow/store/store_expiry.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <tuple>

#include <fmt/format.h>

#include "decoders/text.h"
#include "output/flow/store/rollup_maker.h"

namespace weir::output {
namespace {

namespace fs = std::filesystem;

// In the configuration, as kRollupLevels.
constexpr std::array kRollupKeys{"weir.flows.store.rollups.5m", "weir.flows.store.rollups.1h"};
static_assert(kRollupKeys.size() == kRollupLevels.size());

constexpr std::uintmax_t kLeastRoom = std::uintmax_t{64} << 20U;  // some four files' worth

// 0 of what is gone.
std::uint64_t bytes_of(const StoreFile& file) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(file.path, error);
  return error ? 0 : bytes;
}

// The folder of its day goes with the last file, and what another run has left of the same records with the file.
void remove(const StoreListing& listing, const StoreFile& file, Expired& out) {
  std::error_code error;
  for (const StoreFile& left : listing.covered)
    if (left.level == file.level && file.covers(left)) fs::remove(left.path, error);
  const std::uint64_t bytes = bytes_of(file);
  if (!fs::remove(file.path, error) && error) {
    out.problems.push_back(fmt::format("{}: {}", file.path, error.message()));
    return;
  }
  ++out.files;
  out.bytes += bytes;
  out.until = std::max(out.until, file.day);
  fs::remove(fs::path(file.path).parent_path(), error);  // fails while there is something in it
}

// False: there should be one, and could not be made, which is a problem.
bool make_rollup(const std::string& folder, const ExpiryLimits& limits, const StoreFile& file, Expired& out) {
  const RollupRule* const rule = limits.next(file.level);
  if (rule == nullptr) return true;
  auto made = roll_up(folder, file, rule->level, rule->keys);
  if (!made) {
    std::error_code error;
    if (fs::exists(file.path, error)) out.problems.push_back("no rollup: " + made.error());
    return false;
  }
  ++out.rollups;
  out.rollup_bytes += made->bytes;
  std::move(made->notes.begin(), made->notes.end(), std::back_inserter(out.notes));
  return true;
}

// Those of one level, the oldest day first.
void expire_level(const std::string& folder, const StoreListing& listing, const ExpiryLimits& limits,
                  StoreLevel level, const KeepLimits& keep, TimeUs now, Expired& out) {
  if (!keep.any()) return;
  std::vector<const StoreFile*> files;
  for (const auto* const list : {&listing.files, &listing.rollups})
    for (const StoreFile& file : *list)
      if (file.level == level) files.push_back(&file);
  std::uint64_t bytes = 0;
  for (const StoreFile* const file : files) bytes += bytes_of(*file);
  const std::string oldest = keep.max_age != 0 ? day_of(now - keep.max_age) : std::string{};
  for (const StoreFile* const file : files) {
    const bool is_old = keep.max_age != 0 && file->day < oldest;
    const bool is_much = keep.max_bytes != 0 && bytes > keep.max_bytes;
    if (!is_old && !is_much) break;
    const std::uint64_t size = bytes_of(*file);
    if (!make_rollup(folder, limits, *file, out)) continue;
    remove(listing, *file, out);
    bytes -= std::min(bytes, size);
  }
}

KeepLimits keep_limits(const Settings& root, const std::string& path) {
  KeepLimits out;
  if (const auto text = root.text(path + ".max-age")) {
    const auto span = parse_span(*text);
    if (!span) root.unreadable(path + ".max-age", kSpanExpected);
    out.max_age = span.value_or(0);
  }
  out.max_bytes = root.bytes(path + ".max-size", 0);
  return out;
}

}  // namespace

tl::expected<RollupRule, std::string> RollupRule::parse(std::string_view text) {
  const std::string_view step = cut(text, ':'), keys = cut(text, ':');
  RollupRule out;
  const auto level = find_level(step);
  if (!level) return tl::unexpected(fmt::format("'{}': a rollup is by 5m or 1h", step));
  out.level = *level;
  if (!keys.empty()) {
    const auto read = RollupKeys::parse(keys);
    if (!read) return tl::unexpected(read.error());
    out.keys = *read;
  }
  if (text.empty()) return out;
  const auto age = parse_span(text);
  if (!age) return tl::unexpected(fmt::format("'{}': expected {}", text, kSpanExpected));
  out.keep.max_age = *age;
  return out;
}

bool ExpiryLimits::any() const {
  return records.any() ||
         std::any_of(rollups.begin(), rollups.end(), [](const RollupRule& rule) { return rule.keep.any(); });
}

ExpiryLimits ExpiryLimits::from(const Settings& root) {
  ExpiryLimits out;
  out.records = keep_limits(root, "weir.flows.store");
  for (std::size_t i = 0; i < kRollupLevels.size(); ++i) {
    const std::string path(kRollupKeys[i]);
    if (!root.has(path)) continue;
    RollupRule rule{.level = kRollupLevels[i], .keep = keep_limits(root, path)};
    std::string keys;
    for (const std::string& word : root.list(path + ".by")) keys += (keys.empty() ? "" : ",") + word;
    if (!keys.empty()) {
      const auto read = RollupKeys::parse(keys);
      if (!read) root.unreadable(path + ".by", "keys such as src, dst, proto, port, exporter");
      rule.keys = read.value_or(RollupKeys::usual());
    }
    if (!out.add(rule)) root.unreadable(path + ".by", "a key that the rollup by 5m keeps");
  }
  return out;
}

tl::expected<void, std::string> ExpiryLimits::add(const RollupRule& rule) {
  const auto has_level = [&](const RollupRule& other) { return other.level == rule.level; };
  if (std::any_of(rollups.begin(), rollups.end(), has_level))
    return tl::unexpected(fmt::format("there are two rollups by {}", level_name(rule.level)));
  for (const RollupRule& other : rollups) {
    const auto& [finer, coarser] = other.level < rule.level ? std::tie(other, rule) : std::tie(rule, other);
    if (finer.keys.told_of(coarser.keys).empty())
      return tl::unexpected(fmt::format("the rollup by {} has no key that the one by {} keeps",
                                        level_name(coarser.level), level_name(finer.level)));
  }
  rollups.push_back(rule);
  std::sort(rollups.begin(), rollups.end(),
            [](const RollupRule& a, const RollupRule& b) { return a.level < b.level; });
  return {};
}

const RollupRule* ExpiryLimits::next(StoreLevel level) const {
  for (const RollupRule& rule : rollups)
    if (rule.level > level) return &rule;
  return nullptr;
}

tl::expected<Expired, std::string> expire_store(const std::string& folder, const ExpiryLimits& limits,
                                                TimeUs now) {
  const auto listing = list_store(folder);
  if (!listing) return tl::unexpected(listing.error());
  Expired out;
  expire_level(folder, *listing, limits, StoreLevel::records, limits.records, now, out);
  for (const RollupRule& rule : limits.rollups)
    expire_level(folder, *listing, limits, rule.level, rule.keep, now, out);
  return out;
}

bool is_disk_full(const std::string& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  return !error && space.available < kLeastRoom;
}

Expired expire_oldest(const std::string& folder, const ExpiryLimits& limits, bool rolls_up) {
  Expired out;
  const auto listing = list_store(folder);
  if (!listing || (listing->files.empty() && listing->rollups.empty())) return out;
  // Coarser sums stand behind finer ones, and are smaller.
  const StoreFile& file = listing->files.empty() ? listing->rollups.front() : listing->files.front();
  const bool is_kept = rolls_up ? make_rollup(folder, limits, file, out) : limits.next(file.level) == nullptr;
  out.without_rollup += is_kept ? 0 : 1;
  remove(*listing, file, out);
  return out;
}

}  // namespace weir::output
