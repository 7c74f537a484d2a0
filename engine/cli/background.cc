#include "engine/cli/background.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "decoders/text.h"
#include "decoders/text_file.h"

namespace weir::engine {
namespace {

constexpr int kWaitMs = 200;
constexpr std::size_t kMaxPidFile = 64;

std::string why(std::string_view what) {
  return fmt::format("{}: {}", what, std::strerror(errno));
}

// A socket of the name space without files, and its name as $NOTIFY_SOCKET has it.
struct ReadySocket {
  int fd = -1;
  std::string name;
};
tl::expected<ReadySocket, std::string> open_ready_socket() {
  ReadySocket out{.fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socklen_t size = sizeof address;
  // Bound without a name it gets one from the kernel.
  if (out.fd < 0 ||
      ::bind(out.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address.sun_family) != 0 ||
      ::getsockname(out.fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return tl::unexpected(why("-D: socket"));
  constexpr std::size_t kBefore = offsetof(sockaddr_un, sun_path) + 1;
  // Not by +: GCC 12 takes that for an overlap.
  out.name.assign(1, '@').append(address.sun_path + 1, size - kBefore);
  return out;
}

// True: the run is ready. False: it has ended, with `status`.
bool wait_until_ready(int socket, pid_t child, int& status) {
  std::array<char, 4096> said{};
  pollfd ready{.fd = socket, .events = POLLIN, .revents = 0};
  while (true) {
    if (::poll(&ready, 1, kWaitMs) > 0) {
      const ssize_t size = ::recv(socket, said.data(), said.size(), 0);
      const std::string_view text(said.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
      if (text.find("READY=1") != std::string_view::npos) return true;
    }
    int how = 0;
    if (::waitpid(child, &how, WNOHANG) == 0) continue;
    status = WIFEXITED(how) ? WEXITSTATUS(how) : 1;
    return false;
  }
}

void leave_terminal() {
  (void)::setsid();
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return;
  (void)::dup2(null, STDIN_FILENO);
  (void)::dup2(null, STDOUT_FILENO);
  ::close(null);
}

}  // namespace

tl::expected<std::optional<int>, std::string> go_to_background(const std::string& pid_file) {
  auto socket = open_ready_socket();
  if (!socket) return tl::unexpected(std::move(socket.error()));
  (void)std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return tl::unexpected(why("-D: fork"));
  if (child == 0) {
    ::close(socket->fd);
    leave_terminal();
    (void)::setenv("NOTIFY_SOCKET", socket->name.c_str(), 1);
    (void)::unsetenv("WATCHDOG_USEC");
    return std::optional<int>{};
  }
  int status = 0;
  if (!wait_until_ready(socket->fd, child, status)) return std::optional(status);
  if (pid_file.empty()) return std::optional(0);
  auto written = PidFile::write(pid_file, child);
  if (!written) {
    (void)::kill(child, SIGTERM);
    return tl::unexpected(std::move(written.error()));
  }
  written->leave();
  return std::optional(0);
}

tl::expected<void, std::string> redirect_errors(const std::string& file) {
  const int log = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (log < 0) return tl::unexpected(why(file));
  const bool done = ::dup2(log, STDERR_FILENO) >= 0;
  ::close(log);
  return done ? tl::expected<void, std::string>{} : tl::unexpected(why(file));
}

tl::expected<PidFile, std::string> PidFile::write(const std::string& path, int pid) {
  if (const auto before = read_text_file(path, kMaxPidFile)) {
    const auto other = parse_number<int>(trim(*before));
    if (other && *other > 0 && *other != pid && (::kill(*other, 0) == 0 || errno == EPERM))
      return tl::unexpected(
          fmt::format("--pidfile {}: its process {} is running; end it, or remove the file", path, *other));
  }
  std::FILE* const file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return tl::unexpected(why("--pidfile " + path));
  fmt::print(file, "{}\n", pid);
  if (std::fclose(file) != 0) return tl::unexpected(why("--pidfile " + path));
  return PidFile(path);
}

PidFile::~PidFile() {
  if (!path_.empty()) (void)::unlink(path_.c_str());
}

}  // namespace weir::engine
