#include "engine/live/confine/sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace weir::engine {
namespace {

namespace fs = std::filesystem;

tl::expected<SandboxSettings, std::string> read(const std::string& text) {
  auto config = Config::parse(text, "t.yaml", ".");
  REQUIRE(config);
  return SandboxSettings::from(*config);
}

// What is given up does not come back, so a child does it. Gives its exit status; 128 and the signal when one
// ended it.
int in_child(const std::function<int()>& what) {
  const pid_t child = ::fork();
  if (child == 0) {
    (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::_exit(what());
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// The first of the numbered claims that does not hold; 0 when all do.
int first_wrong(std::initializer_list<bool> claims) {
  int number = 0;
  for (const bool claim : claims) {
    ++number;
    if (!claim) return number;
  }
  return 0;
}

bool opens(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

class Folders {
 public:
  Folders() {
    fs::create_directories(root_ / "read/below");
    fs::create_directories(root_ / "write");
    fs::create_directories(root_ / "other");
    for (const char* file : {"read/a", "read/below/b", "write/c", "other/d", "other/e"})
      std::ofstream(root_ / file) << "x";
  }
  ~Folders() { fs::remove_all(root_); }
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;
  [[nodiscard]] fs::path operator/(const char* name) const { return root_ / name; }

 private:
  fs::path root_ = fs::temp_directory_path() / fmt::format("weir-sandbox-test-{}", ::getpid());
};

TEST_CASE("the sandbox is on unless the configuration says otherwise") {
  const auto settings = read("weir: {}\n");
  REQUIRE(settings);
  CHECK(settings->seccomp == SeccompMode::enforce);
  CHECK(settings->landlock);
  CHECK_FALSE(settings->core_dumps);
}

TEST_CASE("each part of the sandbox has its key") {
  struct Row {
    const char* text;
    SeccompMode mode;
  };
  for (const Row& row :
       {Row{"no", SeccompMode::no}, Row{"log", SeccompMode::log}, Row{"kill", SeccompMode::kill},
        Row{"enforce", SeccompMode::enforce}, Row{"yes", SeccompMode::enforce}}) {
    const auto settings = read(fmt::format("weir: {{sandbox: {{seccomp: {}}}}}\n", row.text));
    REQUIRE(settings);
    CHECK(settings->seccomp == row.mode);
  }
  const auto settings = read(
      "weir: {core-dumps: yes, sandbox: {landlock: no, read: [/a, /b], write: /c}}\n"
      "security: {landlock: {enabled: no, directories: {read: [/d], write: [/e]}}}\n");
  REQUIRE(settings);
  CHECK(settings->core_dumps);
  CHECK_FALSE(settings->landlock);
  CHECK(settings->read == std::vector<std::string>{"/a", "/b", "/d"});
  CHECK(settings->write == std::vector<std::string>{"/c", "/e"});
  const auto wrong = read("weir: {sandbox: {seccomp: maybe}}\n");
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error() == "weir.sandbox.seccomp: 'maybe': expected enforce, log, kill or no");
}

TEST_CASE("with Landlock only the named files can be reached, by threads too") {
  if (landlock_version() == 0) {
    MESSAGE("left out: this kernel has no Landlock");
    return;
  }
  const Folders at;
  CHECK(in_child([&] {
          const LandlockRules rules{
              .read = {(at / "read").string(), (at / "nowhere").string(), (at / "other/e").string()},
              .write = {(at / "write").string()}};
          if (!restrict_files(rules)) return 100;
          bool thread_opened = true;
          std::thread([&] { thread_opened = opens(at / "other/d", O_RDONLY); }).join();
          return first_wrong(
              {opens(at / "read/a", O_RDONLY), opens(at / "read/below/b", O_RDONLY),
               !opens(at / "read/a", O_WRONLY), !opens(at / "read/new", O_WRONLY | O_CREAT),
               opens(at / "write/c", O_RDWR | O_APPEND), opens(at / "write/new", O_WRONLY | O_CREAT),
               ::rename((at / "write/new").c_str(), (at / "write/old").c_str()) == 0,
               ::unlink((at / "write/old").c_str()) == 0, ::mkdir((at / "write/sub").c_str(), 0700) == 0,
               !opens(at / "other/d", O_RDONLY), opens(at / "other/e", O_RDONLY),
               !opens("/etc/shadow", O_RDONLY),
               ::rename((at / "write/c").c_str(), (at / "other/c").c_str()) != 0, !thread_opened});
        }) == 0);
}

TEST_CASE("a refused system call fails, is counted, and is named once") {
  CHECK(in_child([] {
          if (!restrict_calls(SeccompMode::enforce, {})) return 100;
          errno = 0;
          const bool forked = ::fork() >= 0;
          const bool fork_refused = errno == EPERM;
          const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
          (void)::execl("/bin/true", "true", nullptr);
          const auto named = newly_refused_calls();
          const auto has = [&](const char* name) {
            return std::find(named.begin(), named.end(), name) != named.end();
          };
          return first_wrong({!forked, fork_refused, socket < 0, refused_calls() >= 3, has("socket"),
                              has("execve"), newly_refused_calls().empty(),
                              ::socket(AF_INET, SOCK_DGRAM, 0) < 0, newly_refused_calls().empty(),
                              ::socket(AF_UNIX, SOCK_DGRAM, 0) >= 0});
        }) == 0);
}

TEST_CASE("what a run does goes on behind the filter" * doctest::skip(kSanitized)) {
  const Folders at;
  CHECK(in_child([&] {
          std::atomic<bool> stop{false};
          std::thread before([&] {
            while (!stop) std::this_thread::yield();
          });
          if (!restrict_calls(SeccompMode::enforce, {.any = true})) return 100;
          stop = true;
          before.join();
          std::atomic<int> ran{0};
          std::vector<std::thread> threads;
          for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
              std::vector<char> memory(4 << 20, 1);
              ran += memory.back();
            });
          for (std::thread& thread : threads) thread.join();
          std::ofstream(at / "write/f") << "text" << std::flush;
          std::error_code error;
          fs::rename(at / "write/f", at / "write/g", error);
          return first_wrong({ran == 4, !error, fs::file_size(at / "write/g", error) == 4,
                              ::socket(AF_INET6, SOCK_STREAM, 0) >= 0, ::socket(AF_NETLINK, SOCK_RAW, 0) >= 0,
                              refused_calls() == 0});
        }) == 0);
}

TEST_CASE("a run makes the sockets that its capture needs, and no others") {
  struct Row {
    SeccompNeeds needs;
    bool packets, raw, udp, netlink, processes;
  };
  for (const Row& row : {Row{{}, false, false, false, false, false},
                         Row{{.packets = true, .raw = true}, true, true, false, false, false},
                         Row{{.raw = true}, false, true, false, false, false},
                         Row{{.packets = true, .any = true}, true, true, true, true, false},
                         Row{{.streams = true}, false, false, false, false, false},
                         Row{{.processes = true}, false, false, false, false, true}})
    CHECK(in_child([&] {
            if (!restrict_calls(SeccompMode::enforce, row.needs)) return 100;
            // Not permitted by the filter, or by anything else (a test that is not root's): both are EPERM, but only what
            // the filter refuses is counted.
            const auto lets = [](const std::function<void()>& call) {
              const std::uint64_t before = refused_calls();
              call();
              return refused_calls() == before;
            };
            const auto makes = [&](int family, int type, int protocol = 0) {
              return lets([&] { (void)::socket(family, type | SOCK_CLOEXEC, protocol); });
            };
            const bool streams = row.udp || row.needs.streams;
            return first_wrong({makes(AF_UNIX, SOCK_STREAM), makes(AF_PACKET, SOCK_RAW) == row.packets,
                                makes(AF_INET, SOCK_RAW) == row.raw, makes(AF_INET6, SOCK_RAW) == row.raw,
                                makes(AF_INET, SOCK_DGRAM) == row.udp, makes(AF_INET6, SOCK_DGRAM) == row.udp,
                                makes(AF_INET, SOCK_STREAM) == streams,
                                makes(AF_INET6, SOCK_STREAM, IPPROTO_TCP) == streams,
                                makes(AF_INET, SOCK_STREAM, IPPROTO_SCTP) == row.udp,
                                makes(AF_NETLINK, SOCK_RAW) == row.netlink, lets([] {
                                                                              if (::fork() == 0) ::_exit(0);
                                                                            }) == row.processes});
          }) == 0);
}

TEST_CASE("limits and scheduling are a process's own") {
  const pid_t other = ::getpid();
  CHECK(in_child([other] {
          if (!restrict_calls(SeccompMode::enforce, {.raw = true})) return 100;
          cpu_set_t cores;
          rlimit limit{};
          const bool own = ::sched_getaffinity(0, sizeof cores, &cores) == 0 &&
                           ::sched_setaffinity(0, sizeof cores, &cores) == 0 &&
                           ::prlimit(0, RLIMIT_NOFILE, nullptr, &limit) == 0 &&
                           ::setpriority(PRIO_PROCESS, 0, 5) == 0;
          const bool quiet = refused_calls() == 0;
          return first_wrong({own, quiet, ::sched_setaffinity(other, sizeof cores, &cores) != 0,
                              ::sched_getscheduler(other) < 0,
                              ::prlimit(other, RLIMIT_NOFILE, &limit, nullptr) != 0,
                              ::setpriority(PRIO_PROCESS, static_cast<id_t>(other), 5) != 0,
                              ::setpriority(PRIO_USER, 0, 5) != 0, refused_calls() == 5});
        }) == 0);
}

TEST_CASE("with Landlock nobody is connected to or listened for, as far as the kernel knows how") {
  constexpr int kKnowsTcp = 4, kKnowsAbstract = 6;
  const int version = landlock_version();
  if (version < kKnowsTcp) {
    MESSAGE("left out: this kernel's Landlock does not know TCP");
    return;
  }
  const auto abstract_name = [] {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    fmt::format_to(address.sun_path + 1, "weir-sandbox-test-{}", ::getpid());
    return address;
  }();
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto* const name = reinterpret_cast<const sockaddr*>(&abstract_name);
  REQUIRE(::bind(listener, name, sizeof abstract_name) == 0);
  REQUIRE(::listen(listener, 8) == 0);
  for (const bool allowed : {true, false})
    CHECK(in_child([&] {
            if (!restrict_files({.read = {"/"}, .write = {}, .tcp = allowed, .abstract_sockets = allowed}))
              return 100;
            sockaddr_in any{};
            any.sin_family = AF_INET;
            any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            const int tcp = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const bool bound = ::bind(tcp, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
            const int peer = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const bool connected = ::connect(peer, name, sizeof abstract_name) == 0;
            return first_wrong({bound == allowed, connected == (allowed || version < kKnowsAbstract)});
          }) == 0);
  ::close(listener);
}

TEST_CASE("with Landlock a process connects to the ports that it may connect to, and to no others") {
  constexpr int kKnowsTcp = 4;
  if (landlock_version() < kKnowsTcp) {
    MESSAGE("left out: this kernel's Landlock does not know TCP");
    return;
  }
  // Two listeners on ports of the kernel's choice.
  std::array<int, 2> listeners{};
  std::array<sockaddr_in, 2> names{};
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    listeners[i] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    names[i].sin_family = AF_INET;
    names[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const name = reinterpret_cast<sockaddr*>(&names[i]);
    socklen_t size = sizeof names[i];
    REQUIRE(::bind(listeners[i], name, size) == 0);
    REQUIRE(::listen(listeners[i], 8) == 0);
    REQUIRE(::getsockname(listeners[i], name, &size) == 0);
  }
  CHECK(in_child([&] {
          if (!restrict_files({.read = {"/"}, .write = {}, .connect_ports = {ntohs(names[0].sin_port)}}))
            return 100;
          const auto connects = [](const sockaddr_in& name) {
            const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            return ::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
          };
          return first_wrong({connects(names[0]), !connects(names[1])});
        }) == 0);
  for (const int fd : listeners) ::close(fd);
}

TEST_CASE("a filter that kills does, one that logs lets pass") {
  CHECK(in_child([] {
          if (!restrict_calls(SeccompMode::kill, {})) return 100;
          (void)::fork();
          return 0;
        }) == 128 + SIGSYS);
  CHECK(in_child([] {
          if (!restrict_calls(SeccompMode::log, {})) return 100;
          const pid_t child = ::fork();
          if (child == 0) ::_exit(0);
          return first_wrong({child > 0, refused_calls() == 0});
        }) == 0);
}

}  // namespace
}  // namespace weir::engine
