#include "engine/live/control/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "output/broken_pipe.h"

namespace weir::engine {

tl::expected<Signals, std::string> Signals::take() {
  sigset_t taken;
  sigemptyset(&taken);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR2}) sigaddset(&taken, number);
  if (pthread_sigmask(SIG_BLOCK, &taken, nullptr) != 0)
    return tl::unexpected(std::string("signals cannot be blocked"));
  output::ignore_broken_pipes();
  const int fd = ::signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd < 0) return tl::unexpected(std::string("signalfd: ") + std::strerror(errno));
  return Signals(fd);
}

Signals::~Signals() {
  if (fd_ >= 0) ::close(fd_);
}

Signals::Signals(Signals&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

std::optional<LiveSignal> Signals::next() {
  signalfd_siginfo info{};
  if (::read(fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  switch (info.ssi_signo) {
    case SIGHUP: return LiveSignal::reopen;
    case SIGUSR2: return LiveSignal::reload;
    default: return LiveSignal::stop;
  }
}

}  // namespace weir::engine
