// Where the lines of several threads meet in live runs: whole batches, in the order in which they are handed
// over.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/config.h"
#include "engine/event_log.h"
#include "engine/log_outputs.h"

namespace weir::engine {

struct LogWriterSettings {
  static LogWriterSettings from(const Config&) { return {}; }
};

class LogWriter {
 public:
  // One thread's end: lines collect in it until they are handed over.
  class End {
   public:
    explicit End(LogWriter& writer) : writer_(writer) {
      for (const LogOutputs::Eve& eve : writer.outputs_.eve) {
        collectors_.push_back(std::make_unique<Collector>());
        outputs_.push_back({eve.log.get(), collectors_.back().get()});
      }
    }
    [[nodiscard]] const std::vector<EventLog::Output>& outputs() const { return outputs_; }
    void hand_over() {
      for (std::size_t i = 0; i < collectors_.size(); ++i) writer_.write(i, collectors_[i]->lines);
    }

   private:
    struct Collector final : output::Sink {
      std::vector<std::string> lines;
      void write_line(std::string_view line) override { lines.emplace_back(line); }
      void flush() override {}
    };
    LogWriter& writer_;
    std::vector<std::unique_ptr<Collector>> collectors_;
    std::vector<EventLog::Output> outputs_;
  };

  // `outputs` outlives the writer.
  LogWriter(LogOutputs& outputs, LogWriterSettings) : outputs_(outputs) {}
  // The end does not outlive the writer.
  std::unique_ptr<End> add_end() { return std::make_unique<End>(*this); }
  // To be called about ten times a second by the thread that owns the writer.
  void tick() {}
  void request_reopen() {}
  // Writes what there is, for at most `limit`; what was lost is told in `errors`.
  void stop(std::chrono::milliseconds /*limit*/, std::vector<std::string>& errors) { outputs_.close(errors); }

 private:
  void write(std::size_t output, std::vector<std::string>& lines) {
    if (lines.empty()) return;
    const std::lock_guard guard(lock_);
    for (const std::string& line : lines) outputs_.eve[output].sink->write_line(line);
    lines.clear();
  }
  LogOutputs& outputs_;
  std::mutex lock_;
};

}  // namespace weir::engine
