// A log as datagrams, one a line, to a unix datagram socket: somebody's own, or the syslog daemon's.
//
// Nothing waits in the sink. A line that the reader's queue has no room for is lost (sinks that may wait do),
// and so are lines while nobody is there: it is tried again with growing pauses.
#pragma once

#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "output/reader_retry.h"
#include "output/sink.h"
#include "output/syslog_header.h"

namespace weir::output {

struct DatagramSinkSettings {
  std::string path;
  std::string name;                    // in messages
  std::optional<SyslogHeader> header;  // then lines have no newline
  SteadyClock clock = std::chrono::steady_clock::now;
  std::function<std::time_t()> wall_clock = [] { return std::time(nullptr); };
};

// Fails when it can never work; that nobody is there yet is no failure.
tl::expected<std::unique_ptr<Sink>, std::string> open_datagram_sink(DatagramSinkSettings settings);

}  // namespace weir::output
