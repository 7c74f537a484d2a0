// Several pipelines, each on a thread of its own, fed by one reader; their lines come out in packet order.
//
// The thread that owns the pool calls feed() for each frame and finish() once; it also merges and writes the
// lines, so the files have one writer. Every packet goes to the worker of its flow (engine/offline/frame_router.h). A
// plain frame is copied into that worker's batch, which decodes it. The few others, fragments and tunnels, are
// decoded by the reader, and each worker is told which of the packets in the frame are its own. Batches and
// decoded frames are recycled. A worker that falls behind holds up the reader, never memory. Nor do lines: a worker with
// many that are not written yet waits for whoever writes them, and then for the workers whose lines come before.
//
// The reader hands out work in rounds: when one worker's batch is full all get theirs. So whatever stands before
// a packet that a worker has is with the others too, and a worker may wait until they are done with it
// (WorkerTurn): the one that is farthest back never waits.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "decoders/packet.h"
#include "engine/log/deferred_alert.h"
#include "engine/log/line_merger.h"
#include "engine/log/log_outputs.h"
#include "engine/log/packet_collector.h"
#include "engine/log/record_merger.h"
#include "engine/log/run_position.h"
#include "engine/offline/ring.h"
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

  void feed(const RawPacket& raw, bool verify_checksums);
  // All flows end, all lines are handed to the outputs, the threads are gone.
  void finish();
  // After finish(): of each worker, and the sum.
  [[nodiscard]] std::vector<Counters> worker_counters() const;
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] RuleProfile rule_profile() const;

 private:
  struct Item {
    enum class Kind : std::uint8_t {
      frame,    // `length` bytes of Batch::bytes from `offset` on
      packets,  // `packets` of the frame Batch::decoded[offset]
      quoting,  // likewise, and others inspect them: they quote flows of this worker
      clock,    // no frame: packet time has moved on
    };
    Kind kind = Kind::frame;
    PacketMask packets = 0;
    bool verify_checksums = true;
    std::size_t offset = 0, length = 0;
    RawPacket raw;  // without its bytes
  };
  struct Batch {
    std::vector<std::uint8_t> bytes;
    std::vector<Item> items;
    std::vector<std::shared_ptr<DecodedFrame>> decoded;  // each may be in batches of several workers
    std::uint64_t up_to = 0;  // all packets of this worker up to this number are in here or were before
    bool last = false;
    [[nodiscard]] bool full() const {
      return items.size() >= kBatchItems || bytes.size() + decoded.size() * sizeof(DecodedFrame) >= kBatchBytes;
    }
  };
  struct Handed {  // what a worker gives back for a batch
    std::uint64_t up_to = 0;
    OrderedLines undecided;           // conditions only
    std::vector<OrderedLines> lines;  // one an output
    OrderedPackets packets;
    OrderedRecords records;
  };
  struct Worker;

  static constexpr std::size_t kRingSlots = 16;
  // Of lines: what a worker gathers before it hands them over, and what all of them together may have in memory besides.
  static constexpr std::size_t kHandBytes = std::size_t{256} << 10U, kUnwrittenBytes = std::size_t{16} << 20U;
  static constexpr std::size_t kBatchItems = 512, kBatchBytes = std::size_t{256} << 10U;

  Batch& open_batch(std::size_t worker);
  void end_round(std::uint64_t up_to, bool last);
  void move_clock(const RawPacket& raw);
  void give_frame(std::size_t worker, const RawPacket& raw, bool verify_checksums);
  void give_packets(const std::shared_ptr<DecodedFrame>& frame);
  void tell_of_quoting(const std::shared_ptr<DecodedFrame>& frame, std::size_t packet, std::size_t owner);
  void add(std::size_t worker, const Item& item);
  std::shared_ptr<DecodedFrame> blank_frame();
  void collect();
  void collect_and_pause();
  void run(Worker& worker);
  void inspect(Worker& worker, const Batch& batch);
  static void hand_over(Worker& worker, std::uint64_t up_to);
  void await_room(Worker& worker);

  const DecodeSettings& decoding_;
  const FlowKeyOptions& flow_keys_;
  FrameDecoder decoder_;
  std::vector<std::shared_ptr<DecodedFrame>> blank_frames_;  // for reuse
  std::vector<std::unique_ptr<Worker>> workers_;
  struct NoSink final : output::Sink {
    void write_line(std::string_view, const std::shared_ptr<output::LineCondition>&) override {}
    void flush() override {}
  };
  NoSink nothing_;
  LineMerger decisions_;                              // no lines: asks the conditions in their order
  std::unique_ptr<output::PacketChooser> chooser_;    // null, like the next: no packets are kept
  std::unique_ptr<PacketMerger> packets_;
  std::unique_ptr<RecordMerger> records_;             // null: nobody wants records
  std::vector<std::unique_ptr<LineMerger>> mergers_;  // one an output
  std::vector<std::uint64_t> complete_up_to_;         // by worker
  std::atomic<std::uint64_t> collections_{0};         // begun so far
  std::int64_t second_ = 0;
  RawPacket last_;  // without its bytes
  bool any_ = false;
  bool round_full_ = false;
};

}  // namespace weir::engine
