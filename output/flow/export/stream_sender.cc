// IPFIX over TCP and TLS (RFC 7011 10.4).
//
// The socket is made once and used for one connection after another, so that a confined process needs no new ones. Messages
// wait in a bounded queue while nobody takes them; they get their sequence numbers when they go, as each connection counts its
// own. A message that was cut off by the end of a connection goes again, whole, over the next one. What the kernel had taken
// and the collector had not is lost; the kernel says how many bytes at most that was.
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "output/broken_pipe.h"
#include "output/flow/export/collector_socket.h"
#include "output/flow/export/export_sender.h"
#include "output/flow/export/message_queue.h"
#include "output/flow/export/tls_client.h"
#include "output/flow/export/wire_out.h"
#include "output/reader_retry.h"

namespace weir::output {
namespace {

constexpr std::size_t kSequenceAt = 8;  // in the header of a message
constexpr std::chrono::seconds kLongestHandshake{10};
constexpr unsigned kLongestSilenceMs = 30'000;  // of a collector that should say what it has got
constexpr std::chrono::seconds kLongestGoodbye{1};
constexpr int kMostIdleWaits = 100;  // for a collector that takes nothing

class StreamSender final : public ExportSender {
 public:
  StreamSender(const ExportSettings& settings, const CollectorAddress& address, int fd,
               std::unique_ptr<TlsClient> tls, bool waits)
      : name_(settings.target.text),
        most_queued_(settings.queue_bytes),
        address_(address),
        fd_(fd),
        waits_(waits),
        tls_(std::move(tls)),
        retry_([] { return Clock::now(); }) {
    connect();
  }
  ~StreamSender() override {
    if (tls_ != nullptr) tls_->end();
    ::close(fd_);
  }
  StreamSender(const StreamSender&) = delete;
  StreamSender& operator=(const StreamSender&) = delete;

  void send(const ExportMessage& message) override {
    if (state_ == State::heading) return head_.push(message, session_);
    if (message.is_head && state_ != State::open) return;  // said again when somebody is there
    if (!message.is_head && !has_room(message.bytes.size())) {
      failed(fmt::format("{}: {}", name_,
                         state_ == State::open ? "the collector is too slow" : "not connected"));
      return lost(message.flows);
    }
    queue_.push(message, session_);
    pump();
  }
  bool wants_session() override {
    if (state_ == State::open && !is_alive()) disconnect("the collector has ended the connection");
    if (state_ == State::idle && retry_.is_due()) connect();
    if (state_ == State::connecting) finish_connecting();
    if (state_ == State::greeting) greet();
    return state_ == State::connected;
  }
  void begin() override {
    state_ = State::heading;
    idle_waits_ = 0;
    ++session_;
    sequence_ = 0;
    written_ = 0;
  }
  void ready() override {
    state_ = State::open;
    pump();
  }
  void tick() override { pump(); }
  [[nodiscard]] bool has_waiting() const override { return !queue_.empty() || !head_.empty(); }
  void wait(Clock::time_point until) override {
    if (state_ == State::idle)
      wait_for(-1, 0, until);
    else
      wait_for(fd_, state_ == State::greeting ? POLLIN : POLLOUT, until);
  }
  void end(Clock::time_point until) override {
    for (; !queue_.empty(); queue_.pop())
      if (queue_.front().flows.records != 0) lost(queue_.front().flows);
    if (state_ == State::open) say_goodbye(until);
    state_ = State::over;
  }

 private:
  enum class State : std::uint8_t {
    idle,
    connecting,
    greeting,   // the handshake of TLS
    connected,  // a session is to begin
    heading,    // its first messages come
    open,
    over
  };

