#include "output/flow/store/store_writer.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "decoders/clock.h"
#include "output/flow/store/store_files.h"

namespace weir::output {
namespace {

// A file of the journal that has more when unpacked is sealed, however few records that is: a sealer holds all of it.
constexpr std::uint64_t kMaxContentBytes = std::uint64_t{256} << 20U;

// Files that go at once when the disk is full.
constexpr int kMostForRoom = 8;

}  // namespace

void StoreSettings::read(const Settings& root) {
  limits = ExpiryLimits::from(root);
  const auto text = root.text("weir.flows.store.seal-interval");
  if (!text) return;
  const auto span = parse_span(*text);
  if (!span) root.unreadable("weir.flows.store.seal-interval", kSpanExpected);
  seal_every = span.value_or(kSealEvery);
}

tl::expected<std::unique_ptr<StoreWriter>, std::string> StoreWriter::open(const StoreSettings& settings) {
  tl::expected<StoreListing, std::string> before;
  const auto next_number = [&] {  // nobody else writes from here on
    before = list_store(settings.folder);
    return before ? before->greatest_number() + 1 : 1;
  };
  auto journal = JournalWriter::open(settings.folder, next_number);
  if (!journal) return tl::unexpected(journal.error());
  auto accounts = AccountLog::open(settings.folder);
  if (!accounts) return tl::unexpected(accounts.error());
  std::unique_ptr<StoreWriter> out(new StoreWriter(settings, std::move(*journal), std::move(*accounts)));
  if (before) {
    // Sums may be those of records that another process is about to remove.
    for (const StoreFile& file : before->covered)
      if (file.level == StoreLevel::records) (void)::unlink(file.path.c_str());
    for (const std::string& file : before->unfinished) (void)::unlink(file.c_str());
    out->waiting_.assign(before->journals.begin(), before->journals.end());
  }
  for (unsigned i = 0; i < std::max(settings.sealers, 1U); ++i)
    out->threads_.emplace_back([writer = out.get()] { writer->seal_until_closed(); });
  return out;
}

StoreWriter::StoreWriter(StoreSettings settings, std::unique_ptr<JournalWriter> journal, AccountLog accounts)
    : settings_(std::move(settings)),
      journal_(std::move(journal)),
      accounts_(std::move(accounts)),
      current_(journal_->file_number()) {}

StoreWriter::~StoreWriter() {
  close();
}

void StoreWriter::take(std::span<const flow::Record> records) {
  journal_->take(records);
  if (journal_->file_records() >= kSegmentRecords || journal_->file_content_bytes() >= kMaxContentBytes)
    next_segment();
}

void StoreWriter::write(const std::vector<ExporterAccount>& accounts) {
  if (auto written = accounts_.write(accounts); !written) tell("accounts of exporters: " + written.error());
}

void StoreWriter::tick(TimeUs now) {
  journal_->flush();
  if (!journal_->problem().empty()) make_room(true);
  if (journal_->is_file_empty() || now < file_begun_) file_begun_ = now;  // clocks go back, too
  if (now - file_begun_ >= settings_.seal_every) next_segment();
  if (journal_->is_file_empty()) file_begun_ = now;
}

// What has been written so far is to be sealed.
void StoreWriter::next_segment() {
  if (journal_->is_file_empty()) return;
  std::string done = journal_path(settings_.folder, journal_->file_number());
  if (!journal_->next_file()) return;  // it goes on with the old one, and says why
  const std::lock_guard lock(mutex_);
  current_ = journal_->file_number();
  waiting_.insert(waiting_.end(), failed_.begin(), failed_.end());
  failed_.clear();
  waiting_.push_back(std::move(done));
  wake_.notify_one();
}

void StoreWriter::close() {
  if (threads_.empty()) return;
  std::string done = journal_path(settings_.folder, journal_->file_number());
  const bool is_empty = journal_->is_file_empty();
  journal_->close();
  {
    const std::lock_guard lock(mutex_);
    if (!is_empty) waiting_.push_back(std::move(done));
    ++current_;
    is_closed_ = true;
    wake_.notify_all();
  }
  threads_.clear();  // waits for them
}

// --- by the threads

void StoreWriter::seal_until_closed() {
  StoreSealer sealer(settings_.folder);
  for (;;) {
    std::string journal;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return is_closed_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      journal = std::move(waiting_.front());
      waiting_.pop_front();
      busy_.push_back(journal);
    }
    seal(sealer, journal);
    {
      const std::lock_guard lock(mutex_);
      busy_.erase(std::find(busy_.begin(), busy_.end(), journal));
    }
    merge(sealer);
  }
}

