// The netlink sockets of a run's queues, made before it restricts itself: afterwards it can make none.
//
// A worker that is replaced needs another one, so there are kSparesPerQueue more for each queue.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <tl/expected.hpp>

namespace weir::engine {

class QueueSockets {
 public:
  static constexpr std::size_t kSparesPerQueue = 4;

  static tl::expected<std::unique_ptr<QueueSockets>, std::string> make(std::size_t queues);
  ~QueueSockets();
  QueueSockets(const QueueSockets&) = delete;
  QueueSockets& operator=(const QueueSockets&) = delete;

  // One that is bound to no queue yet, the caller's from now on; -1: all are used up. From any thread.
  int take();

 private:
  QueueSockets() = default;
  std::mutex lock_;
  std::vector<int> unused_;
};

}  // namespace weir::engine
