// The main thread's loop in live runs: waits for file descriptors (signals, control connections) and calls
// who is interested. For a handful of descriptors; not for packets.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <vector>

namespace weir::engine {

class FdLoop {
 public:
  using Callback = std::function<void(short events)>;
  // Calls `callback` when poll(2) reports any of `events`, an error or a hang-up on `fd`. One entry a
  // descriptor.
  void add(int fd, short events, Callback callback);
  void change(int fd, short events);
  // Also from within a callback. The descriptor stays the caller's to close.
  void remove(int fd);
  // Waits once, up to `limit`, and calls back.
  void wait(std::chrono::milliseconds limit);

 private:
  struct Entry {
    int fd;
    short events;
    Callback callback;
  };
  std::vector<Entry> entries_;
  std::vector<pollfd> polled_;
};

}  // namespace weir::engine
