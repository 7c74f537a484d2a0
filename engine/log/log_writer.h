// Where the lines of several threads meet in live runs: one thread writes all logs, so that no worker ever
// waits for a disk or for whoever reads a socket.
//
// Each worker collects lines in an End of its own and hands them over between two batches of packets: they
// are copied into the queue of their output. All queues together are bounded (`weir.log-queue-mb`); a batch
// that does not fit is dropped whole, and its lines are counted. Lines of one worker stay in order; those of
// different workers stand in the order in which they were handed over. Nothing is allocated in steady state.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/config/config.h"
#include "engine/log/event_log.h"
#include "engine/log/log_outputs.h"
#include "engine/log/loss_report.h"
#include "output/log.h"
#include "output/packet_queue.h"

namespace weir::engine {

struct LogWriterSettings {
  std::size_t queue_bytes = std::size_t{64} << 20U;
  // So long lines may gather before they are written together.
  std::chrono::milliseconds gather{20};
  LossReportSettings reports;

  // `weir.log-queue-mb`.
  static LogWriterSettings from(const Config& config);
};

struct LogWriterCounters {
  std::uint64_t lines_written = 0;
  output::LossCounts lines_lost{};  // by reason
  std::uint64_t queued_bytes = 0;   // as of now
  std::uint64_t queued_bytes_peak = 0;

  [[nodiscard]] std::uint64_t lost() const;
  // For stats events: "weir.log.lines_written", "weir.log.lines_lost.queue_full" ...
  void append_to(std::vector<output::CounterValue>& values) const;
};

class LogWriter {
 public:
  class End;

  // Starts the thread. `outputs` outlives the writer and is touched by nobody else until stop().
  LogWriter(LogOutputs& outputs, LogWriterSettings settings);
  // Stops, should that not have happened.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Null: files are not stored.
  [[nodiscard]] output::FileStore* files() const { return outputs_.files.get(); }

  // Null: no packets are kept.
  [[nodiscard]] output::PacketQueue* packets() const { return packets_.get(); }

  // An end for one more thread, at any time. It does not outlive the writer.
  std::unique_ptr<End> add_end();

  // To be called about ten times a second by the thread that owns the writer: says what was lost.
  void tick();
  // Each is carried out by the writer after what was handed over before; from any thread, at once.
  void request_reopen();
  void request_rotate();
  // True when all that was handed over before is written, false when that took longer than `limit`.
  bool flush(std::chrono::milliseconds limit);
  [[nodiscard]] LogWriterCounters counters() const;

  // Writes what there is, for at most `limit`; the rest is counted as lost, and so is what is handed over
  // later. What was lost is told in `errors`. A file system that does not answer at all is waited for.
  void stop(std::chrono::milliseconds limit, std::vector<std::string>& errors);

 private:
  using Clock = std::chrono::steady_clock;
  struct Chunk {
    std::string text;  // lines with their newlines
    std::uint64_t lines = 0;
  };
  using Chunks = std::vector<std::unique_ptr<Chunk>>;
  // One an output.
  struct Queue {
    mutable std::mutex lock;  // of all that follows; held for the copying of one batch
    Chunks filled, unused;
    void add(std::string_view text, std::uint64_t lines);
    std::uint64_t dropped = 0;  // lines that did not fit, or that there was no memory for
    std::uint64_t late = 0;     // lines that came after the end, or that the end did not wait for
    // Of the sink, after the last round.
    LogState sink;
  };
  struct Commands {
    bool reopen = false, rotate = false, stop = false;
    std::uint64_t flushes = 0;  // how many have been asked for
  };

  static constexpr std::size_t kBatchBytes = std::size_t{64} << 10U;  // an end hands over by itself
  static constexpr std::size_t kChunkBytes = std::size_t{1}
                                             << 20U;  // batches end where they end: little is wasted
  static constexpr std::size_t kUnusedChunks = 4;     // that a queue keeps
  static constexpr std::size_t kWakeBytes = std::size_t{1} << 20U;  // the writer does not wait for more
  static constexpr std::size_t kClosed = std::numeric_limits<std::size_t>::max() / 2;
  static constexpr std::chrono::milliseconds kIdle{200}, kRoomPoll{2};

  // `text` holds `lines` lines. With a time: waits until then for room.
  void push(std::size_t output, std::string_view text, std::uint64_t lines, Clock::time_point patience);
  bool take_room(std::size_t bytes, Clock::time_point patience);
  void wake();
  void run();
  Commands wait_for_work();
  void do_round(const Commands& commands);
  void write_queued(std::size_t output);
  void keep_state(std::size_t output);
  void end();
  [[nodiscard]] LogState state(std::size_t output) const;
  [[nodiscard]] bool out_of_time() const { return Clock::now() >= deadline_.load(std::memory_order_relaxed); }

  LogOutputs& outputs_;
  std::unique_ptr<output::PacketQueue> packets_;
  const LogWriterSettings settings_;
  std::vector<std::unique_ptr<Queue>> queues_;  // by output
  std::atomic<std::size_t> queued_bytes_{0}, queued_bytes_peak_{0};
  std::atomic<Clock::time_point> deadline_{Clock::time_point::max()};  // of stop()
  std::atomic<bool> closed_{false};                                    // and then queued_bytes_ is kClosed
  std::vector<LossReport> reports_;                                    // of the owner

  std::mutex lock_;  // of what follows
  std::condition_variable work_, round_over_;
  Commands commands_;
  std::uint64_t flushes_done_ = 0;

  Chunks writing_;  // the thread's own
  std::thread thread_;
};

// One thread's end: lines collect in it until they are handed over. What is in it when its life ends is
// handed over.
class LogWriter::End {
 public:
  explicit End(LogWriter& writer);
  ~End() { hand_over(); }
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  // Sinks for a pipeline's events, one an output.
  [[nodiscard]] const std::vector<EventLog::Output>& outputs() const { return outputs_; }
  // To be called after each batch of packets. Never waits, unless may_wait() was called.
  void hand_over();
  // No more packets will come: when the queue is full, what is handed over waits for room, at most `limit`
  // from now on.
  void may_wait(std::chrono::milliseconds limit) { patience_ = Clock::now() + limit; }

 private:
  struct Collector final : output::Sink {
    Collector(const End& owner, std::size_t of) : end(owner), output(of) {}
    void write_line(std::string_view line, const std::shared_ptr<output::LineCondition>&) override;
    void flush() override {}
    void hand_over();

    const End& end;
    const std::size_t output;
    std::string text;
    std::uint64_t lines = 0;
  };
  LogWriter& writer_;
  Clock::time_point patience_ = Clock::time_point::min();
  std::vector<std::unique_ptr<Collector>> collectors_;
  std::vector<EventLog::Output> outputs_;
};

}  // namespace weir::engine
