#include "engine/query/store_source.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "engine/query/record_source.h"
#include "engine/query/rollup_choice.h"
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
  bool is_rollup = false;
};

void add(ReadReport& to, ReadReport&& from) {
  to.records += from.records;
  to.blocks_read += from.blocks_read;
  to.blocks_skipped += from.blocks_skipped;
  to.bytes_read += from.bytes_read;
  std::move(from.problems.begin(), from.problems.end(), std::back_inserter(to.problems));
}

// Whether all records of a block begin later than that.
bool begins_after(const Block& block, TimeUs time) {
  const auto times = block.file->times(block.group);
  return times && times->first > time;
}

// Reads row groups until there are none left, or the consumer has enough.
class Worker {
 public:
  Worker(const RowChoice& choice, const RecordQuery& query, flow::RecordConsumer& consumer)
      : choice_(choice), query_(query), consumer_(consumer) {}
  // `late`: gets those that the consumer does not want when their turn comes; null: it takes them all.
  void run(const std::vector<Block>& blocks, std::atomic<std::size_t>& next, std::vector<Block>* late) {
    while (!consumer_.has_enough()) {
      const std::size_t i = next++;
      if (i >= blocks.size()) return;
      if (!choice_.may_fit(*blocks[i].file, blocks[i].group)) continue;
      if (late != nullptr && begins_after(blocks[i], consumer_.wants_until()))
        late->push_back(blocks[i]);
      else
        read(blocks[i]);
    }
  }
  ReadReport& report() { return report_; }

 private:
  void read(const Block& block) {
    ++report_.blocks_read;
    RecordGroup group(*block.file, block.group, room_);
    auto done = choice_.choose(*block.file, block.group, group, rows_);
    if (done && !rows_.empty())
      done = group.read(rows_, block.is_rollup ? query_.fields | Field::part : query_.fields, consumer_);
    report_.records += group.records_read();
    if (!done) report_.problems.push_back(done.error());
    report_.bytes_read += group.bytes_read();
  }

  const RowChoice& choice_;
  const RecordQuery& query_;
  flow::RecordConsumer& consumer_;
  RecordRoom room_;
  std::vector<std::uint32_t> rows_;
  ReadReport report_;
};

// Several workers, a thread and a consumer each.
class Workers {
 public:
  Workers(const RowChoice& choice, const RecordQuery& query, std::span<flow::RecordConsumer* const> consumers)
      : consumers_(consumers) {
    for (flow::RecordConsumer* const consumer : consumers)
      workers_.push_back(std::make_unique<Worker>(choice, query, *consumer));
  }
  // Reads the blocks, but for those that begin later than somebody wants.
  void read(const std::vector<Block>& blocks) {
    std::vector<std::vector<Block>> late(workers_.size());
    run(blocks, &late);
    for (const auto& some : late) late_.insert(late_.end(), some.begin(), some.end());
  }
  // When all else was read: those that are wanted after all. What a consumer has met meanwhile may have parts that come later.
  void read_late() {
    TimeUs until = flow::RecordConsumer::kHasEnough;
    for (const flow::RecordConsumer* const consumer : consumers_)
      until = std::max(until, consumer->wants_until());
    std::erase_if(late_, [until](const Block& block) { return begins_after(block, until); });
    if (!late_.empty()) run(late_, nullptr);
  }
  // Of all that was read of these files.
  ReadReport report(std::size_t blocks) {
    ReadReport out;
    for (const auto& worker : workers_) add(out, std::move(worker->report()));
    out.blocks_skipped = blocks - out.blocks_read;
    return out;
  }

 private:
  void run(const std::vector<Block>& blocks, std::vector<std::vector<Block>>* late) {
    std::atomic<std::size_t> next = 0;
    const auto run_one = [&](std::size_t i) {
      workers_[i]->run(blocks, next, late == nullptr ? nullptr : &(*late)[i]);
    };
    std::vector<std::jthread> running;
    for (std::size_t i = 1; i < workers_.size(); ++i) running.emplace_back([&, i] { run_one(i); });
    run_one(0);
  }

  std::span<flow::RecordConsumer* const> consumers_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Block> late_;
};

// The blocks of all files that can be opened, of rollups those that can answer. A file that is gone was merged or has expired: false, the
// listing is an old one.
bool open_files(const StoreListing& listing, const RecordQuery& query, std::vector<Block>& blocks,
                ReadReport& report) {
  bool is_fresh = true;
  RollupChoice rollups(query);
  for (const auto* const list : {&listing.files, &listing.rollups})
    for (const output::StoreFile& entry : *list) {
      auto file = RecordFile::open(entry.path);
      if (!file) {
        std::error_code error;
        is_fresh = is_fresh && std::filesystem::exists(entry.path, error);
        report.problems.push_back(file.error());
        continue;
      }
      const bool is_rollup = entry.level != output::StoreLevel::records;
      std::shared_ptr<RecordFile> shared = std::move(*file);
      if (is_rollup && !rollups.takes(entry, *shared)) continue;
      for (std::size_t i = 0; i < shared->file().groups(); ++i) blocks.push_back({shared, i, is_rollup});
    }
  report.notes = rollups.notes();
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
    if (consumer.has_enough()) {
      report.blocks_skipped += journals.size() - i;
      break;
    }
    const std::uint64_t number = output::journal_number(listing.journals[i]).value_or(0);
    const bool is_begun = listing.is_begun(number);
    output::JournalReader& journal = journals[i];
    std::uint64_t records = 0;
    journal.read(
        [&](const flow::Record& record) {
          if (is_begun && listing.is_sealed(number, output::day_of(times_of(record).first))) return;
          if (!fits(query, record) || consumer.has_enough()) return;
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
    if (open_journals(listing, journals) && open_files(listing, query, blocks, report)) break;
  }
  const RowChoice choice(query);
  Workers workers(choice, query,
                  consumers.first(std::clamp<std::size_t>(blocks.size(), 1, consumers.size())));
  workers.read(blocks);
  ReadReport journal = read_journal(listing, journals, query, *consumers.front());
  workers.read_late();
  add(report, workers.report(blocks.size()));
  add(report, std::move(journal));
  return report;
}

tl::expected<std::unique_ptr<RecordSource>, std::string> open_store(const std::string& folder) {
  const auto listing = output::list_store(folder);
  if (!listing) return tl::unexpected(listing.error());
  std::error_code error;
  if (listing->files.empty() && listing->rollups.empty() && listing->journals.empty() &&
      !std::filesystem::exists(output::account_file(folder), error))
    return tl::unexpected(fmt::format("{}: there are no flow records", folder));
  return std::make_unique<StoreSource>(folder);
}

}  // namespace weir::engine
