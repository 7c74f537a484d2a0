#include "output/stream_sink.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "output/broken_pipe.h"
#include "output/sink_settings.h"

namespace weir::output {
namespace {

using Kind = StreamSinkSettings::Kind;
using std::chrono::steady_clock;

// Others may have the same descriptor open, so that it must not be made non-blocking. A pipe or terminal that
// is ready takes that much without blocking.
constexpr std::size_t kSmallWrite = 4096;

class StreamSink final : public Sink {
 public:
  explicit StreamSink(StreamSinkSettings settings) : settings_(std::move(settings)), retry_(settings_.clock) {
    pending_.reserve(settings_.buffer_bytes);
  }
  ~StreamSink() override {
    StreamSink::flush();
    disconnect();
  }
  StreamSink(const StreamSink&) = delete;
  StreamSink& operator=(const StreamSink&) = delete;

  bool connect() {
    fd_ = open_reader();
    if (fd_ < 0) {
      note_error(settings_.kind == Kind::unix_stream ? "connect" : "open", errno);
      retry_.failed();
      return false;
    }
    struct stat info {};
    const bool known = ::fstat(fd_, &info) == 0;
    is_socket_ = known && S_ISSOCK(info.st_mode);
    asks_first_ =
        !is_socket_ && !(known && S_ISREG(info.st_mode)) && (settings_.kind != Kind::pipe || waits_);
    if (mid_line_ && settings_.kind == Kind::descriptor && put("\n") != 1) {
      disconnect();
      return false;
    }
    mid_line_ = false;
    retry_.succeeded();
    return true;
  }

  void write_line(std::string_view line, const std::shared_ptr<LineCondition>&) override {
    if (fd_ < 0 && !(retry_.is_due() && !gone_ && connect())) return lost(1, Loss::no_reader, error_);
    const std::size_t needed = line.size() + 1;
    if (pending_bytes() + needed > settings_.buffer_bytes) send();
    if (fd_ < 0) return lost(1, Loss::no_reader, error_);
    if (pending_bytes() + needed > settings_.buffer_bytes && pending_bytes() != 0)
      return lost(1, Loss::slow_reader, fmt::format("{}: its reader is too slow", settings_.name));
    pending_.append(line);
    pending_.push_back('\n');
    ++pending_lines_;
  }
  void flush() override { send(); }
  void never_wait() override { waits_ = false; }
  void tick() override {
    if (fd_ < 0 && !gone_ && retry_.is_due()) (void)connect();
    send();
  }
  void drain(steady_clock::time_point limit) override {
    send();
    while (fd_ >= 0 && pending_bytes() != 0 && wait_writable(fd_, limit)) send();
    if (pending_bytes() == 0) return;
    drop_pending(Loss::slow_reader, fmt::format("{}: its reader is too slow", settings_.name));
  }
  void reopen() override {
    if (fd_ < 0 && !gone_) (void)connect();
    send();
  }

 private:
  int open_reader() {
    switch (settings_.kind) {
      case Kind::descriptor: return ::fcntl(settings_.descriptor, F_DUPFD_CLOEXEC, 3);
      case Kind::pipe:
        return ::open(settings_.path.c_str(), O_WRONLY | O_CLOEXEC | (waits_ ? 0 : O_NONBLOCK));
      case Kind::unix_stream: return connect_unix(settings_.path, SOCK_STREAM);
    }
    return -1;
  }
  void note_error(std::string_view what, int error) {
    error_ = fmt::format("{}: {}: {}", settings_.name, what, std::strerror(error));
  }

  [[nodiscard]] std::size_t pending_bytes() const { return pending_.size() - taken_; }

  // As much as the reader takes now; all of it when this sink waits.
  void send() {
    while (fd_ >= 0 && pending_bytes() != 0) {
      const ssize_t n = put(std::string_view(pending_).substr(taken_));
      if (n > 0) {
        take(static_cast<std::size_t>(n));
      } else if (n < 0 && errno == EINTR) {
        continue;
      } else if (n < 0 && errno == EAGAIN) {
        if (!waits_) return;
        (void)wait_writable(fd_, steady_clock::time_point::max());
      } else {
        const int error = n < 0 ? errno : EIO;
        note_error("write", error);
        gone_ = settings_.kind == Kind::descriptor && error != ENOSPC && error != EDQUOT;
        disconnect();
      }
    }
  }
  ssize_t put(std::string_view text) {
    if (is_socket_) return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL | (waits_ ? 0 : MSG_DONTWAIT));
    if (asks_first_ && !waits_) {
      if (!wait_writable(fd_, steady_clock::time_point{})) {
        errno = EAGAIN;
        return -1;
      }
      text = text.substr(0, kSmallWrite);
    }
    return ::write(fd_, text.data(), text.size());
  }
  void take(std::size_t bytes) {
    const auto begin = pending_.begin() + static_cast<std::ptrdiff_t>(taken_);
    const auto lines =
        static_cast<std::uint64_t>(std::count(begin, begin + static_cast<std::ptrdiff_t>(bytes), '\n'));
    written(lines);
    pending_lines_ -= lines;
    taken_ += bytes;
    mid_line_ = pending_[taken_ - 1] != '\n';
    if (pending_bytes() != 0 && taken_ < settings_.buffer_bytes / 2) return;
    pending_.erase(0, taken_);
    taken_ = 0;
  }

  void drop_pending(Loss loss, std::string_view why) {
    if (pending_lines_ != 0) lost(pending_lines_, loss, why);
    pending_.clear();
    taken_ = 0;
    pending_lines_ = 0;
  }
  void disconnect() {
    if (fd_ < 0) return;
    drop_pending(Loss::no_reader, error_);
    ::close(fd_);
    fd_ = -1;
    retry_.failed();
  }

  const StreamSinkSettings settings_;
  ReaderRetry retry_;
  int fd_ = -1;
  bool is_socket_ = false, asks_first_ = false, waits_ = true;
  bool gone_ = false;      // for good
  bool mid_line_ = false;  // where the reader was last
  std::string pending_;    // whole lines, but for the first
  std::size_t taken_ = 0;  // bytes at its begin that the reader has
  std::uint64_t pending_lines_ = 0;
  std::string error_;
};

}  // namespace

tl::expected<std::unique_ptr<Sink>, std::string> open_stream_sink(StreamSinkSettings settings) {
  if (settings.kind == Kind::unix_stream) {
    if (auto fits = check_socket_path(settings.path); !fits) return tl::unexpected(fits.error());
  } else {
    ignore_broken_pipes();
  }
  const Kind kind = settings.kind;
  auto sink = std::make_unique<StreamSink>(std::move(settings));
  // A pipe is opened when there is something to write: it may not be waited for, but that is not known yet.
  if (kind != Kind::pipe) (void)sink->connect();
  return sink;
}

const SinkKind sink_unix_stream{.name = "unix_stream",
                                .alias = {},
                                .settings = no_more_settings,
                                .make = [](const SinkSettings& s) {
                                  return open_stream_sink({.kind = Kind::unix_stream, .path = s.path, .name = s.name});
                                }};

const SinkKind sink_console{.name = "console",
                            .alias = "stdout",
                            .settings = [](const Settings&, SinkSettings& s) -> tl::expected<void, std::string> {
                              s.name = "standard output";
                              return {};
                            },
                            .make = [](const SinkSettings& s) {
                              return open_stream_sink(
                                  {.kind = Kind::descriptor, .descriptor = STDOUT_FILENO, .name = s.name});
                            }};

}  // namespace weir::output
