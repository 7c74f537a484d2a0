// The cage of a run: what a program that reads hostile traffic can still do when it has been taken over.
//
// Entered once, before the first thread that is to stay, and after privileges were dropped (privileges.h).
// The order is: folders made and handed over; user and capabilities; no core; files (Landlock); system calls
// (seccomp), last, as the others need calls that it refuses. What the kernel does not have is said and done
// without.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "engine/config/config.h"
#include "engine/live/confine/landlock.h"
#include "engine/live/confine/seccomp_filter.h"

namespace weir::engine {

// Built with AddressSanitizer or ThreadSanitizer. They ask for the affinity of each new thread by number, and the leak check
// stops all threads from another process: such a program runs without a filter of system calls.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
inline constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

// `weir.sandbox` and `weir.core-dumps`.
struct SandboxSettings {
  SeccompMode seccomp = SeccompMode::enforce;
  bool landlock = true;
  bool core_dumps = false;  // cores hold packets
  // Besides what the run is known to need; also security.landlock.directories, as Suricata has it.
  std::vector<std::string> read, write;

  // Fails with a text that names the key.
  static tl::expected<SandboxSettings, std::string> from(const Config& config);
};

// Enters it. `files` is what the run reads and writes; what every program needs (libraries, time zone, ...)
// is added. Gives what could not be done, one line each.
std::vector<std::string> enter_sandbox(const SandboxSettings& settings, LandlockRules files,
                                       const SeccompNeeds& calls);

}  // namespace weir::engine
