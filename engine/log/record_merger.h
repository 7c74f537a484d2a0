// Flow records when several workers inspect packets: each worker collects its own, and the merging thread hands them on in the
// order of the packets with which the flows ended, the same for every number of workers.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "engine/log/ordered_queues.h"
#include "engine/log/record_tap.h"
#include "engine/log/run_position.h"

namespace weir::engine {

// Blocks on their way from workers to the merging thread and back, so that none is made anew while records come. Any thread.
class BlockStock {
 public:
  static constexpr std::size_t kMost = 256;  // that wait for use, some 13 MB

  // An empty one.
  std::unique_ptr<output::RecordBlock> take();
  void give_back(std::unique_ptr<output::RecordBlock> block);

 private:
  std::mutex lock_;
  std::vector<std::unique_ptr<output::RecordBlock>> blocks_;
};

// What one worker told, in ascending order.
struct OrderedRecords {
  struct Item {
    EventOrder order;
    std::optional<TimeUs> clock;  // none: the next record
  };
  std::vector<Item> items;
  std::vector<std::unique_ptr<output::RecordBlock>> blocks;
  [[nodiscard]] std::size_t held() const {
    return blocks.size() * sizeof(output::RecordBlock) + items.size() * sizeof(Item);
  }
};

// A worker's end.
class RecordCollector final : public RecordTap {
 public:
  // Both outlive it.
  RecordCollector(const RunPosition& position, BlockStock& blocks) : position_(position), blocks_(blocks) {}
  void record(const flow::Record& record) override;
  void clock(TimeUs now) override;

  // Of what has come since the last take().
  [[nodiscard]] std::size_t bytes() const { return told_.held(); }
  OrderedRecords take() { return std::exchange(told_, {}); }

 private:
  const RunPosition& position_;
  BlockStock& blocks_;
  OrderedRecords told_;
};

// Used by one thread.
class RecordMerger {
 public:
  // `blocks` outlives it.
  RecordMerger(const output::RecordOutputs& outputs, std::size_t workers, BlockStock& blocks)
      : fan_(outputs), blocks_(blocks), queues_(workers) {}
  void add(std::size_t worker, OrderedRecords records) {
    if (!records.items.empty()) queues_.add(worker, {std::move(records)});
  }
  // Hands on all records of packets up to `packet`.
  void tell_up_to(std::uint64_t packet);
  // Bytes of the worker's that are no longer held, since the last call.
  std::size_t take_done(std::size_t worker) { return queues_.take_done(worker); }

 private:
  struct Pending {
    OrderedRecords records;
    std::size_t next = 0, block = 0, record = 0;  // that come next
    [[nodiscard]] const EventOrder& order() const { return records.items[next].order; }
    [[nodiscard]] bool is_over() const { return next == records.items.size(); }
    [[nodiscard]] std::size_t bytes() const { return records.held(); }
  };
  void tell_next(Pending& p);

  RecordFan fan_;
  BlockStock& blocks_;
  OrderedQueues<Pending> queues_;
};

}  // namespace weir::engine
