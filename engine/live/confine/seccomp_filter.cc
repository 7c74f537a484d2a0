#include "engine/live/confine/seccomp_filter.h"

#include <linux/sched.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>

#include <fmt/format.h>

namespace weir::engine {
namespace {

// Without conditions. What a call can reach is Landlock's and the capabilities' business; what is left out
// here is what nothing in a run ever needs: other programs, other processes, mounts, keys, modules, clocks,
// namespaces.
constexpr std::array kAllowed{
    // memory
    SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
    SCMP_SYS(madvise), SCMP_SYS(mlock), SCMP_SYS(munlock), SCMP_SYS(mincore), SCMP_SYS(msync),
    SCMP_SYS(membarrier), SCMP_SYS(mbind), SCMP_SYS(set_mempolicy), SCMP_SYS(get_mempolicy),
    SCMP_SYS(memfd_create), SCMP_SYS(pkey_alloc), SCMP_SYS(pkey_free), SCMP_SYS(pkey_mprotect),
    // threads, time
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(set_robust_list),
    SCMP_SYS(get_robust_list), SCMP_SYS(rseq), SCMP_SYS(set_tid_address), SCMP_SYS(gettid), SCMP_SYS(getpid),
    SCMP_SYS(getppid), SCMP_SYS(arch_prctl), SCMP_SYS(sched_yield),

    SCMP_SYS(sched_get_priority_max), SCMP_SYS(sched_get_priority_min), SCMP_SYS(getcpu),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(times), SCMP_SYS(restart_syscall), SCMP_SYS(getrandom), SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime), SCMP_SYS(eventfd2), SCMP_SYS(pause),
    // signals
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn),
    SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigsuspend), SCMP_SYS(sigaltstack),
    SCMP_SYS(signalfd4),
    // files
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(write), SCMP_SYS(writev),
    SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(close),
    SCMP_SYS(close_range), SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(stat), SCMP_SYS(stat64),
    SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(lstat), SCMP_SYS(lstat64), SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64), SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(statfs64), SCMP_SYS(fstatfs),
    SCMP_SYS(fstatfs64), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(getdents), SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(chdir),
    SCMP_SYS(fchdir), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(unlink),
    SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(link),
    SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(truncate), SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range), SCMP_SYS(flock),
    SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(fadvise64), SCMP_SYS(fadvise64_64), SCMP_SYS(readahead),
    SCMP_SYS(sendfile), SCMP_SYS(sendfile64), SCMP_SYS(copy_file_range), SCMP_SYS(chmod), SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown), SCMP_SYS(fchownat), SCMP_SYS(umask),
    SCMP_SYS(utimensat), SCMP_SYS(utimes), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    // sockets, and waiting for them
    SCMP_SYS(socketpair), SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(listen), SCMP_SYS(accept),
    SCMP_SYS(accept4), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(recvmmsg_time64), SCMP_SYS(shutdown), SCMP_SYS(poll),
    SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64), SCMP_SYS(select), SCMP_SYS(_newselect), SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
    // about ourselves
    SCMP_SYS(getuid), SCMP_SYS(getuid32), SCMP_SYS(geteuid), SCMP_SYS(geteuid32), SCMP_SYS(getgid),
    SCMP_SYS(getgid32), SCMP_SYS(getegid), SCMP_SYS(getegid32), SCMP_SYS(getgroups), SCMP_SYS(getgroups32),
    SCMP_SYS(capget), SCMP_SYS(getrlimit), SCMP_SYS(ugetrlimit), SCMP_SYS(getrusage), SCMP_SYS(uname),
    SCMP_SYS(sysinfo)};

// The C library asks whether the kernel has these and does without.
constexpr std::array kUnknownToUs{SCMP_SYS(clone3), SCMP_SYS(openat2), SCMP_SYS(epoll_pwait2),
                                  SCMP_SYS(futex_waitv), SCMP_SYS(process_madvise)};
// So it does with calls that are newer than our list; numbers from here on are the same on every processor.
constexpr int kFirstNewerCall = 450, kLastNewerCall = 520;

