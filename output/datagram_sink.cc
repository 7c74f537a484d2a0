#include "output/datagram_sink.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace weir::output {
namespace {

using std::chrono::steady_clock;

class DatagramSink final : public Sink {
 public:
  explicit DatagramSink(DatagramSinkSettings settings)
      : settings_(std::move(settings)), retry_(settings_.clock) {}
  ~DatagramSink() override { disconnect(); }
  DatagramSink(const DatagramSink&) = delete;
  DatagramSink& operator=(const DatagramSink&) = delete;

  bool connect() {
    fd_ = connect_unix(settings_.path, SOCK_DGRAM);
    if (fd_ >= 0) return true;
    note_error("connect", errno);
    retry_.failed();
    return false;
  }

  // A reader that has started anew is behind the same path, but behind another socket.
  void write_line(std::string_view line) override {
    constexpr int kAttempts = 2;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      if (fd_ < 0 && !((attempt > 0 || retry_.is_due()) && connect())) break;
      const int error = send(line);
      if (error == 0) {
        retry_.succeeded();
        return written(1);
      }
      note_error("send", error);
      if (error == EMSGSIZE) return lost(1, Loss::too_long, error_);
      if (error == EAGAIN || error == ENOBUFS)
        return lost(1, Loss::slow_reader, fmt::format("{}: its reader is too slow", settings_.name));
      disconnect();
    }
    if (fd_ < 0 && retry_.is_due()) retry_.failed();
    lost(1, Loss::no_reader, error_);
  }
  void flush() override {}
  void never_wait() override { waits_ = false; }
  void tick() override {
    if (fd_ < 0 && retry_.is_due()) (void)connect();
  }
  void reopen() override {
    disconnect();
    (void)connect();
  }

 private:
  // 0, or errno.
  int send(std::string_view line) {
    const std::string_view head = settings_.header ? settings_.header->at(settings_.wall_clock()) : "";
    const std::string_view tail = settings_.header ? "" : "\n";
    std::array<iovec, 3> parts{part(head), part(line), part(tail)};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    for (;;) {
      if (::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return 0;
      const int error = errno;
      if (error == EAGAIN && waits_)
        (void)wait_writable(fd_, steady_clock::time_point::max());
      else if (error != EINTR)
        return error;
    }
  }
  static iovec part(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

  void note_error(std::string_view what, int error) {
    error_ = fmt::format("{}: {}: {}", settings_.name, what, std::strerror(error));
  }
  void disconnect() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  DatagramSinkSettings settings_;
  ReaderRetry retry_;
  int fd_ = -1;
  bool waits_ = true;
  std::string error_;
};

}  // namespace

tl::expected<std::unique_ptr<Sink>, std::string> open_datagram_sink(DatagramSinkSettings settings) {
  if (auto fits = check_socket_path(settings.path); !fits) return tl::unexpected(fits.error());
  auto sink = std::make_unique<DatagramSink>(std::move(settings));
  (void)sink->connect();
  return sink;
}

}  // namespace weir::output
