#include "engine/live/sources/guard.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/live/sources/guard_watcher.h"

namespace weir::engine {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kBeforeTakingOver{
    100};  // one that ends at once is not to be started again and again at once
constexpr unsigned kLooksOfEngine = 3 * SilenceWatch::kLooks;  // guard and spare see to each other first
constexpr milliseconds kAdoption{
    1000};  // the kernel gives the spare to the engine a moment after the guard's end

// What the guard and its spares know of the run; the same in all of them.
struct Post {
  int control;  // their end of the socket pair: one that takes over finds what was sent meanwhile
  pid_t engine;
  std::span<Pulse> pulses;
  GuardPulse* guards;
  GuardSettings settings;
  NfqueueSettings queues;
};

[[noreturn]] void stand_guard(const Post& post);

// True when the engine has become our parent, as it does when the guard ends before it.
bool is_adopted(const Post& post, pid_t guard) {
  const auto until = std::chrono::steady_clock::now() + kAdoption;
  while (::getppid() == guard && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(milliseconds(1));
  return ::getppid() == post.engine;
}

// Waits for the guard's end, which ends the other side of `lifeline`; one that does not get on is helped to it.
GuardNews outlive(const Post& post, int lifeline, pid_t guard) {
  constexpr milliseconds kWait = SilenceWatch::kBetweenLooks / 2;
  GuardNews how = GuardNews::replaced;
  SilenceWatch silence;
  for (;;) {
    post.guards->spare.fetch_add(1, std::memory_order_relaxed);
    pollfd end{lifeline, POLLIN, 0};
    const int events = ::poll(&end, 1, static_cast<int>(kWait.count()));
    if (events > 0) return how;
    if (events < 0 && errno != EINTR) return how;
    const auto now = std::chrono::steady_clock::now();
    if (!silence.is_silent(post.guards->guard.load(std::memory_order_relaxed), now)) continue;
    if (::getppid() == guard) (void)::kill(guard, SIGKILL);
    how = GuardNews::replaced_silent;
    silence.begin_anew();
  }
}

[[noreturn]] void be_spare(const Post& post, int lifeline, pid_t guard) {
  (void)::prctl(PR_SET_NAME, "weir-spare");
  const GuardNews how = outlive(post, lifeline, guard);
  ::close(lifeline);
  if (!is_adopted(post, guard)) ::_exit(0);
  std::this_thread::sleep_for(kBeforeTakingOver);
  (void)::send(post.control, &how, sizeof how, MSG_NOSIGNAL | MSG_DONTWAIT);
  stand_guard(post);
}

// None when there can be none: then the guard stands alone.
GuardWatcher::Spare make_spare(const Post& post, GuardWatcher& watcher) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return {};
  const pid_t guard = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    watcher.forget();
    be_spare(post, ends[1], guard);
  }
  ::close(ends[1]);
  if (child > 0) return {ends[0], child};
  ::close(ends[0]);
  return {};
}

void stand_guard(const Post& post) {
  (void)::prctl(PR_SET_NAME, "weir-guard");
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != post.engine) ::_exit(0);
  GuardWatcher watcher(post.control, post.pulses, *post.guards, post.settings, post.queues);
  GuardWatcher::Spare spare = make_spare(post, watcher);
  watcher.run(spare, [&] {
    ::close(spare.lifeline);
    std::this_thread::sleep_for(milliseconds(1));
    spare = make_spare(post, watcher);
    return spare;
  });
  ::_exit(0);
}

// What is meant for the engine does not concern the guard; only the engine's end does.
[[noreturn]] void be_guard(const Post& post, const std::function<void()>& confine) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE})
    (void)std::signal(number, SIG_IGN);
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != post.engine) ::_exit(0);
  confine();
  stand_guard(post);
}

void send_order(int control, const GuardOrder& order, int fd) {
  GuardOrder copy = order;
  iovec data{&copy, sizeof copy};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    cmsghdr* extra = CMSG_FIRSTHDR(&message);
    extra->cmsg_level = SOL_SOCKET;
    extra->cmsg_type = SCM_RIGHTS;
    extra->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(extra), &fd, sizeof fd);
  }
  (void)::sendmsg(control, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

struct Guard::Engine {
  struct Socket {
    int fd;
    std::uint16_t queue;
  };
  Engine(int end, const GuardPulse& pulse) : control(end), pulses(pulse) {}
  ~Engine() { ::close(control); }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const int control;                      // a socket pair; its closing ends the guard
  std::mutex lock;                        // of `sockets`, and while orders are sent
  std::map<std::size_t, Socket> sockets;  // by worker
  bool told_gone = false;
  const GuardPulse& pulses;
  SilenceWatch silence{kLooksOfEngine};
};

Guard::Guard(int control, const GuardPulse& pulses) : engine_(std::make_unique<Engine>(control, pulses)) {}
Guard::~Guard() = default;
Guard::Guard(Guard&& other) noexcept = default;

tl::expected<Guard, std::string> Guard::start(const PulseBoard& board, const GuardSettings& settings,
                                              const NfqueueSettings& queues,
                                              const std::function<void()>& confine) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return tl::unexpected(std::string("guard: socketpair: ") + std::strerror(errno));
  (void)std::signal(SIGCHLD, SIG_IGN);  // nobody waits for it
  (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);  // a spare that takes over is our child
  const pid_t engine = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    const int error = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    return tl::unexpected(std::string("guard: fork: ") + std::strerror(error));
  }
  if (child == 0) {
    ::close(ends[0]);
    be_guard({ends[1], engine, board.pulses(), &board.guards(), settings, queues}, confine);
  }
  ::close(ends[1]);
  return Guard(ends[0], board.guards());
}

void Guard::watch(std::size_t worker, int fd, std::uint16_t queue) {
  const std::lock_guard guard(engine_->lock);
  engine_->sockets[worker] = {fd, queue};
  send_order(engine_->control, {static_cast<std::uint32_t>(worker), queue, 1}, fd);
}

void Guard::release(std::size_t worker) {
  const std::lock_guard guard(engine_->lock);
  engine_->sockets.erase(worker);
  send_order(engine_->control, {static_cast<std::uint32_t>(worker), 0, 0}, -1);
}

int Guard::fd() const {
  return engine_->control;
}

GuardNews Guard::news() {
  GuardNews hello = GuardNews::replaced;
  const ssize_t got = ::recv(engine_->control, &hello, sizeof hello, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return GuardNews::none;
  if (got <= 0) return std::exchange(engine_->told_gone, true) ? GuardNews::none : GuardNews::gone;
  const std::lock_guard guard(engine_->lock);
  for (const auto& [worker, socket] : engine_->sockets)
    send_order(engine_->control, {static_cast<std::uint32_t>(worker), socket.queue, 1}, socket.fd);
  return hello;
}

bool Guard::is_silent() {
  return engine_->silence.is_silent(engine_->pulses.guard.load(std::memory_order_relaxed),
                                    SilenceWatch::Clock::now());
}

}  // namespace weir::engine
