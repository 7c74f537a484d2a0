#include "output/flow/clickhouse/inserter.h"

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "decoders/clock.h"

namespace weir::output::clickhouse {
namespace {

// Exceptions that say that the rows themselves are wrong: they would be refused for ever.
bool is_about_rows(int code) {
  constexpr std::array kCodes{6,  27, 32, 33,
                              41, 72, 117};  // CANNOT_PARSE_..., CANNOT_READ_ALL_DATA, INCORRECT_DATA
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

constexpr const char* kNoMemory = "there is not enough memory for a batch";

std::size_t size_of(const Batch& batch) {
  return batch.block.bytes.size() + batch.block.columns.size();
}

}  // namespace

tl::expected<std::unique_ptr<Inserter>, std::string> Inserter::open(const InserterSettings& settings) {
  std::unique_ptr<Inserter> out(new Inserter(settings));
  auto client = Client::open(settings.server);
  if (!client) return tl::unexpected(client.error());
  out->client_ = std::move(*client);
  if (!settings.buffer_folder.empty()) {
    auto folder = BatchFolder::open(settings.buffer_folder, settings.buffer_bytes);
    if (!folder) return tl::unexpected(fmt::format("buffer-dir {}", folder.error()));
    out->folder_ = std::move(*folder);
    out->publish_folder();
  }
  out->run_ = static_cast<std::uint64_t>(wall_clock());
  return out;
}

Inserter::~Inserter() {
  close();
}

void Inserter::add(InsertBlock block) {
  Lock lock(mutex_);
  if (!thread_.joinable() && !is_closing_) {
    last_success_ = Clock::now();
    thread_ = std::thread([this] { run(); });
  }
  if (block.records == 0) return;
  Batch batch{.block = std::move(block), .token = fmt::format("{:016x}-{:08}", run_, ++number_)};
  const std::size_t size = size_of(batch);
  // That time goes by is told by nobody.
  while (settings_.waits && !has_room(size) && !is_given_up()) changed_.wait_for(lock, kFirstPause);
  if (has_room(size) && !is_given_up()) {
    memory_bytes_ += size;
    memory_.push_back(std::move(batch));
  } else {
    lose(batch.block, problem_.empty() ? "the server is slower than records come" : problem_);
  }
  changed_.notify_all();
}

void Inserter::close() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(is_closing_, true)) return;
    closing_since_ = Clock::now();
  }
  changed_.notify_all();
  if (thread_.joinable()) end_thread();
  Lock lock(mutex_);
  keep_on_disk(lock);
  lose_memory();
}

// A server that does not answer holds nobody up for long; one that takes a batch slowly does.
void Inserter::end_thread() {
  {
    Lock lock(mutex_);
    while (!changed_.wait_for(lock, kFirstPause, [this] { return has_ended_; }))
      if (Clock::now() - std::max({last_success_, closing_since_, client_->last_progress()}) >
          patience_at_end())
        client_->stop();
  }
  thread_.join();
}

Inserter::Clock::duration Inserter::patience_at_end() const {
  return settings_.waits && folder_ == nullptr && !is_away_ ? kLongPatienceAtEnd : kPatienceAtEnd;
}

// Who waits has waited long enough, or the end has come and the server does not.
bool Inserter::is_given_up() const {
  if (!is_away_) return false;
  const auto now = Clock::now();
  if (is_closing_ && (folder_ != nullptr || now - closing_since_ > kPatienceAtEnd)) return true;
  return settings_.waits && folder_ == nullptr && now - away_since_ > settings_.patience;
}

// Nothing is left to be done now: a live run leaves what takes long to the next one.
bool Inserter::is_ended() const {
  if (is_idle() || is_given_up()) return true;
  return memory_.empty() && !settings_.waits && Clock::now() - closing_since_ > kPatienceAtEnd;
}

void Inserter::run() {
  client_->meanwhile([this] { make_room(); });
  Lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_closing_ || !is_idle(); });
    if (is_closing_ && is_ended()) break;
    if (insert_next(lock)) {
      is_away_ = false;
      last_success_ = Clock::now();
      pause_ = kFirstPause;
      changed_.notify_all();
      continue;
    }
    if (!std::exchange(is_away_, true)) away_since_ = Clock::now();
    ++counters_.failures;
    keep_on_disk(lock);
    if (is_given_up() && folder_ == nullptr && settings_.waits) lose_memory();
    changed_.notify_all();
    pause(lock);
  }
  has_ended_ = true;
  changed_.notify_all();
}

