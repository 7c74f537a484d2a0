#include "engine/live/sources/queue_table.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace weir::engine {
namespace {

constexpr std::size_t kMaxBytes = 32 << 10;  // lines of some five hundred queues

// Number of the queue, its owner, packets that wait, how and how much is copied, dropped, unsent, two more.
constexpr std::size_t kNumber = 0, kWaiting = 2, kDropped = 5, kUnsent = 6, kColumns = 7;

bool read_columns(std::string_view line, std::array<std::uint64_t, kColumns>& out) {
  for (std::uint64_t& column : out) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), column);
    if (error != std::errc{}) return false;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  }
  return true;
}

}  // namespace

std::optional<QueueLine> find_queue(std::string_view table, std::uint16_t queue) {
  for (std::size_t end = 0; (end = table.find('\n')) != std::string_view::npos; table.remove_prefix(end + 1)) {
    std::array<std::uint64_t, kColumns> columns{};
    if (read_columns(table.substr(0, end), columns) && columns[kNumber] == queue)
      return QueueLine{.waiting = columns[kWaiting], .dropped = columns[kDropped], .unsent = columns[kUnsent]};
  }
  return std::nullopt;
}

QueueTable::QueueTable() : fd_(::open("/proc/self/net/netfilter/nfnetlink_queue", O_RDONLY | O_CLOEXEC)) {}

QueueTable::~QueueTable() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<QueueLine> QueueTable::of(std::uint16_t queue) const {
  if (fd_ < 0) return std::nullopt;
  std::array<char, kMaxBytes> text;
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::pread(fd_, text.data() + size, text.size() - size, static_cast<off_t>(size));
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  return find_queue({text.data(), size}, queue);
}

}  // namespace weir::engine
