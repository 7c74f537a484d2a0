#include "output/datagram_sink.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "output/sink_settings.h"

namespace weir::output {
namespace {

using std::chrono::steady_clock;

constexpr std::string_view kSyslogSocket = "/dev/log", kIdentity = "weir";

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
  void write_line(std::string_view line, const std::shared_ptr<LineCondition>&) override {
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

tl::expected<void, std::string> read_syslog(const Settings& output, SinkSettings& into) {
  const std::string facility = output.text("facility").value_or("local0"),
                    level = output.text("level").value_or("info");
  const auto facility_bits = syslog_facility(facility), level_bits = syslog_level(level);
  if (!facility_bits) return tl::unexpected(fmt::format("facility '{}' is not known", facility));
  if (!level_bits) return tl::unexpected(fmt::format("level '{}' is not known", level));
  into.priority = *facility_bits | *level_bits;
  into.identity = output.text("identity").value_or(std::string(kIdentity));
  into.name = "syslog";
  return {};
}

}  // namespace

tl::expected<std::unique_ptr<Sink>, std::string> open_datagram_sink(DatagramSinkSettings settings) {
  if (auto fits = check_socket_path(settings.path); !fits) return tl::unexpected(fits.error());
  auto sink = std::make_unique<DatagramSink>(std::move(settings));
  (void)sink->connect();
  return sink;
}

const SinkKind sink_unix_dgram{.name = "unix_dgram",
                               .alias = {},
                               .settings = no_more_settings,
                               .make = [](const SinkSettings& s) {
                                 return open_datagram_sink({.path = s.path, .name = s.name, .header = std::nullopt});
                               }};

const SinkKind sink_syslog{.name = "syslog",
                           .alias = {},
                           .settings = read_syslog,
                           .make = [](const SinkSettings& s) {
                             return open_datagram_sink({.path = std::string(kSyslogSocket),
                                                        .name = s.name,
                                                        .header = SyslogHeader(s.priority, s.identity, ::getpid())});
                           }};

}  // namespace weir::output