  // At most kLongestPause.
  static void wait_for(int fd, short events, Clock::time_point until) {
    pollfd entry{.fd = fd, .events = events, .revents = 0};
    const auto left =
        std::clamp<Clock::duration>(until - Clock::now(), Clock::duration::zero(), kLongestPause);
    (void)::poll(&entry, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
  }

  [[nodiscard]] int error_of_socket() const {
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
  }
  void connect() {
    since_ = Clock::now();
    if (::connect(fd_, address_.raw(), address_.size) == 0 || errno == EINPROGRESS)
      state_ = State::connecting;
    else
      disconnect(fmt::format("connect: {}", std::strerror(errno)));
  }
  void finish_connecting() {
    pollfd entry{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (::poll(&entry, 1, 0) == 0) return;
    if (const int error = error_of_socket(); error != 0)
      return disconnect(fmt::format("connect: {}", std::strerror(error)));
    if (tls_ == nullptr) {
      state_ = State::connected;
      return;
    }
    state_ = State::greeting;
    if (!tls_->begin(fd_)) disconnect(tls_->error());
  }
  void greet() {
    switch (tls_->handshake()) {
      case TlsClient::Step::done: state_ = State::connected; return;
      case TlsClient::Step::failed: return disconnect(tls_->error());
      case TlsClient::Step::again:
        if (Clock::now() - since_ > kLongestHandshake)
          disconnect("the collector does not finish its handshake");
    }
  }
  // Before the socket is used for another connection.
  void note_unconfirmed() {
    int bytes = 0;
    if (::ioctl(fd_, TIOCOUTQ, &bytes) == 0 && bytes > 0) not_confirmed(static_cast<std::uint64_t>(bytes));
  }
  // Whoever ends a connection may use its socket for the next one.
  void disconnect(std::string_view why) {
    failed(fmt::format("{}: {}", name_, why));
    if (state_ == State::open) note_unconfirmed();
    if (tls_ != nullptr) tls_->end();
    sockaddr none{};
    none.sa_family = AF_UNSPEC;
    (void)::connect(fd_, &none, sizeof none);
    (void)error_of_socket();
    head_.clear();
    written_ = 0;
    state_ = State::idle;
    retry_.failed();
  }

  // A socket that is closed with something unread (tickets of TLS) takes back what the collector has not read yet.
  void say_goodbye(Clock::time_point until) {
    if (tls_ != nullptr) tls_->end();
    (void)::shutdown(fd_, SHUT_WR);
    until = std::min(until, Clock::now() + kLongestGoodbye);
    std::array<std::uint8_t, 4096> unwanted;
    while (Clock::now() < until) {
      const ssize_t n = ::recv(fd_, unwanted.data(), unwanted.size(), MSG_DONTWAIT);
      if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) break;
      if (n < 0) wait_for(fd_, POLLIN, until);
    }
    note_unconfirmed();
  }

  bool is_alive() {
    if (tls_ != nullptr) return tls_->is_alive();
    std::uint8_t byte = 0;
    const ssize_t n = ::recv(fd_, &byte, 1, MSG_DONTWAIT);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
  }

  // Offline a reader that reads is waited for.
  bool has_room(std::size_t bytes) {
    const auto fits = [&] { return queue_.bytes() + bytes <= most_queued_; };
    while (!fits() && waits_ && state_ == State::open && idle_waits_ < kMostIdleWaits) {
      ++idle_waits_;
      wait(Clock::now() + kLongestPause);
      pump();
    }
    return fits();
  }

  // Sends until the collector takes no more.
  void pump() {
    while (state_ == State::open && has_waiting()) {
      MessageQueue& from = head_.empty() ? queue_ : head_;
      const MessageQueue::Entry& entry = from.front();
      if (entry.is_head && entry.session != session_) {
        from.pop();
        continue;
      }
      const std::span<std::uint8_t> bytes = from.front_bytes();
      if (written_ == 0) (void)put_be(bytes.data() + kSequenceAt, sequence_, 4);
      const auto n = write(bytes.subspan(written_));
      if (n <= 0) return;
      written_ += static_cast<std::size_t>(n);
      idle_waits_ = 0;
      if (written_ < bytes.size()) continue;
      sequence_ += entry.data_records;
      sent({.bytes = bytes, .flows = entry.flows});
      from.pop();
      written_ = 0;
      retry_.succeeded();
    }
  }

  ssize_t write(std::span<const std::uint8_t> bytes) {
    if (tls_ != nullptr) {
      const int n = tls_->write(bytes);
      if (n < 0) disconnect(tls_->error());
      return n;
    }
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) disconnect(std::strerror(errno));
    return n;
  }

  const std::string name_;
  const std::size_t most_queued_;
  const CollectorAddress address_;
  const int fd_;
  const bool waits_;
  std::unique_ptr<TlsClient> tls_;
  ReaderRetry retry_;
  State state_ = State::idle;
  Clock::time_point since_{};  // the connection was asked for
  MessageQueue head_, queue_;
  std::uint64_t session_ = 0;
  std::uint32_t sequence_ = 0;
  std::size_t written_ = 0;  // of the first message
  int idle_waits_ = 0;       // since it last took something
};

}  // namespace

tl::expected<std::unique_ptr<ExportSender>, std::string> open_stream_sender(const ExportSettings& settings,
                                                                            bool waits) {
  std::unique_ptr<TlsClient> tls;
  if (settings.target.transport == ExportTarget::Transport::tls) {
    auto made = TlsClient::make(settings);
    if (!made) return tl::unexpected(made.error());
    tls = std::move(*made);
    ignore_broken_pipes();  // OpenSSL writes as to a pipe
  }
  const auto address = find_collector(settings.target);
  if (!address) return tl::unexpected(address.error());
  const auto fd = make_collector_socket(settings.target, address->family(), SOCK_STREAM);
  if (!fd) return tl::unexpected(fd.error());
  (void)::setsockopt(*fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kLongestSilenceMs, sizeof kLongestSilenceMs);
  return std::make_unique<StreamSender>(settings, *address, *fd, std::move(tls), waits);
}

tl::expected<std::unique_ptr<ExportSender>, std::string> open_export_sender(const ExportSettings& settings,
                                                                            bool waits) {
  switch (settings.target.transport) {
    case ExportTarget::Transport::udp: return open_udp_sender(settings, waits);
    case ExportTarget::Transport::file: return open_ipfix_files(settings);
    default: return open_stream_sender(settings, waits);
  }
}

}  // namespace weir::output
