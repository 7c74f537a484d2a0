// A log as a stream of lines to somebody who reads it: standard output, a named pipe, a unix stream socket.
//
// What the reader has not taken waits in a buffer. Sinks that may wait do so when it is full; the others lose
// lines. While nobody is there lines are lost and counted, and it is tried again with growing pauses; a
// reader that comes gets whole lines from then on. Standard output that was closed stays closed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "output/reader_retry.h"
#include "output/sink.h"

namespace weir::output {

struct StreamSinkSettings {
  enum class Kind : std::uint8_t { descriptor, pipe, unix_stream };
  Kind kind = Kind::unix_stream;
  std::string path;    // of a pipe or socket
  int descriptor = 1;  // duplicated
  std::string name;    // in messages
  std::size_t buffer_bytes = std::size_t{1} << 20U;
  SteadyClock clock = std::chrono::steady_clock::now;
};

// Fails when it can never work; that nobody is there yet is no failure. Pipes make the process ignore
// SIGPIPE.
tl::expected<std::unique_ptr<Sink>, std::string> open_stream_sink(StreamSinkSettings settings);

}  // namespace weir::output
