// The kernel's own account of its queues: /proc/net/netfilter/nfnetlink_queue.
//
// Only root may open it, so it is opened before a run becomes somebody else, once for all of its workers, and read again
// and again. Any thread may read; nothing is allocated.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::engine {

struct QueueLine {
  std::uint64_t waiting = 0;  // packets that have no verdict yet
  std::uint64_t dropped = 0;  // as the queue was full
  std::uint64_t unsent = 0;   // as our socket's buffer was full
};

class QueueTable {
 public:
  // Of the network namespace that the process is in. Where it cannot be opened nothing is found in it.
  QueueTable();
  ~QueueTable();
  QueueTable(const QueueTable&) = delete;
  QueueTable& operator=(const QueueTable&) = delete;

  // None when nobody has bound that queue.
  [[nodiscard]] std::optional<QueueLine> of(std::uint16_t queue) const;

 private:
  int fd_;
};

// The same in a text that is the table, or its beginning: a line that is cut off is not looked at.
std::optional<QueueLine> find_queue(std::string_view table, std::uint16_t queue);

}  // namespace weir::engine