constexpr std::array kPrctlOperations{PR_SET_NAME,      PR_GET_NAME,         PR_GET_DUMPABLE,
                                      PR_SET_DUMPABLE,  PR_GET_NO_NEW_PRIVS, PR_CAPBSET_READ,
                                      PR_SET_PDEATHSIG, 0x53564d41 /* PR_SET_VMA: names of mappings */};
constexpr std::array kNetworkFamilies{AF_INET, AF_INET6, AF_NETLINK, AF_PACKET};
constexpr scmp_datum_t kSocketType = 0xf;  // of socket(2)'s second argument; the rest are flags
// Of terminals only what asks (TIOCOUTQ is of sockets as well: what the other side has not confirmed); those of network interfaces all.
constexpr std::array kTerminalRequests{TCGETS, TIOCGWINSZ, TIOCOUTQ, FIONREAD, FIONBIO};
constexpr scmp_datum_t kInterfaceRequests = 0x8900, kRequestGroup = 0xff00;

constexpr std::size_t kCountedCalls = 1024;
enum class Seen : std::uint8_t { never, refused, told };
struct Refusals {
  std::atomic<std::uint64_t> total{0};
  std::array<std::atomic<Seen>, kCountedCalls> seen{};
};
Refusals refusals;  // a signal handler has no other way to it

#if defined(__x86_64__)
constexpr bool kCanRefuse = true;
void set_result(ucontext_t& context, long result) {
  context.uc_mcontext.gregs[REG_RAX] = result;
}
#elif defined(__aarch64__)
constexpr bool kCanRefuse = true;
void set_result(ucontext_t& context, long result) {
  context.uc_mcontext.regs[0] = static_cast<unsigned long long>(result);
}
#else
constexpr bool kCanRefuse = false;  // refused by the kernel, and not counted
void set_result(ucontext_t&, long) {}
#endif

// In place of a call that the filter refuses.
void refuse(int, siginfo_t* info, void* context) {
  set_result(*static_cast<ucontext_t*>(context), -EPERM);
  refusals.total.fetch_add(1, std::memory_order_relaxed);
  const auto number = static_cast<std::size_t>(info->si_syscall);
  Seen never = Seen::never;
  if (number < kCountedCalls)
    refusals.seen[number].compare_exchange_strong(never, Seen::refused, std::memory_order_relaxed);
}

bool catch_refusals() {
  struct sigaction action {};
  action.sa_sigaction = refuse;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  return ::sigaction(SIGSYS, &action, nullptr) == 0;
}

std::uint32_t action_of(SeccompMode mode) {
  switch (mode) {
    case SeccompMode::log: return SCMP_ACT_LOG;
    case SeccompMode::kill: return SCMP_ACT_KILL_PROCESS;
    default: return kCanRefuse ? SCMP_ACT_TRAP : SCMP_ACT_ERRNO(EPERM);
  }
}

class Filter {
 public:
  explicit Filter(SeccompMode mode) : context_(seccomp_init(action_of(mode))) {}

  [[nodiscard]] bool made() const { return context_ != nullptr; }
  // A call that this processor does not have is passed over.
  void allow(int call) { add(SCMP_ACT_ALLOW, call, {}); }
  void allow(int call, std::initializer_list<scmp_arg_cmp> conditions) {
    add(SCMP_ACT_ALLOW, call, conditions);
  }
  void pretend_missing(int call) { add(SCMP_ACT_ERRNO(ENOSYS), call, {}); }

  // 0, or a negative error code; the first that came up.
  int load() {
    // Otherwise old kernels slow the whole process down (speculative store bypass), for the sake of programs
    // that run other people's code.
    (void)seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_SSB, 1);
    (void)seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    note(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
    return error_ != 0 ? error_ : seccomp_load(context_.get());
  }

 private:
  // All conditions hold.
  void add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> conditions) {
    if (call < 0) return;  // a name that libseccomp keeps for other processors
    note(seccomp_rule_add_array(context_.get(), action, call, static_cast<unsigned>(conditions.size()),
                                conditions.begin()));
  }
  void note(int error) {
    if (error_ == 0) error_ = error;
  }
  struct Release {
    void operator()(void* context) const { seccomp_release(context); }
  };
  std::unique_ptr<void, Release> context_;
  int error_ = 0;
};

