// The other end of the control socket: asks a running engine, and waits.
#pragma once

#include <chrono>
#include <string>

#include <tl/expected.hpp>

#include "engine/live/control/control_protocol.h"

namespace weir::engine {

inline constexpr std::size_t kMaxControlAnswer = std::size_t{64} << 20U;

// One line of JSON, without its newline: {"command": ..., "arguments": {...}}.
std::string control_request(const ControlRequest& request);

// Sends the request and gives the answer's line. Fails with a text when nobody listens, the answer is longer
// than kMaxControlAnswer or does not come in time. `until_closed`: also waits for the engine to close the
// connection, which it does when its run is over.
tl::expected<std::string, std::string> ask_engine(const std::string& path, const ControlRequest& request,
                                                  std::chrono::milliseconds limit, bool until_closed = false);

}  // namespace weir::engine
