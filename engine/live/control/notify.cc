#include "engine/live/control/notify.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

#include <fmt/format.h>

#include "decoders/text.h"


namespace weir::engine {
namespace {

constexpr std::size_t kLongestStatus = 500;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

// systemd puts it next to its own times.
std::uint64_t monotonic_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

std::string one_line(std::string_view text) {
  std::string out(text.substr(0, kLongestStatus));
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

// None when nobody watches, or somebody else is watched.
std::optional<std::chrono::microseconds> watchdog_from_environment() {
  if (const auto pid = variable("WATCHDOG_PID"); !pid.empty() && parse_number<pid_t>(pid) != ::getpid())
    return std::nullopt;
  const auto limit = parse_number<std::uint64_t>(variable("WATCHDOG_USEC"));
  if (!limit || *limit == 0) return std::nullopt;
  return std::chrono::microseconds(std::max<std::uint64_t>(*limit / 2, 1));
}

}  // namespace

ServiceNotifier ServiceNotifier::from_environment() {
  ServiceNotifier out;
  const std::string_view name = variable("NOTIFY_SOCKET");
  if (name.empty()) return out;
  if (!out.set_address(name)) {
    out.problem_ = fmt::format("NOTIFY_SOCKET={}: expected a path or @name of at most {} bytes", name,
                               sizeof out.address_.sun_path - 1);
    return out;
  }
  out.fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (out.fd_ < 0) out.problem_ = fmt::format("NOTIFY_SOCKET: socket: {}", std::strerror(errno));
  out.interval_ = watchdog_from_environment();
  return out;
}

ServiceNotifier::~ServiceNotifier() {
  if (fd_ >= 0) ::close(fd_);
}

ServiceNotifier::ServiceNotifier(ServiceNotifier&& other) noexcept {
  *this = std::move(other);
}

ServiceNotifier& ServiceNotifier::operator=(ServiceNotifier&& other) noexcept {
  std::swap(fd_, other.fd_);
  address_ = other.address_;
  address_bytes_ = other.address_bytes_;
  problem_ = std::move(other.problem_);
  last_status_ = std::move(other.last_status_);
  interval_ = other.interval_;
  next_ = other.next_;
  return *this;
}

bool ServiceNotifier::set_address(std::string_view name) {
  const bool abstract = name.front() == '@';
  if ((!abstract && name.front() != '/') || name.size() >= sizeof address_.sun_path) return false;
  address_.sun_family = AF_UNIX;
  std::memcpy(address_.sun_path, name.data(), name.size());
  if (abstract) address_.sun_path[0] = '\0';
  // An abstract name ends where the address does, not at a zero byte.
  address_bytes_ =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0U : 1U));
  return true;
}

// What cannot be delivered is not worth a failure: the manager then acts as for any silent service.
void ServiceNotifier::send(std::string_view message, int flags) {
  if (fd_ < 0) return;
  while (::sendto(fd_, message.data(), message.size(), MSG_NOSIGNAL | flags,
                  reinterpret_cast<const sockaddr*>(&address_), address_bytes_) < 0 &&
         errno == EINTR) {
  }
}

void ServiceNotifier::ready(std::string_view text) {
  last_status_ = one_line(text);
  send(fmt::format("READY=1\nSTATUS={}", last_status_));
}

void ServiceNotifier::reloading() {
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_us()));
}

void ServiceNotifier::stopping() {
  send("STOPPING=1");
}

void ServiceNotifier::status(std::string_view text) {
  std::string line = one_line(text);
  if (line == last_status_) return;
  send(fmt::format("STATUS={}", line), MSG_DONTWAIT);
  last_status_ = std::move(line);
}

void ServiceNotifier::watchdog(bool healthy, Clock::time_point now) {
  if (!interval_ || now < next_ || !healthy) return;
  send("WATCHDOG=1", MSG_DONTWAIT);
  next_ = now + *interval_;
}

}  // namespace weir::engine
