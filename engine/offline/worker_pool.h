// Several pipelines, each on a thread of its own; their lines come out in packet order.
//
// All workers go through all frames (engine/offline/frame_blocks.h): whoever reads a block works out from a few header bytes which
// worker has the flow of each frame (engine/offline/frame_router.h). The few frames that are not plain, fragments and tunnels, are
// decoded by all workers, who come to the same packets; so each worker has the fragments that wait for others. The thread that owns the pool merges and writes the lines, so the files
// have one writer.
//
// Workers have lines that are not written yet, so many at most: then they wait for whoever writes them, and then for the workers
// whose lines come before. A worker may also wait until the others are as far as it is (WorkerTurn): the one that is farthest
// back never waits for one of them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "decoders/packet.h"
#include "engine/log/deferred_alert.h"
#include "engine/log/line_merger.h"
#include "engine/log/log_outputs.h"
#include "engine/log/packet_collector.h"
#include "engine/log/record_merger.h"
#include "engine/log/run_position.h"
#include "engine/offline/frame_blocks.h"
#include "engine/pipeline/pipeline.h"
#include "output/packet_chooser.h"

namespace weir::engine {

class WorkerPool {
 public:
  // All references outlive the pool.
  WorkerPool(unsigned workers, const PipelineSetup& setup, const std::shared_ptr<const rules::RuleSet>& rules,
             rules::SharedState& shared, LogOutputs& outputs, const output::RecordOutputs& records);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Adds frames to a block until it is full; false: there are no more.
  using Read = std::function<bool(FrameBlock&)>;
  // Once: returns when all frames have been read and inspected, all flows have ended and all lines are with the outputs. `read` is
  // called by the workers, one at a time.
  void run(const Read& read);
  // After run(): of each worker, and the sum.
  [[nodiscard]] std::vector<Counters> worker_counters() const;
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] RuleProfile rule_profile() const;

 private:
  struct Handed {  // what a worker has written since it last gave something
    std::uint64_t up_to = 0;
    OrderedLines undecided;           // conditions only
    std::vector<OrderedLines> lines;  // one an output
    OrderedPackets packets;
    OrderedRecords records;
  };
  struct Worker;
  // Which worker has the packets of a route.
  [[nodiscard]] FrameBlock::Owner owner_of(std::uint64_t route) const {
    return static_cast<FrameBlock::Owner>((route >> 32U) * workers_.size() >> 32U);
  }

  // A worker hands over what it has gathered after each block, or when it is so much.
  static constexpr std::size_t kHandBytes = std::size_t{256} << 10U;
  // Of all workers together, in memory besides.
  static constexpr std::size_t kUnwrittenBytes = std::size_t{16} << 20U;

  bool fill(FrameBlock& block, const Read& read);
  void work(Worker& worker, FrameBlocks& blocks);
  void inspect(Worker& worker, const FrameBlock& block);
  void inspect_decoded(Worker& worker, const FrameBlock::Frame& frame);
  static void hand_over(Worker& worker, std::uint64_t up_to);
  void await_room(Worker& worker);
  void collect();

  const DecodeSettings& decoding_;
  const FlowKeyOptions& flow_keys_;
  struct NoSink final : output::Sink {
    void write_line(std::string_view, const std::shared_ptr<output::LineCondition>&) override {}
    void flush() override {}
  };
  NoSink nothing_;
  LineMerger decisions_;                            // no lines: asks the conditions in their order
  std::unique_ptr<output::PacketChooser> chooser_;  // null, like the next: no packets are kept
  std::unique_ptr<PacketMerger> packets_;
  BlockStock record_blocks_;
  std::unique_ptr<RecordMerger> records_;             // null: nobody wants records
  std::vector<std::unique_ptr<LineMerger>> mergers_;  // one an output
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::uint64_t> complete_up_to_;  // by worker
  std::atomic<std::uint64_t> collections_{0};  // begun so far
  TimeUs second_begins_ = 0, second_ends_ = 0;  // of the frame that was read last
};

}  // namespace weir::engine
