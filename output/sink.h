// Where lines go. Errors never stop the engine: they are counted, the first is described, and the run's end
// reports them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace weir::output {

// Says of a line, when its turn in the log has come, whether it is written after all.
class LineCondition {
 public:
  virtual ~LineCondition() = default;
  [[nodiscard]] virtual bool holds() = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;
  // Lines written until the next call are written only if this holds; null: in any case. Sinks that write at once take
  // no conditions.
  virtual void set_condition(std::shared_ptr<LineCondition>) {}
  // `line` without its newline; copied before the call returns.
  virtual void write_line(std::string_view line) = 0;
  virtual void flush() = 0;
  [[nodiscard]] std::uint64_t lines_lost() const { return lines_lost_; }
  [[nodiscard]] const std::string& first_error() const { return first_error_; }

 protected:
  void lost(std::uint64_t lines, std::string_view why) {
    lines_lost_ += lines;
    if (first_error_.empty()) first_error_ = why;
  }

 private:
  std::uint64_t lines_lost_ = 0;
  std::string first_error_;
};

// A regular file, opened for appending (or truncated); buffered, written with write(2).
// Fails with a text that names the path and errno's meaning.
tl::expected<std::unique_ptr<Sink>, std::string> open_file_sink(const std::string& path, bool append);

}  // namespace weir::output
