// Who a live run is and what it may do: from root with everything to a user with one or two capabilities.
//
// Capabilities and no_new_privs belong to threads: to be given up before the first thread is started. What
// needs them later (a raw socket for an interface that came back, a verdict) has what is kept.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "engine/config/config.h"

namespace weir::engine {

// Whom a run that is started by root becomes when nobody says otherwise, where there is such a user.
inline constexpr const char* kUsualUser = "weir";

// --user and --group, else `run-as: {user, group}`: names or numbers; else, for root, kUsualUser, if there is one. Empty:
// the run stays who it is.
struct RunAs {
  std::string user, group;
  static RunAs from(const Config& config, const std::string& user, const std::string& group);
  [[nodiscard]] bool is_asked_for() const { return !user.empty() || !group.empty(); }
};

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string user;        // for messages
  bool has_entry = false;  // in the user database: other groups of the user are kept
};

// Of a run that goes on as root: that it does, and how it need not; empty: it does not.
std::string warning_of_root(const RunAs& run_as, const std::optional<Identity>& identity);

// None when the run stays who it is. A user without a group has its own one. Fails with a text that says what
// to do: no such user, or somebody else than root asks to become another one.
tl::expected<std::optional<Identity>, std::string> find_identity(const RunAs& run_as);

// Makes `path` and the folders above it that are missing, and gives those it made to `identity`. A folder
// that was there stays whose it is. `mode`: of `path`, should it be made. Fails with "PATH: reason".
tl::expected<void, std::string> make_folder(const std::string& path, const std::optional<Identity>& identity,
                                            std::optional<mode_t> mode = std::nullopt);

// What is kept of root's powers, as far as it was there.
struct CapabilityNeeds {
  bool net_raw = true;     // AF_PACKET sockets, resets and unreachables
  bool net_admin = false;  // NFQUEUE: every message to it
  bool files = false;  // CAP_DAC_OVERRIDE: of a root that stays root, and writes where users own the folder
};

// Becomes `identity`, gives up all capabilities but those needed, also for programs that it might start
// (bounding set, no_new_privs). Fails with a text; the process is not to go on then.
tl::expected<void, std::string> drop_privileges(const std::optional<Identity>& identity,
                                                const CapabilityNeeds& needs);

// The part of it that a run which stays who it is needs before it can restrict itself.
tl::expected<void, std::string> forbid_new_privileges();

// "root", "weir": who we are now.
std::string current_user();

}  // namespace weir::engine
