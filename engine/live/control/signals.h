// The signals of a live run, read from a descriptor instead of arriving anywhere.
#pragma once

#include <optional>
#include <string>

#include <tl/expected.hpp>

namespace weir::engine {

enum class LiveSignal : unsigned char {
  stop,    // SIGINT, SIGTERM
  reopen,  // SIGHUP: log files
  reload,  // SIGUSR2: rules
};

class Signals {
 public:
  // Blocks them in the calling thread and in those that it starts afterwards: to be made before any other
  // thread.
  static tl::expected<Signals, std::string> take();
  ~Signals();
  Signals(Signals&& other) noexcept;
  Signals& operator=(Signals&&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  // The next one that has come; none when there is none.
  std::optional<LiveSignal> next();

 private:
  explicit Signals(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace weir::engine
