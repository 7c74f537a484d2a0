// Messages as datagrams. A socket that is connected hears of a port that nobody listens at: the message before the one that is
// being sent was lost then.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include <fmt/format.h>

#include "output/flow/export/collector_socket.h"
#include "output/flow/export/export_sender.h"
#include "output/reader_retry.h"

namespace weir::output {
namespace {

using std::chrono::microseconds;

// So many messages a second, and a few at once: what a receiver's queue takes (Linux has 208 KiB for one that did not ask).
class Pace {
 public:
  explicit Pace(std::uint32_t rate) : each_(rate == 0 ? microseconds(0) : microseconds(1'000'000 / rate)) {}
  // Waits until the next may go.
  void wait() {
    if (each_ == microseconds(0)) return;
    const auto now = ExportSender::Clock::now();
    next_ = std::max(next_, now - kAtOnce * each_) + each_;
    // Sleeping is not that exact: rather seldom and longer.
    if (next_ - now < kShortest) return;
    std::this_thread::sleep_for(
        std::min<ExportSender::Clock::duration>(next_ - now, ExportSender::kLongestPause));
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
      : name_(settings.target.text), fd_(fd), waits_(waits), pace_(settings.rate) {}
  ~UdpSender() override { ::close(fd_); }
  UdpSender(const UdpSender&) = delete;
  UdpSender& operator=(const UdpSender&) = delete;

  void send(const ExportMessage& message) override {
    pace_.wait();
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

 private:
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

  struct Last {
    std::size_t bytes = 0;
    ExportTotals flows;
  };
  const std::string name_;
  const int fd_;
  const bool waits_;
  Pace pace_;
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
