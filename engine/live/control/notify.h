// Tells the service manager how the run is: systemd's notification protocol, sd_notify(3).
//
// A datagram of "NAME=value" lines to the socket that $NOTIFY_SOCKET names. That is all there is to it, and
// it is documented as stable, so no library is linked for it; systems without systemd have nothing to
// install. Without the variable nothing is sent. For one thread.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace weir::engine {

class ServiceNotifier {
 public:
  using Clock = std::chrono::steady_clock;

  // Reads $NOTIFY_SOCKET ("/path", or "@name" for the abstract namespace), $WATCHDOG_USEC and $WATCHDOG_PID.
  // The socket is made here: later on the privileges, or the folder, may be gone.
  static ServiceNotifier from_environment();
  ServiceNotifier() = default;
  ~ServiceNotifier();
  ServiceNotifier(ServiceNotifier&& other) noexcept;
  ServiceNotifier& operator=(ServiceNotifier&& other) noexcept;

  [[nodiscard]] bool is_on() const { return fd_ >= 0; }
  // Why it is off although a socket was named; empty otherwise.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  // Rules are loaded, sources are open; also after a reload.
  void ready(std::string_view status);
  void reloading();
  void stopping();
  // One line for people, in `systemctl status`. Sent only when it changed.
  void status(std::string_view text);

  // Half of what the manager waits before it restarts us; none when it does not watch.
  [[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval() const { return interval_; }
  // To be called often: says "alive" once an interval, as long as `healthy`.
  void watchdog(bool healthy, Clock::time_point now);

 private:
  bool set_address(std::string_view name);
  void send(std::string_view message, int flags = 0);

  int fd_ = -1;
  sockaddr_un address_{};
  socklen_t address_bytes_ = 0;
  std::string problem_, last_status_;
  std::optional<std::chrono::microseconds> interval_;
  Clock::time_point next_{};
};

}  // namespace weir::engine
