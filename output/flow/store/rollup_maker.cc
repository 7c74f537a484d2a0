#include "output/flow/store/rollup_maker.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "output/flow/store/group_builder.h"
#include "output/flow/store/record_file.h"
#include "output/flow/store/rollup_builder.h"
#include "output/parquet/file_writer.h"

namespace weir::output {
namespace {

// Rollups are kept for years, and written once.
constexpr int kZstdLevel = 9;

// Keys that are asked for and that the source still has.
tl::expected<RollupKeys, std::string> keys_left(const StoreFile& file, const RollupKeys& keys) {
  if (file.level == StoreLevel::records) return keys;
  const auto source = RecordFile::open(file.path);
  if (!source) return tl::unexpected(source.error());
  const auto had = RollupKeys::parse((*source)->file().note(kRollupKeysNote).value_or(""));
  if (!had) return tl::unexpected(fmt::format("{}: {}", file.path, had.error()));
  return had->told_of(keys);
}

// With the folders above that may be new, too.
tl::expected<void, std::string> put_in_place(const std::string& fresh, const std::string& path) {
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    auto out = tl::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
    (void)::unlink(fresh.c_str());
    return out;
  }
  const std::filesystem::path day = std::filesystem::path(path).parent_path();
  sync_folder(day.string());
  sync_folder(day.parent_path().string());
  sync_folder(day.parent_path().parent_path().string());
  return {};
}

tl::expected<void, std::string> make_folders(const std::string& path) {
  std::error_code error;
  const std::filesystem::path day = std::filesystem::path(path).parent_path();
  for (const auto& folder : {day.parent_path(), day}) {
    if (std::filesystem::create_directory(folder, error))
      std::filesystem::permissions(folder, std::filesystem::perms(0750), error);
    if (error) return tl::unexpected(fmt::format("{}: {}", folder.string(), error.message()));
  }
  return {};
}

}  // namespace

tl::expected<RolledUp, std::string> roll_up(const std::string& folder, const StoreFile& file,
                                            StoreLevel level, const RollupKeys& wanted) {
  const auto keys = keys_left(file, wanted);
  if (!keys) return tl::unexpected(keys.error());
  if (keys->empty())
    return tl::unexpected(fmt::format("{}: has none of the keys {} for a rollup by {}", file.path,
                                      wanted.text(), level_name(level)));
  const StoreFile target{.path = {}, .day = file.day, .first = file.first, .last = file.last, .level = level};
  const std::string path = store_path(folder, target),
                    fresh = fmt::format("{}.{}.new", path, ::getpid());  // others may do the same
  if (auto made = make_folders(path); !made) return tl::unexpected(made.error());
  (void)::unlink(fresh.c_str());
  auto writer = parquet::FileWriter::create(fresh, GroupBuilder::schema(),
                                            {{"weir.store", "1"},
                                             {kRollupStepNote, std::string(level_name(level))},
                                             {kRollupKeysNote, keys->text()}},
                                            kZstdLevel);
  if (!writer) return tl::unexpected(writer.error());
  RolledUp out;
  const auto groups = std::make_unique<GroupBuilder>();
  RollupBuilder sums(*keys, step_of(level), [&](const flow::Record& record) {
    groups->add(record);
    ++out.records_out;
    if (groups->is_full()) groups->write(**writer);
  });
  const auto read = read_records(file.path, [&](const flow::Record& record) {
    ++out.records_in;
    sums.add(record);
  });
  if (!read) return tl::unexpected(read.error());
  sums.finish();
  groups->write(**writer);
  const auto bytes = (*writer)->finish(true);
  if (!bytes) return tl::unexpected(bytes.error());
  if (auto placed = put_in_place(fresh, path); !placed) return tl::unexpected(placed.error());
  out.bytes = *bytes;
  if (const RollupKeys lost = keys->missing(wanted); !lost.empty())
    out.notes.push_back(fmt::format("{}: the finer sums do not keep {}", path, lost.text()));
  if (sums.spilled() != 0)
    out.notes.push_back(fmt::format("{}: more than {} sums at a time: {} stand in several records", path,
                                    RollupBuilder::kMaxGroups, sums.spilled()));
  if (sums.not_spread() != 0)
    out.notes.push_back(fmt::format(
        "{}: {} records lasted too long, and count in the step that they began in", path, sums.not_spread()));
  return out;
}

}  // namespace weir::output
