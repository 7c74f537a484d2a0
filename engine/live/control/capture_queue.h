// Capture files that clients of the control socket hand in, one after the other (`weir detect --unix-socket`).
//
// The control thread adds and asks; one thread of the run takes them out. Bounded by kMaxCaptureJobs.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weir::engine {

inline constexpr std::size_t kMaxCaptureJobs = 100'000;

struct CaptureJob {
  std::string path;               // a capture, or a folder of them
  std::string output_dir;         // of its logs
  bool continuous = false;        // of a folder: what comes into it later, too, until it is interrupted
  bool delete_when_done = false;  // captures are removed when they were read without an error
};

class CaptureQueue {
 public:
  // False: there are kMaxCaptureJobs already.
  bool add(CaptureJob job);
  [[nodiscard]] std::vector<std::string> waiting()
      const;                                  // paths, the next one first; without the current one
  [[nodiscard]] std::string current() const;  // empty: none
  // When the last capture that was read had been written to: milliseconds since the epoch; 0: none was read.
  [[nodiscard]] std::uint64_t last_processed_ms() const { return last_processed_ms_; }
  // Ends the current one; those that wait follow.
  void interrupt();
  // Ends all: next() gives nothing any more.
  void stop();

  // --- for the thread that reads them
  // Waits for the next job, which is the current one until done().
  std::optional<CaptureJob> next();
  void done();
  void note_processed(std::uint64_t written_ms) { last_processed_ms_ = written_ms; }
  // The current one is to end.
  [[nodiscard]] const std::atomic<bool>& is_interrupted() const { return interrupted_; }
  // Waits, and says whether to go on: neither interrupted nor stopped meanwhile.
  bool pause(std::uint32_t milliseconds);

 private:
  mutable std::mutex lock_;
  std::condition_variable changed_;
  std::deque<CaptureJob> jobs_;
  std::string current_;
  bool stopping_ = false;
  std::atomic<bool> interrupted_ = false;
  std::atomic<std::uint64_t> last_processed_ms_ = 0;
};

}  // namespace weir::engine
