#include "engine/live/control/fd_loop.h"

#include <algorithm>
#include <utility>

namespace weir::engine {

void FdLoop::add(int fd, short events, Callback callback) {
  remove(fd);
  entries_.push_back({fd, events, std::move(callback)});
}

void FdLoop::change(int fd, short events) {
  for (Entry& entry : entries_)
    if (entry.fd == fd) entry.events = events;
}

void FdLoop::remove(int fd) {
  std::erase_if(entries_, [fd](const Entry& entry) { return entry.fd == fd; });
}

void FdLoop::wait(std::chrono::milliseconds limit) {
  polled_.clear();
  for (const Entry& entry : entries_) polled_.push_back({entry.fd, entry.events, 0});
  if (::poll(polled_.data(), polled_.size(), static_cast<int>(limit.count())) <= 0) return;
  for (const pollfd& p : polled_) {
    if (p.revents == 0) continue;
    const auto entry =
        std::find_if(entries_.begin(), entries_.end(), [&p](const Entry& e) { return e.fd == p.fd; });
    if (entry == entries_.end()) continue;      // an earlier callback has removed it
    const Callback callback = entry->callback;  // the entry may go while it runs
    callback(p.revents);
  }
}

}  // namespace weir::engine
