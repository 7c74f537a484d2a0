#include "engine/live/sources/guard_watcher.h"

#include <linux/netfilter.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace weir::engine {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLook{20};    // between two looks at the pulses
constexpr milliseconds kPumping{2};  // while it judges packets

}  // namespace

void GuardWatcher::run(Spare spare, const std::function<Spare()>& next_spare) {
  for (;;) {
    guards_.guard.fetch_add(1, std::memory_order_relaxed);
    std::array<pollfd, 2> awaited{pollfd{control_, POLLIN, 0}, pollfd{spare.lifeline, POLLIN, 0}};
    const int events =
        ::poll(awaited.data(), awaited.size(), static_cast<int>((pumping_ ? kPumping : kLook).count()));
    if (events < 0 && errno != EINTR) return;
    if (events > 0 && awaited[1].revents != 0)
      spare = next_spare();
    else
      look_at_spare(spare);
    if (events > 0 && awaited[0].revents != 0 && !take_order()) return;
    pumping_ = false;
    for (std::size_t i = 0; i < watched_.size(); ++i)
      if (watched_[i].socket && is_stuck(i)) pump(i);
  }
}

// One that was stopped could not take our place.
void GuardWatcher::look_at_spare(const Spare& spare) {
  if (spare.lifeline < 0) return;
  if (!spare_silence_.is_silent(guards_.spare.load(std::memory_order_relaxed), Clock::now())) return;
  (void)::kill(spare.process, SIGKILL);
  spare_silence_.begin_anew();
}

// False when the engine is gone.
bool GuardWatcher::take_order() {
  GuardOrder order{};
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

bool GuardWatcher::is_stuck(std::size_t i) {
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
void GuardWatcher::pump(std::size_t i) {
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

}  // namespace weir::engine
