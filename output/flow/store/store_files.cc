#include "output/flow/store/store_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <functional>
#include <iterator>
#include <tuple>

#include <fmt/format.h>

#include "decoders/text.h"
#include "output/flow/journal_writer.h"

namespace weir::output {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "flows-", kSuffix = ".parquet";
constexpr std::size_t kDayBytes = 10;
constexpr std::array<std::string_view, 3> kLevelNames{"", "5m", "1h"},
    kLevelFolders{"", "rollup-5m", "rollup-1h"};
constexpr TimeUs kMinute = TimeUs{60} * 1'000'000;
constexpr std::array<TimeUs, 3> kLevelSteps{0, 5 * kMinute, 60 * kMinute};

bool is_day(std::string_view name) {
  if (name.size() != kDayBytes) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool is_dash = i == 4 || i == 7;
    if (is_dash ? name[i] != '-' : name[i] < '0' || name[i] > '9') return false;
  }
  return true;
}

// "flows-00000001.parquet", "flows-00000001-00000006.parquet"
std::optional<StoreFile> read_name(const fs::path& path, std::string day, StoreLevel level) {
  const std::string name = path.filename().string();
  std::string_view text = name;
  if (!text.starts_with(kPrefix) || !text.ends_with(kSuffix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  text.remove_suffix(kSuffix.size());
  const std::size_t dash = text.find('-');
  const auto first = parse_number<std::uint64_t>(text.substr(0, dash));
  const auto last =
      dash == std::string_view::npos ? first : parse_number<std::uint64_t>(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return StoreFile{path.string(), std::move(day), *first, *last, level};
}

// Orders by day and number, and sets those apart that another one of the same level covers.
void sort_out(std::vector<StoreFile>& files, std::vector<StoreFile>& covered) {
  std::sort(files.begin(), files.end(), [](const StoreFile& a, const StoreFile& b) {
    return std::tuple(std::string_view(a.day), a.first, b.last) <
           std::tuple(std::string_view(b.day), b.first, a.last);
  });
  std::vector<StoreFile> kept;
  for (StoreFile& file : files)
    (!kept.empty() && kept.back().covers(file) ? covered : kept).push_back(std::move(file));
  files = std::move(kept);
}

// Some file of these, which are sorted, has the day and all of the numbers.
bool is_covered(const std::vector<StoreFile>& files, const StoreFile& file, bool also_by_equal) {
  auto at = std::lower_bound(files.begin(), files.end(), file.day,
                             [](const StoreFile& f, const std::string& day) { return f.day < day; });
  for (; at != files.end() && at->day == file.day; ++at)
    if (at->covers(file) && (also_by_equal || !file.covers(*at))) return true;
  return false;
}

void move_if(std::vector<StoreFile>& from, std::vector<StoreFile>& to,
             const std::function<bool(const StoreFile&)>& is_moved) {
  const auto kept =
      std::stable_partition(from.begin(), from.end(), [&](const StoreFile& file) { return !is_moved(file); });
  to.insert(to.end(), std::make_move_iterator(kept), std::make_move_iterator(from.end()));
  from.erase(kept, from.end());
}

using Levels = std::array<std::vector<StoreFile>, 3>;  // by StoreLevel

// Of what stands in several levels, the finest counts, unless it is a mere part of what a coarser one was made from.
void sort_out(Levels& levels, StoreListing& out) {
  for (std::vector<StoreFile>& files : levels) sort_out(files, out.covered);
  for (std::size_t fine = 0; fine < levels.size(); ++fine)
    for (std::size_t coarse = fine + 1; coarse < levels.size(); ++coarse) {
      move_if(levels[coarse], out.covered,
              [&](const StoreFile& file) { return is_covered(levels[fine], file, true); });
      move_if(levels[fine], out.covered,
              [&](const StoreFile& file) { return is_covered(levels[coarse], file, false); });
    }
  out.files = std::move(levels[0]);
  for (std::size_t i = 1; i < levels.size(); ++i)
    out.rollups.insert(out.rollups.end(), std::make_move_iterator(levels[i].begin()),
                       std::make_move_iterator(levels[i].end()));
}

}  // namespace

std::string_view level_name(StoreLevel level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}
std::optional<StoreLevel> find_level(std::string_view name) {
  for (const StoreLevel level : kRollupLevels)
    if (level_name(level) == name) return level;
  return std::nullopt;
}
TimeUs step_of(StoreLevel level) {
  return kLevelSteps[static_cast<std::size_t>(level)];
}

bool StoreListing::is_sealed(std::uint64_t journal, std::string_view day) const {
  std::size_t days = 0;
  for (const auto* const list : {&files, &rollups})
    for (const StoreFile& file : *list) {
      if (journal < file.first || file.last < journal) continue;
      if (file.day == day) return true;
      ++days;
    }
  return days >= kMaxDays;
}

bool StoreListing::is_begun(std::uint64_t journal) const {
  const auto has = [&](const StoreFile& file) { return file.first <= journal && journal <= file.last; };
  return std::any_of(files.begin(), files.end(), has) || std::any_of(rollups.begin(), rollups.end(), has);
}

std::uint64_t StoreListing::greatest_number() const {
  std::uint64_t out = 0;
  for (const StoreFile& file : files) out = std::max(out, file.last);
  for (const StoreFile& file : rollups) out = std::max(out, file.last);
  for (const std::string& journal : journals) out = std::max(out, journal_number(journal).value_or(0));
  return out;
}

namespace {

// The files of a day. The last one of them may go while it is looked at.
void list_day(const fs::path& folder, StoreLevel level, std::vector<StoreFile>& files, StoreListing& out) {
  const std::string day = folder.filename().string();
  if (!is_day(day)) return;
  std::error_code gone;
  for (fs::directory_iterator entries(folder, gone), none; !gone && entries != none;
       entries.increment(gone)) {
    if (entries->path().extension() == ".new") out.unfinished.push_back(entries->path().string());
    if (auto file = read_name(entries->path(), day, level)) files.push_back(std::move(*file));
  }
}

tl::expected<StoreListing, std::string> list_once(const std::string& folder) {
  StoreListing out;
  Levels levels;
  out.journals = journal_files(folder);
  std::error_code error;
  for (fs::directory_iterator days(folder, error), end; !error && days != end; days.increment(error))
    list_day(days->path(), StoreLevel::records, levels[0], out);
  if (error) return tl::unexpected(fmt::format("{}: {}", folder, error.message()));
  for (const StoreLevel level : kRollupLevels) {
    const auto place = static_cast<std::size_t>(level);
    std::error_code none_there;
    fs::directory_iterator days(fs::path(folder) / kLevelFolders[place], none_there);
    for (const fs::directory_iterator end; !none_there && days != end; days.increment(none_there))
      list_day(days->path(), level, levels[place], out);
  }
  sort_out(levels, out);
  return out;
}

bool is_same(const StoreListing& a, const StoreListing& b) {
  const auto same = [](const std::vector<StoreFile>& x, const std::vector<StoreFile>& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                      [](const StoreFile& f, const StoreFile& g) { return f.path == g.path; });
  };
  return same(a.files, b.files) && same(a.rollups, b.rollups);
}

}  // namespace

// A file that is renamed while a folder is looked at may be missed, with those that it was made from: until it is the same twice.
tl::expected<StoreListing, std::string> list_store(const std::string& folder) {
  constexpr int kTries = 10;
  auto out = list_once(folder);
  for (int i = 0; i < kTries && out; ++i) {
    auto again = list_once(folder);
    const bool is_settled = again && is_same(*out, *again);
    out = std::move(again);
    if (is_settled) break;
  }
  return out;
}

std::int64_t day_number(TimeUs time) {
  constexpr TimeUs kSecond = 1'000'000, kLast = 253'402'300'799;  // 9999-12-31
  return std::clamp<TimeUs>(time / kSecond, 0, kLast) / 86400;
}

std::string day_of(TimeUs time) {
  const std::time_t seconds = day_number(time) * 86400;
  std::tm day{};
  gmtime_r(&seconds, &day);
  return fmt::format("{:04}-{:02}-{:02}", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

std::string day_folder(const StoreFile& file) {
  const std::string_view level = kLevelFolders[static_cast<std::size_t>(file.level)];
  return level.empty() ? file.day + "/" : fmt::format("{}/{}/", level, file.day);
}

std::string store_path(const std::string& folder, const StoreFile& file) {
  const std::string numbers = file.first == file.last ? fmt::format("{:08}", file.first)
                                                      : fmt::format("{:08}-{:08}", file.first, file.last);
  return fmt::format("{}/{}{}{}{}", folder, day_folder(file), kPrefix, numbers, kSuffix);
}

void sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)::fsync(fd);
  ::close(fd);
}

}  // namespace weir::output
