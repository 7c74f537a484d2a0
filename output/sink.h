// Where lines go. Errors never stop the engine: lines that do not arrive are counted by what kept them, the
// first and the last error are described, and a run reports them when it ends (and a live one while it
// lasts).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::output {

// What keeps a line from being written.
enum class Loss : std::uint8_t {
  queue_full,   // the writer has fallen behind too far (engine/log/log_writer.h)
  write_error,  // disk full, input/output error
  no_reader,    // nobody listens at the socket, standard output is closed
  slow_reader,  // a reader that does not read
  too_long,     // for one datagram
  shutdown,     // the run's end did not wait any longer
  count_
};
inline constexpr std::size_t kLossCount = static_cast<std::size_t>(Loss::count_);
using LossCounts = std::array<std::uint64_t, kLossCount>;
// "queue_full", "write_error" ...
std::string_view loss_name(Loss loss);

// Says of a line, when its turn in the log has come, whether it is written after all.
class LineCondition {
 public:
  virtual ~LineCondition() = default;
  [[nodiscard]] virtual bool holds() = 0;
};

// Used by one thread at a time. Each line that was given to a sink is in the end either in lines_written() or
// in lines_lost(); after flush() only what a slow reader has not taken yet is in neither.
class Sink {
 public:
  virtual ~Sink() = default;
  // `line` without its newline; copied before the call returns. With a condition the line is written only if that
  // holds; sinks that write at once are given none.
  virtual void write_line(std::string_view line, const std::shared_ptr<LineCondition>& condition) = 0;
  void write_line(std::string_view line) { write_line(line, nullptr); }
  virtual void flush() = 0;

  // From now on no call waits for whoever reads: what he does not take in time is lost. Files are written as
  // before. To begin with sinks wait, as runs over captures can.
  virtual void never_wait() {}
  // A slow reader is given until then to take what is left; what remains is lost.
  virtual void drain(std::chrono::steady_clock::time_point) { flush(); }
  // Opens the file again, under the name that it was opened with: it may have been renamed. Who reads and was
  // not there is tried again at once.
  virtual void reopen() { flush(); }
  // Begins a new file now, as if the time had come; files only.
  virtual void rotate() { flush(); }
  // To be called now and then when nothing is written: what is due by time (rotation, another attempt to
  // connect).
  virtual void tick() {}

  [[nodiscard]] std::uint64_t lines_written() const { return lines_written_; }
  [[nodiscard]] std::uint64_t lines_lost() const;
  [[nodiscard]] const LossCounts& losses() const { return losses_; }
  [[nodiscard]] const std::string& first_error() const { return first_error_; }
  // Of lost lines or of a file that could not be opened again; empty: none so far.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 protected:
  void written(std::uint64_t lines) { lines_written_ += lines; }
  void lost(std::uint64_t lines, Loss loss, std::string_view why) {
    losses_[static_cast<std::size_t>(loss)] += lines;
    failed(why);
  }
  // Something went wrong, without the loss of a line.
  void failed(std::string_view why) {
    if (first_error_.empty()) first_error_ = why;
    last_error_ = why;
  }

 private:
  std::uint64_t lines_written_ = 0;
  LossCounts losses_{};
  std::string first_error_, last_error_;
};

}  // namespace weir::output
