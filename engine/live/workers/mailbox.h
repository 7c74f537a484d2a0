// Work that other threads hand to the main thread: what a worker found out, the end of a reload.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <tl/expected.hpp>

namespace weir::engine {

class Mailbox {
 public:
  using Task = std::function<void()>;
  static tl::expected<std::shared_ptr<Mailbox>, std::string> make();
  explicit Mailbox(int fd) : fd_(fd) {}
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // From any thread. Tasks run in the order in which they came; those that nobody runs any more are dropped.
  void post(Task task);
  // Readable when there is something to run.
  [[nodiscard]] int fd() const { return fd_; }
  // The owner's thread: runs what has come until now.
  void run();

 private:
  const int fd_;
  std::mutex lock_;
  std::vector<Task> tasks_;
};

}  // namespace weir::engine
