#include "engine/live/workers/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace weir::engine {

tl::expected<std::shared_ptr<Mailbox>, std::string> Mailbox::make() {
  const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) return tl::unexpected(std::string("eventfd: ") + std::strerror(errno));
  return std::make_shared<Mailbox>(fd);
}

Mailbox::~Mailbox() {
  ::close(fd_);
}

void Mailbox::post(Task task) {
  {
    const std::lock_guard guard(lock_);
    tasks_.push_back(std::move(task));
  }
  (void)::eventfd_write(fd_, 1);  // fails only when it is readable anyway
}

void Mailbox::run() {
  eventfd_t count = 0;
  (void)::eventfd_read(fd_, &count);
  std::vector<Task> tasks;
  {
    const std::lock_guard guard(lock_);
    tasks.swap(tasks_);
  }
  for (const Task& task : tasks) task();
}

}  // namespace weir::engine
