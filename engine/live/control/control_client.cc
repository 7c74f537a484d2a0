#include "engine/live/control/control_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace weir::engine {
namespace {

using Clock = std::chrono::steady_clock;

class Connection {
 public:
  Connection(const std::string& path, Clock::time_point until)
      : path_(path), until_(until), fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  ~Connection() {
    if (fd_ >= 0) ::close(fd_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  tl::expected<void, std::string> open() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) return problem("the path is too long for a socket");
    path_.copy(address.sun_path, path_.size());
    while (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      if (errno == ENOENT || errno == ECONNREFUSED)
        return problem("no engine listens there; is it running? --socket names another path");
      if (errno != EAGAIN) return problem(std::strerror(errno));
      constexpr int kPauseMs = 20;  // its queue is full
      if (Clock::now() > until_) return late();
      (void)::poll(nullptr, 0, kPauseMs);
    }
    return {};
  }

  tl::expected<void, std::string> send(std::string_view text) {
    while (!text.empty()) {
      if (!wait(POLLOUT)) return late();
      const ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (n < 0) return {};  // turned away; why, it may have said
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

  // Up to the first newline, or to the end; without the newline.
  tl::expected<std::string, std::string> line() {
    std::string out;
    std::array<char, 65536> buffer;
    while (out.size() < kMaxControlAnswer) {
      if (!wait(POLLIN)) return tl::unexpected(late().error());
      const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (n <= 0)
        return tl::unexpected(problem("the engine closed the connection without an answer").error());
      const std::string_view piece(buffer.data(), static_cast<std::size_t>(n));
      const std::size_t end = piece.find('\n');
      out += piece.substr(0, end);
      if (end != std::string_view::npos) return out;
    }
    return tl::unexpected(problem("the answer is too long").error());
  }

  tl::expected<void, std::string> wait_for_end() {
    std::array<char, 4096> buffer;
    for (;;) {
      if (!wait(POLLIN)) return late();
      const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return {};
    }
  }

 private:
  bool wait(short events) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - Clock::now()).count();
    pollfd ready{fd_, events, 0};
    return left > 0 && ::poll(&ready, 1, static_cast<int>(left)) > 0;
  }
  [[nodiscard]] tl::expected<void, std::string> problem(std::string_view what) const {
    return tl::unexpected(fmt::format("{}: {}", path_, what));
  }
  [[nodiscard]] tl::expected<void, std::string> late() const { return problem("no answer in time"); }

  const std::string& path_;
  const Clock::time_point until_;
  const int fd_;
};

}  // namespace

std::string control_request(const ControlRequest& request) {
  output::JsonWriter out;
  {
    const auto object = out.object();
    out.bytes("command", request.command);
    const auto arguments = out.object("arguments");
    for (const auto& [name, value] : request.arguments.all()) {
      if (const auto* flag = std::get_if<bool>(&value))
        out.boolean(name, *flag);
      else if (const auto* number = std::get_if<std::int64_t>(&value))
        out.signed_number(name, *number);
      else if (const auto* real = std::get_if<double>(&value))
        out.real(name, *real);
      else
        out.bytes(name, std::get<std::string>(value));
    }
  }
  return std::string(out.text());
}

tl::expected<std::string, std::string> ask_engine(const std::string& path, const ControlRequest& request,
                                                  std::chrono::milliseconds limit, bool until_closed) {
  Connection connection(path, Clock::now() + limit);
  if (auto opened = connection.open(); !opened) return tl::unexpected(opened.error());
  if (auto sent = connection.send(control_request(request) + '\n'); !sent)
    return tl::unexpected(sent.error());
  auto answer = connection.line();
  if (answer && until_closed)
    if (auto ended = connection.wait_for_end(); !ended) return tl::unexpected(ended.error());
  return answer;
}

}  // namespace weir::engine
