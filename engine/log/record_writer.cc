#include "engine/log/record_writer.h"

#include <pthread.h>

#include "decoders/clock.h"

namespace weir::engine {

RecordWriter::RecordWriter(const output::RecordOutputs& outputs, std::size_t queue_blocks)
    : outputs_(outputs), queue_blocks_(queue_blocks) {
  filled_.reserve(queue_blocks_);
  unused_.reserve(queue_blocks_);
  writing_.reserve(queue_blocks_);
  thread_ = std::thread([this] { run(); });
}

RecordWriter::~RecordWriter() {
  stop();
}

void RecordWriter::End::record(const flow::Record& record) {
  if (block_->add(record)) return;
  hand_over();
  (void)block_->add(record);
}

void RecordWriter::End::hand_over() {
  if (!block_->empty()) writer_.push(block_, patience_);
  since_ = {};
}

void RecordWriter::End::hand_over_when_due() {
  if (block_->empty()) return;
  const Clock::time_point now = Clock::now();
  if (since_ == Clock::time_point{}) since_ = now;
  if (now - since_ >= kGather) hand_over();
}

void RecordWriter::push(std::unique_ptr<output::RecordBlock>& block, Clock::time_point patience) {
  while (!try_push(block)) {
    if (Clock::now() < patience) {
      std::this_thread::sleep_for(kRoomPoll);
      continue;
    }
    lost_.fetch_add(block->records().size(), std::memory_order_relaxed);
    block->clear();
    return;
  }
}

bool RecordWriter::try_push(std::unique_ptr<output::RecordBlock>& block) {
  const std::lock_guard guard(lock_);
  if (stopped_ || filled_.size() == queue_blocks_) return false;
  std::unique_ptr<output::RecordBlock> next;
  if (unused_.empty()) {
    next.reset(new (std::nothrow) output::RecordBlock);
    if (next == nullptr) return false;
  } else {
    next = std::move(unused_.back());
    unused_.pop_back();
  }
  filled_.push_back(std::move(block));
  block = std::move(next);
  if (filled_.size() == 1) work_.notify_one();
  return true;
}

void RecordWriter::run() {
  (void)pthread_setname_np(pthread_self(), "RecordWriter");
  while (do_round()) {
  }
}

// False: that was the last one.
bool RecordWriter::do_round() {
  bool last = false;
  {
    std::unique_lock guard(lock_);
    work_.wait_for(guard, behind_ ? kSoon : kTick, [this] { return stopping_ || !filled_.empty(); });
    writing_.swap(filled_);
    last = stopping_ && writing_.empty();
    stopped_ = last;
  }
  for (const auto& block : writing_) {
    const bool late = Clock::now() >= deadline_.load(std::memory_order_relaxed);
    if (!late)
      for (const auto& output : outputs_) output->take(block->records());
    (late ? lost_ : handed_on_).fetch_add(block->records().size(), std::memory_order_relaxed);
    block->clear();
  }
  const TimeUs now = wall_clock();
  behind_ = false;
  for (const auto& output : outputs_) {
    output->note_lost(lost());
    output->tick(now);
    behind_ = behind_ || output->is_behind();
  }
  const std::lock_guard guard(lock_);
  for (auto& block : writing_)
    if (unused_.size() < queue_blocks_) unused_.push_back(std::move(block));
  writing_.clear();
  return !last;
}

void RecordWriter::stop(Clock::time_point until) {
  deadline_.store(until, std::memory_order_relaxed);
  {
    const std::lock_guard guard(lock_);
    stopping_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void RecordWriter::append_counters(std::vector<output::CounterValue>& values) const {
  values.emplace_back("weir.flows.records", handed_on_.load(std::memory_order_relaxed));
  values.emplace_back("weir.flows.records_lost", lost());
  for (const auto& output : outputs_) output->append_counters(values);
}

}  // namespace weir::engine
