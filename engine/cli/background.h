// Runs that go on without a terminal (-D), and files that say their process number (--pidfile).
#pragma once

#include <optional>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace weir::engine {

// Forks. The child leaves the terminal's session and goes on as the run: none comes back there, once. The parent waits
// until the run says that it is ready (as to a service manager), writes `pid_file` (empty: none) and comes back with the
// exit status for it: that of the run when it ends before it is ready. Before any thread is started. Fails with a text.
tl::expected<std::optional<int>, std::string> go_to_background(const std::string& pid_file);

// Standard error goes to the end of this file from now on. Fails with a text.
tl::expected<void, std::string> redirect_errors(const std::string& file);

// A file with the number of this process, removed with the object, if we still may. Refuses to take the place of one
// whose process is there.
class PidFile {
 public:
  static tl::expected<PidFile, std::string> write(const std::string& path, int pid);
  PidFile(PidFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PidFile& operator=(PidFile&&) = delete;
  ~PidFile();
  // It stays when the object goes: another process removes it.
  void leave() { path_.clear(); }

 private:
  explicit PidFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace weir::engine
