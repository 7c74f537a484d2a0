// Messages as datagrams. A socket that is connected hears of a port that nobody listens at: the message before the one that is
// being sent was lost then. Messages beyond the rate are waited for offline, and live wait in a bounded queue.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include <fmt/format.h>

#include "output/flow/export/collector_socket.h"
#include "output/flow/export/export_sender.h"
#include "output/flow/export/message_queue.h"
#include "output/reader_retry.h"

namespace weir::output {
namespace {

using std::chrono::microseconds;

// So many messages a second, and a few at once: what a receiver's queue takes (Linux has 208 KiB for one that did not ask).
class Pace {
 public:
  explicit Pace(std::uint32_t rate) : each_(rate == 0 ? microseconds(0) : microseconds(1'000'000 / rate)) {}
  [[nodiscard]] bool is_due() const { return next_ <= ExportSender::Clock::now(); }
  // One goes.
  void count() { next_ = std::max(next_, ExportSender::Clock::now() - kAtOnce * each_) + each_; }
  // Until the next may go, as far as that is before `until`.
  void wait(ExportSender::Clock::time_point until) const {
    const auto now = ExportSender::Clock::now();
    const auto left = std::min(next_, until) - now;
    if (left > ExportSender::Clock::duration::zero())
      std::this_thread::sleep_for(std::min<ExportSender::Clock::duration>(left, ExportSender::kLongestPause));
  }
  // Sleeping is not that exact: rather seldom and longer.
  void wait_if_long() const {
    const auto now = ExportSender::Clock::now();
    if (next_ - now >= kShortest) wait(next_);
  }

 private:
  static constexpr int kAtOnce = 16;
  static constexpr microseconds kShortest{1000};
  microseconds each_;
  ExportSender::Clock::time_point next_{};
};

class UdpSender final : public ExportSender {
 public:
  UdpSender(const ExportSettings& settings, int fd, bool waits)
      : name_(settings.target.text),
        most_queued_(settings.queue_bytes),
        fd_(fd),
        waits_(waits),
        pace_(settings.rate) {}
  ~UdpSender() override { ::close(fd_); }
  UdpSender(const UdpSender&) = delete;
  UdpSender& operator=(const UdpSender&) = delete;

  void send(const ExportMessage& message) override {
    if (waits_) {
      pace_.wait_if_long();
      return put(message);
    }
    (void)keep_pace();
    if (queue_.empty() && pace_.is_due()) return put(message);
    if (queue_.bytes() + message.bytes.size() <= most_queued_) return queue_.push(message, 0);
    failed(fmt::format("{}: more than weir.flows.export.rate allows", name_));
    lost(message.flows);
  }
  bool keep_pace() override {
    while (!queue_.empty() && pace_.is_due()) {
      const MessageQueue::Entry entry = queue_.front();
      put({.bytes = queue_.front_bytes(), .flows = entry.flows});
      queue_.pop();
    }
    return !queue_.empty();
  }
  [[nodiscard]] bool has_waiting() const override { return !queue_.empty(); }
  void wait(Clock::time_point until) override { pace_.wait(until); }
  void end(Clock::time_point) override {
    if (!queue_.empty()) failed(fmt::format("{}: the run ended before its rate allowed more", name_));
    for (; !queue_.empty(); queue_.pop()) lost(queue_.front().flows);
    hear_of_last();
  }

 private:
  void put(const ExportMessage& message) {
    pace_.count();
    if (try_send(message)) return;
    // What is told is the end of the message before; this one was not tried.
    if (errno == ECONNREFUSED) {
      take_back();
      if (try_send(message)) return;
    }
    if (errno == EAGAIN && waits_ && wait_writable(fd_, Clock::now() + kLongestPause) && try_send(message))
      return;
    failed(fmt::format("{}: {}", name_, std::strerror(errno)));
    lost(message.flows);
  }
  bool try_send(const ExportMessage& message) {
    if (::send(fd_, message.bytes.data(), message.bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
      return false;
    last_ = {message.bytes.size(), message.flows};
    sent(message);
    return true;
  }
  void take_back() {
    failed(fmt::format("{}: nobody listens there", name_));
    if (last_.bytes != 0) not_sent(last_.bytes, last_.flows);
    last_ = {};
  }

  // There is no message behind it that would be told.
  void hear_of_last() {
    if (last_.bytes == 0) return;
    pollfd entry{.fd = fd_, .events = 0, .revents = 0};
    (void)::poll(&entry, 1, static_cast<int>(kLongestPause.count()));
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == ECONNREFUSED) take_back();
  }

  struct Last {
    std::size_t bytes = 0;
    ExportTotals flows;
  };
  const std::string name_;
  const std::size_t most_queued_;
  const int fd_;
  const bool waits_;
  Pace pace_;
  MessageQueue queue_;  // empty where the run waits
  Last last_;
};

}  // namespace

tl::expected<std::unique_ptr<ExportSender>, std::string> open_udp_sender(const ExportSettings& settings,
                                                                         bool waits) {
  const auto address = find_collector(settings.target);
  if (!address) return tl::unexpected(address.error());
  const auto fd = make_collector_socket(settings.target, address->family(), SOCK_DGRAM);
  if (!fd) return tl::unexpected(fd.error());
  auto sender = std::make_unique<UdpSender>(settings, *fd, waits);
  if (::connect(*fd, address->raw(), address->size) != 0)
    return tl::unexpected(fmt::format("{}: connect: {}", settings.target.text, std::strerror(errno)));
  return sender;
}

}  // namespace weir::output