void StoreWriter::seal(StoreSealer& sealer, const std::string& journal) {
  auto sealed = sealer.seal(journal);
  for (int i = 0; i < kMostForRoom && !sealed && make_room(false); ++i) sealed = sealer.seal(journal);
  if (!sealed) {
    {
      const std::lock_guard lock(mutex_);
      failed_.push_back(journal);
    }
    return tell(fmt::format("{}; the records stay in {} for now", sealed.error(), journal));
  }
  for (const std::string& problem : sealed->problems) tell(problem + "; records are lost");
  if (sealed->torn_bytes != 0)
    note(fmt::format("{}: {} bytes at its end were not whole and have been cut off", journal,
                     sealed->torn_bytes));
  expire();
}

// What is older or more than it may be goes.
void StoreWriter::expire() {
  if (!settings_.limits.any()) return;
  const std::unique_lock removing(removal_, std::try_to_lock);
  if (!removing) return;  // somebody else does, and there will be a next time
  const auto expired = expire_store(settings_.folder, settings_.limits, wall_clock());
  if (!expired) return;
  for (const std::string& problem : expired->problems) tell(problem);
  for (const std::string& text : expired->notes) note(text);
}

// The oldest file goes when the disk is full: what comes in is worth more. Who takes records does not wait for a rollup of it. False: it is
// not full, there is none, or somebody else makes room.
bool StoreWriter::make_room(bool takes_records) {
  std::unique_lock removing(removal_, std::defer_lock);
  if (takes_records)
    (void)removing.try_lock();
  else
    removing.lock();
  if (!removing || !is_disk_full(settings_.folder)) return false;
  const Expired expired = expire_oldest(settings_.folder, settings_.limits, !takes_records);
  if (expired.files == 0) return false;
  for (const std::string& problem : expired.problems) tell(problem);
  files_without_rollup_ += expired.without_rollup;
  std::string text = fmt::format("{}: the disk is full: the oldest file, of {}, was removed",
                                 settings_.folder, expired.until);
  if (expired.without_rollup != 0)
    text += fmt::format(", and there is no rollup of it ({} such files so far)", files_without_rollup_);
  note(std::move(text));
  return true;
}

void StoreWriter::note(std::string text) {
  const std::lock_guard lock(mutex_);
  if (notes_.size() < kMostProblems) notes_.push_back(std::move(text));
}

// One at a time, and only files that none of a lower number can come between.
void StoreWriter::merge(StoreSealer& sealer) {
  std::uint64_t below = 0;
  bool cannot_merge = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_merging_ || cannot_merge_) return;
    is_merging_ = true;
    below = least_unsealed();
  }
  for (auto listing = list_store(settings_.folder); listing; listing = list_store(settings_.folder)) {
    const std::vector<StoreFile> files = files_to_merge(*listing, below);
    if (files.empty()) break;
    if (const auto merged = sealer.merge(files); !merged) {
      tell(merged.error() + "; small files stay as they are until the next start");
      cannot_merge = true;
      break;
    }
  }
  const std::lock_guard lock(mutex_);
  is_merging_ = false;
  cannot_merge_ = cannot_merge;
}

std::uint64_t StoreWriter::least_unsealed() const {
  std::uint64_t out = current_;
  for (const std::string& journal : waiting_) out = std::min(out, journal_number(journal).value_or(0));
  for (const std::string& journal : busy_) out = std::min(out, journal_number(journal).value_or(0));
  for (const std::string& journal : failed_) out = std::min(out, journal_number(journal).value_or(0));
  return out;
}

void StoreWriter::tell(std::string problem) {
  const std::lock_guard lock(mutex_);
  if (problems_.size() < kMostProblems)
    problems_.push_back(std::move(problem));
  else
    ++problems_left_out_;
}

std::vector<std::string> StoreWriter::take_notes() {
  const std::lock_guard lock(mutex_);
  return std::exchange(notes_, {});
}

std::vector<std::string> StoreWriter::take_problems() {
  const std::lock_guard lock(mutex_);
  if (const std::size_t more = std::exchange(problems_left_out_, 0); more != 0)
    problems_.push_back(fmt::format("and {} more such problems", more));
  return std::exchange(problems_, {});
}

}  // namespace weir::output
