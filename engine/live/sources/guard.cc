#include "engine/live/sources/guard.h"

#include <linux/netfilter.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "engine/live/sources/nfqueue_socket.h"

namespace weir::engine {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
constexpr milliseconds kLook{20};    // between two looks at the pulses
constexpr milliseconds kPumping{2};  // while it judges packets

struct Order {
  std::uint32_t worker;
  std::uint16_t queue;
  std::uint16_t watch;  // 0: give the socket up
};

// The guard's own side: everything below runs in its process.
class Watcher {
 public:
  Watcher(int control, std::span<Pulse> pulses, const GuardSettings& settings, NfqueueSettings queues)
      : control_(control), pulses_(pulses), settings_(settings), queues_(queues), watched_(pulses.size()) {}

  void run() {
    for (;;) {
      pollfd control{control_, POLLIN, 0};
      const int events = ::poll(&control, 1, static_cast<int>((pumping_ ? kPumping : kLook).count()));
      if (events < 0 && errno != EINTR) return;
      if (events > 0 && !take_order()) return;
      pumping_ = false;
      for (std::size_t i = 0; i < watched_.size(); ++i)
        if (watched_[i].socket && is_stuck(i)) pump(i);
    }
  }

 private:
  struct Watched {
    std::optional<NfqueueSocket> socket;
    std::uint64_t beats = 0;
    Clock::time_point since;  // that beat
    bool taken_over = false;
  };

  // False when the engine is gone.
  bool take_order() {
    Order order{};
    iovec data{&order, sizeof order};
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))];
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    const ssize_t got = ::recvmsg(control_, &message, MSG_CMSG_CLOEXEC);
    if (got <= 0) return got < 0 && errno == EINTR;
    int fd = -1;
    if (const cmsghdr* extra = CMSG_FIRSTHDR(&message); extra != nullptr && extra->cmsg_type == SCM_RIGHTS)
      std::memcpy(&fd, CMSG_DATA(extra), sizeof fd);
    if (order.worker >= watched_.size()) return true;
    Watched& w = watched_[order.worker];
    w.socket.reset();
    if (order.watch != 0 && fd >= 0) {
      w.socket.emplace(NfqueueSocket::adopt(fd, order.queue, queues_));
      w.beats = pulses_[order.worker].beats.load();
      w.since = Clock::now();
    }
    return true;
  }

  bool is_stuck(std::size_t i) {
    Watched& w = watched_[i];
    const std::uint64_t beats = pulses_[i].beats.load(std::memory_order_relaxed);
    const auto now = Clock::now();
    if (beats != w.beats) {
      w.beats = beats;
      w.since = now;
      w.taken_over = false;
    }
    return now - w.since > settings_.patience;
  }

  // Everything that waits, passes.
  void pump(std::size_t i) {
    Watched& w = watched_[i];
    Pulse& pulse = pulses_[i];
    const NfqueueSocket::KernelVerdict pass{.verdict = NF_ACCEPT, .mark = {}, .payload = {}};
    if (!w.taken_over) {  // the packets that the worker has in its hands
      pulse.takeovers.fetch_add(1);
      w.taken_over = true;
      w.socket->judge_all_up_to(pulse.last_packet_id.load(), pass);
      w.socket->flush();
    }
    pumping_ = true;
    constexpr int kBatches = 64;
    for (int batch = 0; batch < kBatches; ++batch) {
      const auto packets = w.socket->receive(milliseconds(0));
      if (!packets || packets->empty()) return;
      w.socket->judge_all_up_to(packets->back().id, pass);
      w.socket->flush();
      pulse.passed.fetch_add(packets->size());
      if (pulse.beats.load() != w.beats) return;
    }
  }

  int control_;
  std::span<Pulse> pulses_;
  GuardSettings settings_;
  NfqueueSettings queues_;
  std::vector<Watched> watched_;
  bool pumping_ = false;
};

// What is meant for the engine does not concern the guard; only the engine's end does.
[[noreturn]] void be_guard(int control, pid_t engine, const PulseBoard& board, const GuardSettings& settings,
                           const NfqueueSettings& queues, const std::function<void()>& confine) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE})
    (void)std::signal(number, SIG_IGN);
  (void)::prctl(PR_SET_NAME, "weir-guard");
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != engine) ::_exit(0);
  confine();
  Watcher(control, board.pulses(), settings, queues).run();
  ::_exit(0);
}

void send_order(int control, const Order& order, int fd) {
  Order copy = order;
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

tl::expected<Guard, std::string> Guard::start(const PulseBoard& board, const GuardSettings& settings,
                                              const NfqueueSettings& queues,
                                              const std::function<void()>& confine) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return tl::unexpected(std::string("guard: socketpair: ") + std::strerror(errno));
  (void)std::signal(SIGCHLD, SIG_IGN);  // nobody waits for it
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
    be_guard(ends[1], engine, board, settings, queues, confine);
  }
  ::close(ends[1]);
  return Guard(ends[0]);
}

Guard::~Guard() {
  if (control_ >= 0) ::close(control_);
}

Guard::Guard(Guard&& other) noexcept : control_(std::exchange(other.control_, -1)) {}

void Guard::watch(std::size_t worker, int fd, std::uint16_t queue) {
  send_order(control_, {static_cast<std::uint32_t>(worker), queue, 1}, fd);
}

void Guard::release(std::size_t worker) {
  send_order(control_, {static_cast<std::uint32_t>(worker), 0, 0}, -1);
}

}  // namespace weir::engine
