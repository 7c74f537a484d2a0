// Several pipelines, each on a thread of its own, fed by one reader; their lines come out in packet order.
//
// The thread that owns the pool calls feed() for each frame and finish() once; it also merges and writes the
// lines, so the files have one writer. Frames are copied into batches; batches are recycled. A worker that
// falls behind holds up the reader, never memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "decoders/packet.h"
#include "engine/event_order.h"
#include "engine/line_merger.h"
#include "engine/log_outputs.h"
#include "engine/pipeline.h"
#include "engine/ring.h"

namespace weir::engine {

class WorkerPool {
 public:
  // All references outlive the pool.
  WorkerPool(unsigned workers, const PipelineSetup& setup, const std::shared_ptr<const rules::RuleSet>& rules,
             rules::SharedState& shared, LogOutputs& outputs);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // `capture` names where the frame came from; the string lives until finish().
  void feed(const RawPacket& raw, const std::string* capture, bool verify_checksums);
  // All flows end, all lines are handed to the outputs, the threads are gone.
  void finish();
  // After finish(): the sum.
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] RuleProfile rule_profile() const;

 private:
  struct Item {
    std::size_t offset = 0, length = 0;  // in Batch::bytes
    RawPacket raw;                       // without its bytes
    const std::string* capture = nullptr;
    bool verify_checksums = true;
    bool clock_only = false;  // no frame: packet time has moved on
  };
  struct Batch {
    std::vector<std::uint8_t> bytes;
    std::vector<Item> items;
    std::uint64_t complete_up_to =
        0;  // all packets of this worker up to this number are in here or were before
    bool last = false;
  };
  struct Handed {  // what a worker gives back for a batch
    std::uint64_t complete_up_to = 0;
    std::vector<OrderedLines> lines;  // one an output
  };
  struct Worker;

  static constexpr std::size_t kRingSlots = 16;
  static constexpr std::size_t kBatchItems = 512, kBatchBytes = std::size_t{256} << 10U;
  static constexpr std::uint64_t kSyncPackets = 16384;  // so often every worker says how far it is

  Batch& open_batch(std::size_t worker);
  void send(std::size_t worker, std::uint64_t up_to, bool last);
  void move_clock(const RawPacket& raw);
  void collect();
  static void run(Worker& worker);
  static void inspect(Worker& worker, const Batch& batch);

  std::unique_ptr<DeferredAlerts> deferred_;  // null when alerts are decided where they are found (inline mode)
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<LineMerger>> mergers_;  // one an output
  std::vector<std::uint64_t> complete_up_to_;         // by worker
  std::int64_t second_ = 0;
  std::uint64_t last_number_ = 0, last_sync_ = 0;
  TimeUs last_time_ = 0;
  bool any_ = false;
};

}  // namespace weir::engine
