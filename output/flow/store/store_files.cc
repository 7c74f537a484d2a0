#include "output/flow/store/store_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <tuple>

#include <fmt/format.h>

#include "decoders/text.h"
#include "output/flow/journal_writer.h"

namespace weir::output {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "flows-", kSuffix = ".parquet";
constexpr std::size_t kDayBytes = 10;

bool is_day(std::string_view name) {
  if (name.size() != kDayBytes) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool is_dash = i == 4 || i == 7;
    if (is_dash ? name[i] != '-' : name[i] < '0' || name[i] > '9') return false;
  }
  return true;
}

// "flows-00000001.parquet", "flows-00000001-00000006.parquet"
std::optional<StoreFile> read_name(const fs::path& path, std::string day) {
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
  return StoreFile{path.string(), std::move(day), *first, *last};
}

// Orders by day and number, and sets those apart that another one covers.
void sort_out(StoreListing& listing) {
  std::sort(listing.files.begin(), listing.files.end(), [](const StoreFile& a, const StoreFile& b) {
    return std::tuple(std::string_view(a.day), a.first, b.last) <
           std::tuple(std::string_view(b.day), b.first, a.last);
  });
  std::vector<StoreFile> kept;
  for (StoreFile& file : listing.files)
    (!kept.empty() && kept.back().covers(file) ? listing.covered : kept).push_back(std::move(file));
  listing.files = std::move(kept);
}

}  // namespace

bool StoreListing::is_sealed(std::uint64_t journal, std::string_view day) const {
  std::size_t days = 0;
  for (const StoreFile& file : files) {
    if (journal < file.first || file.last < journal) continue;
    if (file.day == day) return true;
    ++days;
  }
  return days >= kMaxDays;
}

bool StoreListing::is_begun(std::uint64_t journal) const {
  return std::any_of(files.begin(), files.end(),
                     [&](const StoreFile& file) { return file.first <= journal && journal <= file.last; });
}

std::uint64_t StoreListing::greatest_number() const {
  std::uint64_t out = 0;
  for (const StoreFile& file : files) out = std::max(out, file.last);
  for (const std::string& journal : journals) out = std::max(out, journal_number(journal).value_or(0));
  return out;
}

namespace {

tl::expected<StoreListing, std::string> list_once(const std::string& folder) {
  StoreListing out;
  out.journals = journal_files(folder);
  std::error_code error;
  for (fs::directory_iterator days(folder, error), end; !error && days != end; days.increment(error)) {
    std::string day = days->path().filename().string();
    if (!is_day(day)) continue;
    std::error_code gone;  // the last file of a day may go while it is looked at
    for (fs::directory_iterator files(days->path(), gone), none; !gone && files != none;
         files.increment(gone)) {
      if (files->path().extension() == ".new") out.unfinished.push_back(files->path().string());
      if (auto file = read_name(files->path(), day)) out.files.push_back(std::move(*file));
    }
  }
  if (error) return tl::unexpected(fmt::format("{}: {}", folder, error.message()));
  sort_out(out);
  return out;
}

bool is_same(const StoreListing& a, const StoreListing& b) {
  return std::equal(a.files.begin(), a.files.end(), b.files.begin(), b.files.end(),
                    [](const StoreFile& x, const StoreFile& y) { return x.path == y.path; });
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

std::string store_path(const std::string& folder, const StoreFile& file) {
  const std::string numbers = file.first == file.last ? fmt::format("{:08}", file.first)
                                                      : fmt::format("{:08}-{:08}", file.first, file.last);
  return fmt::format("{}/{}/{}{}{}", folder, file.day, kPrefix, numbers, kSuffix);
}

void sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)::fsync(fd);
  ::close(fd);
}

}  // namespace weir::output
