#include "engine/live/control/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "decoders/text.h"


namespace weir::engine {
namespace {

constexpr int kBacklog = 64;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

tl::unexpected<std::string> failure(std::string_view what, std::string_view of) {
  return tl::unexpected(fmt::format("{}: {}: {}", of, what, std::strerror(errno)));
}

std::optional<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  path.copy(address.sun_path, path.size());
  return address;
}

tl::expected<gid_t, std::string> group_id(const std::string& name) {
  std::array<char, 16384> buffer{};
  group entry{};
  group* found = nullptr;
  if (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return found->gr_gid;
  if (const auto number = parse_number<gid_t>(name)) return *number;
  return tl::unexpected(fmt::format("there is no group '{}'", name));
}

// What is left of a run that ended without removing it goes; anything else stays.
tl::expected<void, std::string> make_way(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) return tl::unexpected(fmt::format("{}: is there, and not a socket", path));
  if (is_listening(path)) return tl::unexpected(fmt::format("{}: another run listens on it", path));
  if (::unlink(path.c_str()) != 0) return failure("unlink", path);
  return {};
}

tl::expected<void, std::string> give_to(const std::string& path, const UnixSocketSettings& settings) {
  if (!settings.group.empty()) {
    const auto id = group_id(settings.group);
    if (!id) return tl::unexpected(fmt::format("{}: {}", path, id.error()));
    if (::chown(path.c_str(), static_cast<uid_t>(-1), *id) != 0) return failure("chown", path);
  }
  if (::chmod(path.c_str(), settings.mode) != 0) return failure("chmod", path);
  return {};
}

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};

tl::expected<Endpoint, std::string> loopback_endpoint(std::string_view text) {
  const auto bad = [text](std::string_view why) { return tl::unexpected(fmt::format("{}: {}", text, why)); };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad("expected ADDRESS:PORT or unix:PATH");
  const std::string_view port_text = text.substr(colon + 1);
  const std::string_view named = text.substr(0, colon);
  const bool bracketed = named.starts_with('[') && named.ends_with(']') && named.size() > 1;
  const std::string host(named == "localhost" ? "127.0.0.1"
                         : bracketed          ? named.substr(1, named.size() - 2)
                                              : named);
  const auto port = parse_number<std::uint16_t>(port_text);
  if (!port) return bad("the port is no number");
  Endpoint out;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    constexpr std::uint32_t kLoopbackNet = 127;
    if (ntohl(v4.sin_addr.s_addr) >> 24U != kLoopbackNet) return bad("is not a loopback address");
    v4.sin_family = AF_INET;
    v4.sin_port = htons(*port);
    std::memcpy(&out.address, &v4, out.size = sizeof v4);
  } else if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    if (!IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr)) return bad("is not a loopback address");
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(*port);
    std::memcpy(&out.address, &v6, out.size = sizeof v6);
  } else {
    return bad("is not an address");
  }
  return out;
}

std::string bound_name(int fd, std::string_view asked) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return std::string(asked);
  const in_port_t port = address.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(address).sin_port
                                                      : reinterpret_cast<sockaddr_in6&>(address).sin6_port;
  return fmt::format("{}:{}", asked.substr(0, asked.rfind(':')), ntohs(port));
}

}  // namespace

bool is_listening(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) return false;
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0 ||
         errno == EAGAIN || errno == EACCES;  // a full queue, or not for us: somebody may well be there
}

tl::expected<Listener, std::string> Listener::on_unix_socket(const UnixSocketSettings& settings) {
  const std::string& path = settings.path;
  const auto address = unix_address(path);
  if (!address) return tl::unexpected(fmt::format("{}: too long for the path of a socket", path));
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const std::string folder(parent.empty() ? "." : parent);
  const Fd lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.get() < 0) return failure("open", folder);
  if (::flock(lock.get(), LOCK_EX) != 0) return failure("flock", folder);
  if (auto free = make_way(path); !free) return tl::unexpected(free.error());

  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return failure("socket", path);
  (void)::fchmod(fd.get(), S_IRUSR | S_IWUSR);  // what bind() gives the file
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return failure("bind", path);
  Listener out(fd.release(), fmt::format("unix:{}", path));
  out.path_ = path;
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) {
    out.device_ = info.st_dev;
    out.inode_ = info.st_ino;
  }
  if (auto given = give_to(path, settings); !given) return tl::unexpected(given.error());
  if (::listen(out.fd_, kBacklog) != 0) return failure("listen", path);
  return out;
}

tl::expected<Listener, std::string> Listener::on_loopback(std::string_view address) {
  const auto endpoint = loopback_endpoint(address);
  if (!endpoint) return tl::unexpected(endpoint.error());
  Fd fd(::socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return failure("socket", address);
  const int on = 1;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&endpoint->address), endpoint->size) != 0)
    return failure("bind", address);
  if (::listen(fd.get(), kBacklog) != 0) return failure("listen", address);
  std::string name = bound_name(fd.get(), address);
  return Listener(fd.release(), std::move(name));
}

Listener::~Listener() {
  if (fd_ < 0) return;
  struct stat info {};
  if (!path_.empty() && ::lstat(path_.c_str(), &info) == 0 && info.st_dev == device_ && info.st_ino == inode_)
    (void)::unlink(path_.c_str());
  ::close(fd_);
}

void Listener::forget() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      name_(std::move(other.name_)),
      path_(std::move(other.path_)),
      device_(other.device_),
      inode_(other.inode_) {}

}  // namespace weir::engine
