#include "engine/cli/line_output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "engine/cli/cli.h"

namespace weir::engine {

void LineOutput::note_failure() {
  error_ = errno != 0 ? errno : EIO;
}

void LineOutput::line(std::string_view text) {
  if (has_failed()) return;
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fputc('\n', stdout) == EOF)
    note_failure();
}

void LineOutput::flush() {
  errno = 0;
  if (!has_failed() && std::fflush(stdout) != 0) note_failure();
}

bool LineOutput::finish() {
  flush();
  if (has_failed()) print_error(fmt::format("standard output: {}", std::strerror(error_)));
  return !has_failed();
}

}  // namespace weir::engine
