// A thread with a packet source and a pipeline of its own.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/live/sources/packet_source.h"
#include "engine/live/sources/pulse.h"
#include "engine/live/workers/cpu_affinity.h"
#include "engine/live/workers/reject_sender.h"
#include "engine/log/log_writer.h"
#include "engine/log/record_writer.h"
#include "engine/pipeline/pipeline.h"
#include "output/packet_chooser.h"
#include "output/packet_queue.h"

namespace weir::engine {

// Whether packets with wrong checksums are taken for what they seem.
enum class ChecksumTrust : std::uint8_t {
  all,     // every checksum is verified
  kernel,  // those that the kernel says are filled in
  none
};

class LiveWorker final : private PacketHandler {
 public:
  // Runs on the worker's thread between two batches of packets.
  using Command = std::function<void(Pipeline& pipeline, PacketSource& source)>;

  struct Parts {
    Pulse* pulse = nullptr;  // beats as long as the worker gets on; outlives it
    std::unique_ptr<PacketSource> source;
    std::vector<EventLog::Output> outputs;  // of `lines`
    std::unique_ptr<LogWriter::End> lines;
    output::FileStore* files = nullptr;  // null: files are not stored
    output::PacketLog* packet_log = nullptr;  // null, like the next two: no packets are kept
    std::unique_ptr<output::PacketQueue::End> packets;
    std::unique_ptr<output::PacketChooser> chooser;  // writes to `packets`
    std::unique_ptr<RecordWriter::End> records;      // null: nobody wants them
    // What flows of all workers have announced, and carry parts of; null: of this one only.
    ExpectedFlows* expected = nullptr;
    RangedFiles* ranged = nullptr;
    ChecksumTrust checksums = ChecksumTrust::kernel;
    bool fail_open = true;  // what cannot be inspected passes
    Cores cores{};          // to be pinned to; empty: not pinned
  };

  // `setup` and `shared` outlive the worker. Starts at once.
  LiveWorker(std::string name, const PipelineSetup& setup, std::shared_ptr<const rules::RuleSet> rules,
             rules::SharedState& shared, Parts parts);
  // Stops and joins.
  ~LiveWorker() override;
  LiveWorker(const LiveWorker&) = delete;
  LiveWorker& operator=(const LiveWorker&) = delete;

  // To be carried out by the worker as soon as it is between two batches; a stuck worker never does, one that
  // has ended does not either.
  void post(Command command);
  // What the worker has to say as of now; waits for it up to `limit`, then gives what it said the last time.
  struct Report {
    Counters counters;
    CaptureCounters capture;
    PipelineMemory memory;
    std::uint64_t flows = 0;  // in the table
    Report& operator+=(const Report& other) {
      counters += other.counters;
      capture += other.capture;
      memory += other.memory;
      flows += other.flows;
      return *this;
    }
  };
  Report report(std::chrono::milliseconds limit);

  // Without waiting. On the worker's own thread, in a command: as of now.
  Report make_report();
  // What it said the last time.
  Report last_report();
  // The thread is stuck: its packets are given to somebody else, and should it come back, it ends at once.
  // The object must not be destroyed any more.
  void abandon();

  // Asks for the end: all flows end and are logged.
  void request_stop() { stopping_.store(true, std::memory_order_relaxed); }
  // All is done, the last lines are handed over.
  [[nodiscard]] bool ended() const { return ended_.load(std::memory_order_acquire); }
  // Why it ended by itself; empty when it did not. Only after ended().
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  // The interface it listens on; empty when there is none.
  [[nodiscard]] std::string_view interface() const { return parts_.source->interface(); }
  // Counts on with every batch, and several times a second when nothing comes: one that stands still is
  // stuck.
  [[nodiscard]] std::uint64_t beats() const { return parts_.pulse->beats.load(std::memory_order_relaxed); }

 private:
  static constexpr std::chrono::milliseconds kIdleWait{100}, kLogWait{5000};
  Judgement packet(const RawPacket& raw, bool checksums_count) override;
  void run();
  void do_round();
  void hand_over() const;
  void run_commands();
  void move_clock();

  const std::string name_;
  RunPosition position_;  // nobody asks: live logs keep no order between workers
  Parts parts_;
  Pipeline pipeline_;
  RejectSender rejects_;
  std::uint64_t out_of_memory_ = 0;  // outside of the pipeline
  std::atomic<bool> stopping_{false}, abandoned_{false}, ended_{false}, has_commands_{false};
  std::mutex lock_;  // of what follows
  std::vector<Command> commands_;
  Report last_report_;
  std::string error_;
  std::thread thread_;
};

}  // namespace weir::engine