scmp_arg_cmp equals(unsigned argument, long long value) {
  return {argument, SCMP_CMP_EQ, static_cast<scmp_datum_t>(value), 0};
}
scmp_arg_cmp has_bits(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

// Calls about a process or a thread, which 0 says is the calling one.
constexpr std::array kAboutItself{SCMP_SYS(prlimit64), SCMP_SYS(sched_getaffinity),
                                  SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_getparam),
                                  SCMP_SYS(sched_getscheduler)};

void add_sockets(Filter& filter, const SeccompNeeds& needs) {
  const int call = SCMP_SYS(socket);
  filter.allow(call, {equals(0, AF_UNIX)});
  if (needs.packets) filter.allow(call, {equals(0, AF_PACKET)});
  if (needs.raw)
    for (const int family : {AF_INET, AF_INET6})
      filter.allow(call, {equals(0, family), has_bits(1, kSocketType, SOCK_RAW)});
  // Of other protocols (SCTP, MPTCP) nothing is needed.
  if (needs.streams)
    for (const int family : {AF_INET, AF_INET6})
      for (const int protocol : {0, static_cast<int>(IPPROTO_TCP)})
        filter.allow(call, {equals(0, family), has_bits(1, kSocketType, SOCK_STREAM), equals(2, protocol)});
  if (needs.any)
    for (const int family : kNetworkFamilies) filter.allow(call, {equals(0, family)});
}

void add_conditional(Filter& filter, const SeccompNeeds& needs) {
  const long long self = ::getpid();
  filter.allow(SCMP_SYS(clone), {has_bits(0, CLONE_THREAD, CLONE_THREAD)});
  // As fork(3) does it.
  if (needs.processes) {
    filter.allow(SCMP_SYS(clone), {equals(0, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD)});
    filter.allow(SCMP_SYS(kill), {equals(1, SIGKILL)});
  }
  filter.allow(SCMP_SYS(tgkill), {equals(0, self)});
  filter.allow(SCMP_SYS(rt_tgsigqueueinfo), {equals(0, self)});
  for (const int call : kAboutItself) {
    filter.allow(call, {equals(0, 0)});
    filter.allow(call, {equals(0, self)});
  }
  filter.allow(SCMP_SYS(setpriority), {equals(0, PRIO_PROCESS), equals(1, 0)});
  for (const int operation : kPrctlOperations) filter.allow(SCMP_SYS(prctl), {equals(0, operation)});
  add_sockets(filter, needs);
  for (const int request : kTerminalRequests) filter.allow(SCMP_SYS(ioctl), {equals(1, request)});
  if (needs.packets || needs.any)
    filter.allow(SCMP_SYS(ioctl), {has_bits(1, kRequestGroup, kInterfaceRequests)});
}

}  // namespace

tl::expected<void, std::string> restrict_calls(SeccompMode mode, const SeccompNeeds& needs) {
  if (mode == SeccompMode::no) return {};
  if (mode == SeccompMode::enforce && kCanRefuse && !catch_refusals())
    return tl::unexpected(fmt::format("seccomp: SIGSYS: {}", std::strerror(errno)));
  Filter filter(mode);
  if (!filter.made()) return tl::unexpected(std::string("seccomp: no filter can be made"));
  for (const int call : kAllowed) filter.allow(call);
  for (const int call : kUnknownToUs) filter.pretend_missing(call);
  for (int call = kFirstNewerCall; call <= kLastNewerCall; ++call) filter.pretend_missing(call);
  add_conditional(filter, needs);
  if (const int error = filter.load(); error != 0)
    return tl::unexpected(fmt::format("seccomp: {}", std::strerror(-error)));
  return {};
}

std::uint64_t refused_calls() {
  return refusals.total.load(std::memory_order_relaxed);
}

std::vector<std::string> newly_refused_calls() {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < kCountedCalls; ++i) {
    if (refusals.seen[i].load(std::memory_order_relaxed) != Seen::refused) continue;
    refusals.seen[i].store(Seen::told, std::memory_order_relaxed);
    char* name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(i));
    out.push_back(name != nullptr ? std::string(name) : fmt::format("number {}", i));
    std::free(name);
  }
  return out;
}

}  // namespace weir::engine
