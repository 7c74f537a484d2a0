#include "output/flow/store/store_sealer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "output/flow/journal_reader.h"
#include "output/flow/journal_writer.h"
#include "output/flow/store/group_builder.h"
#include "output/flow/store/record_file.h"
#include "output/flow/store/record_sorter.h"
#include "output/parquet/file_writer.h"

namespace weir::output {
namespace {

constexpr std::size_t kMergeAtLeast = 4;  // files

tl::expected<void, std::string> rename_into_place(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0)
    return tl::unexpected(fmt::format("{}: {}", to, std::strerror(errno)));
  return {};
}

// Where each day's records begin among those that are sorted, and where the last one's end. Of more than kMaxDays days the last ones
// are taken together.
std::vector<std::size_t> day_limits(const RecordSorter& sorter) {
  std::vector<std::size_t> out{0};
  for (std::size_t i = 1; i < sorter.size() && out.size() < kMaxDays; ++i)
    if (day_number(sorter.start(i)) != day_number(sorter.start(i - 1))) out.push_back(i);
  out.push_back(sorter.size());
  return out;
}

}  // namespace

StoreSealer::StoreSealer(std::string folder)
    : folder_(std::move(folder)),
      sorter_(std::make_unique<RecordSorter>()),
      builder_(std::make_unique<GroupBuilder>()) {}
StoreSealer::~StoreSealer() = default;

// Of a file that was being written when a crash came, the name under which it was written is free again.
tl::expected<void, std::string> StoreSealer::write(std::size_t from, std::size_t to, const StoreFile& file,
                                                   Sealed& out) {
  const std::string path = store_path(folder_, file), day = folder_ + "/" + file.day;
  constexpr mode_t kDayMode = 0750;
  if (::mkdir(day.c_str(), kDayMode) != 0 && errno != EEXIST)
    return tl::unexpected(fmt::format("{}: {}", day, std::strerror(errno)));
  const std::string fresh = path + ".new";
  (void)::unlink(fresh.c_str());
  auto writer = parquet::FileWriter::create(fresh, GroupBuilder::schema(), {{"weir.store", "1"}});
  if (!writer) return tl::unexpected(writer.error());
  sorter_->visit(from, to, [&](const flow::Record& record) {
    builder_->add(record);
    if (builder_->is_full()) builder_->write(**writer);
  });
  builder_->write(**writer);
  const auto bytes = (*writer)->finish(true);
  if (!bytes) return tl::unexpected(bytes.error());
  if (auto renamed = rename_into_place(fresh, path); !renamed) return renamed;
  sync_folder(day);
  out.bytes += *bytes;
  out.records += to - from;
  ++out.files;
  return {};
}

tl::expected<Sealed, std::string> StoreSealer::seal(const std::string& journal) {
  const auto number = journal_number(journal);
  if (!number) return tl::unexpected(fmt::format("{}: no file of a journal", journal));
  sorter_->clear();
  JournalReader reader(std::vector<std::string>{journal});
  if (!reader.has_opened_all()) return tl::unexpected(fmt::format("{}: it cannot be opened", journal));
  reader.read([this](const flow::Record& record) { sorter_->add(record); }, nullptr);
  if (reader.has_failed()) return tl::unexpected(reader.problems().back());
  Sealed out;
  out.problems = reader.problems();
  out.torn_bytes = reader.torn_bytes();
  sorter_->sort();
  const std::vector<std::size_t> limits = day_limits(*sorter_);
  for (std::size_t i = 0; i + 1 < limits.size() && limits[i] != limits[i + 1]; ++i) {
    // By its last record: what is taken together must not go as the oldest of it would.
    const StoreFile file{
        .path = {}, .day = day_of(sorter_->start(limits[i + 1] - 1)), .first = *number, .last = *number};
    if (auto written = write(limits[i], limits[i + 1], file, out); !written)
      return tl::unexpected(written.error());
  }
  sync_folder(folder_);
  // What could not be read may be wanted by somebody who can.
  if (out.problems.empty())
    (void)::unlink(journal.c_str());
  else
    (void)std::rename(journal.c_str(), (journal + ".damaged").c_str());
  return out;
}

tl::expected<Sealed, std::string> StoreSealer::merge(const std::vector<StoreFile>& files) {
  sorter_->clear();
  for (const StoreFile& file : files) {
    auto added = read_records(file.path, [this](const flow::Record& record) { sorter_->add(record); });
    if (!added) return tl::unexpected(added.error());
  }
  sorter_->sort();
  Sealed out;
  const StoreFile merged{
      .path = {}, .day = files.front().day, .first = files.front().first, .last = files.back().last};
  if (auto written = write(0, sorter_->size(), merged, out); !written) return tl::unexpected(written.error());
  for (const StoreFile& file : files) (void)::unlink(file.path.c_str());
  return out;
}

std::vector<StoreFile> files_to_merge(const StoreListing& listing, std::uint64_t below) {
  // What is merged stands for all numbers between its first and its last: a day of which some went into sums stays as it is.
  const auto has_sums = [&](const std::string& day) {
    return std::any_of(listing.rollups.begin(), listing.rollups.end(),
                       [&](const StoreFile& file) { return file.day == day; });
  };
  std::vector<StoreFile> out;
  std::uint64_t records = 0;
  const auto is_worth_it = [&out] { return out.size() >= kMergeAtLeast; };
  for (const StoreFile& file : listing.files) {
    const auto rows = file.last < below && !has_sums(file.day) ? rows_of(file.path) : std::nullopt;
    const bool is_small = rows && *rows <= kSegmentRecords / 2;
    const bool fits =
        is_small && !out.empty() && out.front().day == file.day && records + *rows <= kSegmentRecords;
    if (!fits) {
      if (is_worth_it()) return out;
      out.clear();
      records = 0;
    }
    if (!is_small) continue;
    out.push_back(file);
    records += *rows;
  }
  return is_worth_it() ? out : std::vector<StoreFile>{};
}

}  // namespace weir::output
