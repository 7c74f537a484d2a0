// Which system calls the process can still make: a seccomp filter (seccomp(2)) with the few dozen that a run
// needs.
//
// Holds for all threads of the process and for good. Needs no_new_privs. libseccomp writes the filter: it
// knows the numbers of every processor, and that one number can mean several calls.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tl/expected.hpp>

namespace weir::engine {

enum class SeccompMode : std::uint8_t {
  no,
  log,      // the kernel's audit log names what would have been refused
  enforce,  // refused with EPERM and counted
  kill      // ends the process
};

// What a run does besides reading, writing and computing.
struct SeccompNeeds {
  bool packets = false;  // makes AF_PACKET sockets (an interface that comes back), and asks about interfaces
  bool raw = false;      // makes raw sockets for IPv4 and IPv6 (resets, unreachables)
  bool any = false;      // makes all that libpcap does: those, UDP and netlink ones
  bool streams = false;  // connects over TCP, also later
  bool processes = false;  // forks, and starts no program; kills processes of its user
};

// In a process that has started no program yet and never will. Fails with a text, and nothing is restricted.
tl::expected<void, std::string> restrict_calls(SeccompMode mode, const SeccompNeeds& needs);

// Calls that were refused since the filter was set (enforce). From any thread.
std::uint64_t refused_calls();
// The names of those that this has not told yet. For one thread.
std::vector<std::string> newly_refused_calls();

}  // namespace weir::engine
