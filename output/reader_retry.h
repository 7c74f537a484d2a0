// What sinks share that write to a socket: its address, and when to try again after its reader was not there.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include <tl/expected.hpp>

namespace weir::output {

using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;

// Doubles the time between attempts, up to a limit.
class ReaderRetry {
 public:
  static constexpr std::chrono::milliseconds kFirst{100}, kLongest{5000};

  explicit ReaderRetry(SteadyClock clock) : clock_(std::move(clock)) {}
  [[nodiscard]] bool is_due() const { return clock_() >= next_; }
  void failed();
  void succeeded() { delay_ = kFirst; }

 private:
  SteadyClock clock_;
  std::chrono::steady_clock::time_point next_{};
  std::chrono::milliseconds delay_ = kFirst;
};

// A path that is too long for a socket is an error that names it.
tl::expected<void, std::string> check_socket_path(const std::string& path);
// A connected non-blocking unix socket of that type (SOCK_STREAM, SOCK_DGRAM), or -1 with errno. The path has
// been checked.
int connect_unix(const std::string& path, int type);
// Waits until `fd` can be written to or has failed; false: not by `until`.
bool wait_writable(int fd, std::chrono::steady_clock::time_point until);

}  // namespace weir::output
