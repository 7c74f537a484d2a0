// The kernel's Landlock (landlock(7)): which files the process can still reach, whoever it is.
//
// Raw system calls: the C library has none, and there are three. Holds for the calling thread and those that
// it starts afterwards, for good. Needs no_new_privs. What is open already stays usable.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tl/expected.hpp>

namespace weir::engine {

struct LandlockRules {
  // Files, and folders with all below them. What does not exist is passed over.
  std::vector<std::string> read;   // also to map libraries from
  std::vector<std::string> write;  // read, make, rename, remove, change
  bool tcp = false;                // may the process connect, and bind to ports (kernel 6.7)
  std::vector<std::uint16_t> connect_ports;  // those that it may connect to nevertheless
  bool signals = false;            // may it send any to others (kernel 6.12)
  bool abstract_sockets = false;   // may it connect to unix sockets of others that have no path (kernel 6.12)
};

// 0: this kernel has none.
int landlock_version();

// Restricts what this kernel's version can. Fails with a text, and nothing is restricted.
tl::expected<void, std::string> restrict_files(const LandlockRules& rules);

}  // namespace weir::engine
