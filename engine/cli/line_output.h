// Lines to standard output, with an answer to the question whether they got there: a full disk, a reader that went away.
#pragma once

#include <string_view>

#include "engine/query/record_output.h"

namespace weir::engine {

class LineOutput final : public LineTaker {
 public:
  // Writes the line and its end. After a failure nothing more is written.
  void line(std::string_view text) override;
  // Hands on what is in memory.
  void flush();
  [[nodiscard]] bool has_failed() const override { return error_ != 0; }
  // Flushes. False: something could not be written, which is told on standard error.
  bool finish();

 private:
  void note_failure();
  int error_ = 0;
};

}  // namespace weir::engine
