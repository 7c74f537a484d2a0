#include "engine/live/control/notify.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "engine/live/workers/progress_watch.h"

namespace weir::engine {
namespace {

using std::chrono::microseconds, std::chrono::milliseconds;

// A service manager: a socket, and the environment that names it.
class Manager {
 public:
  explicit Manager(bool abstract) {
    const std::string path =
        abstract
            ? fmt::format("@weir-test-{}", ::getpid())
            : (std::filesystem::temp_directory_path() / fmt::format("weir-test-{}", ::getpid())).string();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (abstract) address.sun_path[0] = '\0';
    if (!abstract) path_ = path;
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    const auto bytes =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), bytes) == 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~Manager() {
    ::close(fd_);
    if (!path_.empty()) ::unlink(path_.c_str());
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // The next message, empty when there is none.
  std::string hear() {
    std::array<char, 1024> buffer{};
    const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
    return n > 0 ? std::string(buffer.data(), static_cast<std::size_t>(n)) : std::string{};
  }

 private:
  int fd_ = -1;
  std::string path_;
};

TEST_CASE("the service manager hears of start, reload and end") {
  for (const bool abstract : {false, true}) {
    Manager manager(abstract);
    ServiceNotifier notifier = ServiceNotifier::from_environment();
    REQUIRE(notifier.is_on());
    notifier.ready("inspecting\nwell");
    CHECK(manager.hear() == "READY=1\nSTATUS=inspecting well");
    notifier.reloading();
    CHECK(manager.hear().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    notifier.stopping();
    CHECK(manager.hear() == "STOPPING=1");
  }
}

TEST_CASE("a status is said once, and is one line of bounded length") {
  Manager manager(false);
  ServiceNotifier notifier = ServiceNotifier::from_environment();
  notifier.status("one");
  notifier.status("one");
  CHECK(manager.hear() == "STATUS=one");
  CHECK(manager.hear().empty());
  notifier.status(std::string(5000, 'x'));
  CHECK(manager.hear().size() == 507);
}

TEST_CASE("the watchdog hears of us at half of its time, while all is well") {
  Manager manager(true);
  ::setenv("WATCHDOG_USEC", "2000000", 1);
  ServiceNotifier notifier = ServiceNotifier::from_environment();
  REQUIRE(notifier.watchdog_interval() == microseconds(1'000'000));
  const auto begin = ServiceNotifier::Clock::now();
  notifier.watchdog(true, begin);
  CHECK(manager.hear() == "WATCHDOG=1");
  notifier.watchdog(true, begin + milliseconds(900));
  CHECK(manager.hear().empty());
  notifier.watchdog(false, begin + milliseconds(1100));
  CHECK(manager.hear().empty());
  notifier.watchdog(true, begin + milliseconds(1200));
  CHECK(manager.hear() == "WATCHDOG=1");
}

TEST_CASE("the watchdog of another process, or none, is none of ours") {
  Manager manager(true);
  CHECK_FALSE(ServiceNotifier::from_environment().watchdog_interval());
  ::setenv("WATCHDOG_USEC", "2000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  CHECK_FALSE(ServiceNotifier::from_environment().watchdog_interval());
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  CHECK(ServiceNotifier::from_environment().watchdog_interval());
  for (const char* wrong : {"0", "", "x", "-5", "1e3"}) {
    ::setenv("WATCHDOG_USEC", wrong, 1);
    CHECK_FALSE(ServiceNotifier::from_environment().watchdog_interval());
  }
}

TEST_CASE("without a service manager nothing is sent; a name that is none is said") {
  ::unsetenv("NOTIFY_SOCKET");
  ServiceNotifier none = ServiceNotifier::from_environment();
  CHECK_FALSE(none.is_on());
  CHECK(none.problem().empty());
  none.ready("nobody hears this");
  for (const std::string& name :
       {std::string("relative"), std::string("vsock:2:1"), "/" + std::string(200, 'x')}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    const ServiceNotifier wrong = ServiceNotifier::from_environment();
    CHECK_FALSE(wrong.is_on());
    CHECK(wrong.problem().find("NOTIFY_SOCKET") == 0);
  }
  ::setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
  ServiceNotifier::from_environment().ready("nobody is there");
  ::unsetenv("NOTIFY_SOCKET");
}

TEST_CASE("a worker that stands still longer than the limit is stuck") {
  ProgressWatch watch;
  const auto at = [begin = ProgressWatch::Clock::now()](int ms) { return begin + milliseconds(ms); };
  const auto moves = [&](std::vector<std::uint64_t> beats, int ms) {
    return watch.all_move(beats, at(ms), milliseconds(100));
  };
  CHECK(moves({0, 0}, 0));
  CHECK(moves({1, 1}, 90));
  CHECK(moves({2, 1}, 180));
  CHECK_FALSE(moves({3, 1}, 200));
  CHECK(moves({4, 2}, 210));
  CHECK(moves({5}, 300));        // one worker is gone on purpose
  CHECK(moves({5, 0, 0}, 350));  // new ones have their time from now on
  CHECK_FALSE(moves({6, 1, 0}, 460));
}

}  // namespace
}  // namespace weir::engine
