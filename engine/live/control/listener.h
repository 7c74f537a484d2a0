// A listening stream socket: a unix one with group and mode, or TCP on a loopback address.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace weir::engine {

struct UnixSocketSettings {
  std::string path;
  std::string group;   // that gets it; empty: the process's own
  mode_t mode = 0660;  // who may connect is who may write
};

class Listener {
 public:
  // A socket file that is there already is removed only when nobody listens on it; the folder is locked
  // meanwhile, so that of two runs that begin at once one wins. Nobody can connect before group and mode are
  // set.
  static tl::expected<Listener, std::string> on_unix_socket(const UnixSocketSettings& settings);
  // "127.0.0.1:9464", "[::1]:9464", "localhost:9464"; an address that others can reach is refused.
  static tl::expected<Listener, std::string> on_loopback(std::string_view address);
  // Closes, and removes the socket file unless another one is in its place.
  ~Listener();
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;

  // Closes and leaves the socket file alone: in a forked process.
  void forget();

  [[nodiscard]] int fd() const { return fd_; }
  // "unix:/run/weir/weir.sock", "127.0.0.1:9464": with the port that the system chose for 0.
  [[nodiscard]] const std::string& name() const { return name_; }
  // The path of a unix socket, else empty.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Listener(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  int fd_;
  std::string name_, path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// Whether somebody listens at this path.
bool is_listening(const std::string& path);

}  // namespace weir::engine