// Ends early when the end has come. What comes meanwhile does not stay in memory when there is a folder.
void Inserter::pause(Lock& lock) {
  const auto until = Clock::now() + (is_closing_ ? kFirstPause : pause_);
  const bool was_closing = is_closing_;
  const auto is_woken = [&] {
    return is_closing_ != was_closing || (folder_ != nullptr && !memory_.empty());
  };
  while (Clock::now() < until && changed_.wait_until(lock, until, is_woken) && is_closing_ == was_closing)
    keep_on_disk(lock);
  pause_ = std::min(pause_ * 2, kLongestPause);
}

// During a call: what does not fit soon goes to disk.
void Inserter::make_room() {
  if (folder_ == nullptr) return;
  Lock lock(mutex_);
  if (memory_bytes_ > kQueueBytes / 2) keep_on_disk(lock);
}

bool Inserter::insert_next(Lock& lock) {
  if (!memory_.empty() && (is_closing_ || counters_.buffered_batches == 0)) return insert_from_memory(lock);
  return insert_from_disk(lock);
}

bool Inserter::insert_from_memory(Lock& lock) {
  Batch batch = std::move(memory_.front());
  memory_.pop_front();
  const std::size_t size = size_of(batch);
  const bool done = insert(batch, lock);
  if (done)
    memory_bytes_ -= size;
  else
    memory_.push_front(std::move(batch));
  return done;
}

bool Inserter::insert_from_disk(Lock& lock) {
  lock.unlock();
  std::optional<Batch> batch;
  std::string problem;
  try {
    if (auto first = folder_->first())
      batch = std::move(*first);
    else
      problem = first.error();
    if (!batch) folder_->set_first_aside();
  } catch (const std::bad_alloc&) {
    problem.clear();
  }
  lock.lock();
  if (!batch) {
    problem_ = problem.empty() ? kNoMemory : problem;
    if (problem.empty()) return false;
    ++counters_.damaged_batches;
    publish_folder();
    return true;
  }
  if (!insert(*batch, lock)) return false;
  lock.unlock();
  folder_->drop_first();
  lock.lock();
  publish_folder();
  return true;
}

// True also for rows that no server would take, which are lost.
bool Inserter::insert(const Batch& batch, Lock& lock) {
  lock.unlock();
  const auto sent = send(batch);
  lock.lock();
  if (sent) {
    note_done(batch);
    return true;
  }
  is_prepared_ = false;
  if (is_about_rows(sent.error().code)) {
    lose(batch.block, sent.error().text);
    return true;
  }
  note_failure(batch, sent.error());
  return false;
}

Answered<void> Inserter::send(const Batch& batch) {
  try {
    if (!is_prepared_) {
      auto table = make_table(*client_);
      if (!table) {
        table.error().is_unsure = false;
        return tl::unexpected(std::move(table.error()));
      }
      table_ = *table;
      is_prepared_ = true;
    }
    return insert_block(*client_, table_, batch.block, batch.token);
  } catch (const std::bad_alloc&) {
    return tl::unexpected(Failure{.text = kNoMemory});
  }
}

void Inserter::note_done(const Batch& batch) {
  ++counters_.batches;
  counters_.records += batch.block.records;
  counters_.bytes += size_of(batch);
}

// A batch is counted as unsure once, however often it is sent.
void Inserter::note_failure(const Batch& batch, const Failure& failure) {
  problem_ = failure.text;
  if (!failure.is_unsure || table_.keeps_tokens || batch.token == unsure_token_) return;
  unsure_token_ = batch.token;
  counters_.records_unsure += batch.block.records;
}

// What is in memory would be lost with the process. Only what is there now: more may come as fast as it is written.
void Inserter::keep_on_disk(Lock& lock) {
  if (folder_ == nullptr) return;
  for (std::size_t left = memory_.size(); left != 0; --left) {
    const Batch batch = std::move(memory_.front());
    memory_.pop_front();
    lock.unlock();
    const std::string problem = put_away(batch);
    lock.lock();
    memory_bytes_ -= size_of(batch);
    if (!problem.empty()) lose(batch.block, problem);
    publish_folder();
    changed_.notify_all();
  }
}

// Empty, or why it could not be kept.
std::string Inserter::put_away(const Batch& batch) {
  try {
    const auto kept = folder_->add(batch);
    return kept ? std::string{} : kept.error();
  } catch (const std::bad_alloc&) {
    return kNoMemory;
  }
}

void Inserter::lose(const InsertBlock& block, const std::string& why) {
  counters_.records_lost += block.records;
  problem_ = why;
}

void Inserter::lose_memory() {
  for (; !memory_.empty(); memory_.pop_front()) lose(memory_.front().block, std::string(problem_));
  memory_bytes_ = 0;
}

void Inserter::publish_folder() {
  counters_.buffered_batches = folder_->batches();
  counters_.buffered_bytes = folder_->bytes();
}

InserterCounters Inserter::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

std::string Inserter::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

}  // namespace weir::output::clickhouse
