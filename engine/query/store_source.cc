#include "engine/query/store_source.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "engine/query/record_source.h"
#include "engine/query/row_choice.h"
#include "output/flow/account_log.h"
#include "output/flow/journal_reader.h"
#include "output/flow/journal_writer.h"
#include "output/flow/store/store_files.h"

namespace weir::engine {
namespace {

using output::RecordFile, output::RecordGroup, output::RecordRoom, output::StoreListing;

struct Block {
  std::shared_ptr<RecordFile> file;
  std::size_t group;
};

void add(ReadReport& to, ReadReport&& from) {
  to.records += from.records;
  to.blocks_read += from.blocks_read;
  to.blocks_skipped += from.blocks_skipped;
  to.bytes_read += from.bytes_read;
  std::move(from.problems.begin(), from.problems.end(), std::back_inserter(to.problems));
}

// Reads row groups until there are none left.
class Worker {
 public:
  Worker(const RowChoice& choice, const RecordQuery& query, flow::RecordConsumer& consumer)
      : choice_(choice), query_(query), consumer_(consumer) {}
  void run(const std::vector<Block>& blocks, std::atomic<std::size_t>& next) {
    for (std::size_t i = next++; i < blocks.size(); i = next++) read(blocks[i]);
  }
  ReadReport& report() { return report_; }

 private:
  void read(const Block& block) {
    if (!choice_.may_fit(*block.file, block.group)) {
      ++report_.blocks_skipped;
      return;
    }
    ++report_.blocks_read;
    RecordGroup group(*block.file, block.group, room_);
    auto done = choice_.choose(*block.file, block.group, group, rows_);
    if (done && !rows_.empty()) done = group.read(rows_, query_.fields, consumer_);
    if (done)
      report_.records += rows_.size();
    else
      report_.problems.push_back(done.error());
    report_.bytes_read += group.bytes_read();
  }

  const RowChoice& choice_;
  const RecordQuery& query_;
  flow::RecordConsumer& consumer_;
  RecordRoom room_;
  std::vector<std::uint32_t> rows_;
  ReadReport report_;
};

// The blocks of all files that can be opened. A file that is gone was merged or has expired: false, the listing is an old one.
bool open_files(const StoreListing& listing, std::vector<Block>& blocks, ReadReport& report) {
  bool is_fresh = true;
  for (const output::StoreFile& entry : listing.files) {
    auto file = RecordFile::open(entry.path);
    if (!file) {
      std::error_code error;
      is_fresh = is_fresh && std::filesystem::exists(entry.path, error);
      report.problems.push_back(file.error());
      continue;
    }
    std::shared_ptr<RecordFile> shared = std::move(*file);
    for (std::size_t i = 0; i < shared->file().groups(); ++i) blocks.push_back({shared, i});
  }
  return is_fresh;
}

// The journal's files, each opened. False: one is sealed and gone already.
bool open_journals(const StoreListing& listing, std::vector<output::JournalReader>& journals) {
  for (const std::string& path : listing.journals) journals.emplace_back(std::vector<std::string>{path});
  return std::all_of(journals.begin(), journals.end(),
                     [](const output::JournalReader& journal) { return journal.has_opened_all(); });
}

// Those of the journal that are in no file yet.
ReadReport read_journal(const StoreListing& listing, std::vector<output::JournalReader>& journals,
                        const RecordQuery& query, flow::RecordConsumer& consumer) {
  ReadReport report;
  for (std::size_t i = 0; i < journals.size(); ++i) {
    const std::uint64_t number = output::journal_number(listing.journals[i]).value_or(0);
    const bool is_begun = listing.is_begun(number);
    output::JournalReader& journal = journals[i];
    std::uint64_t records = 0;
    journal.read(
        [&](const flow::Record& record) {
          if (is_begun && listing.is_sealed(number, output::day_of(times_of(record).first))) return;
          if (!fits(query, record)) return;
          ++records;
          consumer.take({&record, 1});
        },
        nullptr);
    report.records += records;
    ++report.blocks_read;
    for (const std::string& problem : journal.problems()) report.problems.push_back(problem);
  }
  return report;
}

}  // namespace

tl::expected<ReadReport, std::string> StoreSource::read(const RecordQuery& query,
                                                        std::span<flow::RecordConsumer* const> consumers) {
  constexpr int kTries = 5;  // files may go while they are opened
  ReadReport report;
  std::vector<Block> blocks;
  StoreListing listing;
  std::vector<output::JournalReader> journals;
  for (int i = 0; i < kTries; ++i) {
    auto listed = output::list_store(folder_);
    if (!listed) return tl::unexpected(listed.error());
    listing = std::move(*listed);
    blocks.clear();
    journals.clear();
    report.problems.clear();
    if (open_journals(listing, journals) && open_files(listing, blocks, report)) break;
  }
  const RowChoice choice(query);
  std::atomic<std::size_t> next = 0;
  const std::size_t threads = std::clamp<std::size_t>(blocks.size(), 1, consumers.size());
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t i = 0; i < threads; ++i)
    workers.push_back(std::make_unique<Worker>(choice, query, *consumers[i]));
  {
    std::vector<std::jthread> running;
    for (std::size_t i = 1; i < threads; ++i) running.emplace_back([&, i] { workers[i]->run(blocks, next); });
    workers.front()->run(blocks, next);
  }
  for (const auto& worker : workers) add(report, std::move(worker->report()));
  add(report, read_journal(listing, journals, query, *consumers.front()));
  return report;
}

tl::expected<std::unique_ptr<RecordSource>, std::string> open_store(const std::string& folder) {
  const auto listing = output::list_store(folder);
  if (!listing) return tl::unexpected(listing.error());
  std::error_code error;
  if (listing->files.empty() && listing->journals.empty() &&
      !std::filesystem::exists(output::account_file(folder), error))
    return tl::unexpected(fmt::format("{}: there are no flow records", folder));
  return std::make_unique<StoreSource>(folder);
}

}  // namespace weir::engine
