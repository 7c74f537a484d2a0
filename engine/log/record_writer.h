// Where the flow records of several threads meet in live runs: one thread hands them on, so that no worker ever waits for a disk
// or a collector.
//
// Each worker copies records into a block of its own and hands full blocks over, and others after a tenth of a second. Blocks that wait are bounded; one that does not fit is dropped whole, and its records are counted. Records of one
// worker stay in order. Nothing is allocated in steady state.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/log/record_tap.h"

namespace weir::engine {

class RecordWriter {
 public:
  class End;
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kQueueBlocks = 1024;  // some 50 MB, of records as many as end in a bad second
  static constexpr std::chrono::milliseconds kGather{
      100};  // how long a worker keeps a block that is not full

  // Starts the thread. `outputs` outlives the writer and is touched by nobody else until stop().
  explicit RecordWriter(const output::RecordOutputs& outputs, std::size_t queue_blocks = kQueueBlocks);
  // Stops, should that not have happened.
  ~RecordWriter();
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  // An end for one more thread, at any time. It does not outlive the writer.
  std::unique_ptr<End> add_end() { return std::make_unique<End>(*this); }
  // All that was handed over is handed on, as far as that can be done until then, and the thread is gone; the rest is lost, and what
  // is handed over later.
  void stop(Clock::time_point until = Clock::time_point::max());
  // As RecordOutput has it. From any thread.
  void note_unseen(std::uint64_t packets) const {
    for (const auto& output : outputs_) output->note_unseen(packets);
  }
  // For stats events: "weir.flows.records", "weir.flows.records_lost". From any thread.
  void append_counters(std::vector<output::CounterValue>& values) const;
  [[nodiscard]] std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  using Blocks = std::vector<std::unique_ptr<output::RecordBlock>>;
  static constexpr std::chrono::milliseconds kTick{200}, kSoon{1}, kRoomPoll{2};

  // Takes the block's records and leaves an empty one. Waits for room until `patience`.
  void push(std::unique_ptr<output::RecordBlock>& block, Clock::time_point patience);
  bool try_push(std::unique_ptr<output::RecordBlock>& block);
  void run();
  bool do_round();

  const output::RecordOutputs& outputs_;
  const std::size_t queue_blocks_;
  std::atomic<std::uint64_t> handed_on_{0}, lost_{0};
  std::atomic<Clock::time_point> deadline_{Clock::time_point::max()};  // of stop()
  std::mutex lock_;  // of what follows; held for the moving of pointers
  std::condition_variable work_;
  Blocks filled_, unused_;
  bool stopping_ = false, stopped_ = false;
  Blocks writing_;       // the thread's own
  bool behind_ = false;  // likewise: an output wants to be called soon
  std::thread thread_;
};

// One thread's end. What is in it when its life ends is handed over.
class RecordWriter::End final : public RecordTap {
 public:
  explicit End(RecordWriter& writer) : writer_(writer), block_(std::make_unique<output::RecordBlock>()) {}
  ~End() override { hand_over(); }
  void record(const flow::Record& record) override;
  void clock(TimeUs /*now*/) override {}  // the writer has that of the system
  // Never waits, unless may_wait() was called.
  void hand_over();
  // To be called after each batch of packets: what is there is handed over once it is kGather old, so that blocks that wait hold
  // as many records as they can.
  void hand_over_when_due();
  // No more packets will come: what is handed over waits for room, at most `limit` from now on.
  void may_wait(std::chrono::milliseconds limit) { patience_ = Clock::now() + limit; }

 private:
  RecordWriter& writer_;
  std::unique_ptr<output::RecordBlock> block_;
  Clock::time_point patience_ = Clock::time_point::min();
  Clock::time_point since_{};  // of what is in the block, as far as was looked; the epoch: nothing was
};

}  // namespace weir::engine
