// What a run of the command line needs, and nothing else: user, capabilities, files, system calls.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "engine/config/config.h"

namespace weir::engine {

// What of a run's command line and rules confinement has to know.
struct ConfinementPlan {
  std::string user, group;  // empty: as configured
  std::string log_dir;
  bool own_log_dir = false;  // the user named it
  std::string cache_dir;     // of compiled patterns; empty: none
  std::vector<std::string> rule_files;  // files and globs that rules are read from, now and at a reload
  std::string data_dir;                 // read and written by rules; empty: none
  std::vector<std::string> data_files;  // written, each by way of a new file beside it
  std::vector<std::string> folders;     // of flow records: written to
  std::vector<std::string> export_files;     // likewise, files
  std::vector<std::string> rotated_files;    // of those: others take their place while the run goes on
  std::vector<std::uint16_t> connect_ports;  // TCP: those of collectors
  bool makes_connections = false;            // to those, also later: its sockets are not made before
  std::vector<std::string> captures;    // files and folders that are read, and what links in those folders lead to
  bool libpcap = false;                 // interfaces are heard through it
  bool watched = false;                 // somebody reads what is only worth knowing
};

// A run on interfaces or queues, in two steps; a process that is to live beside it is forked in between. Both
// fail with a text that says what to do.
//
// First: makes the folders that it writes to, and becomes the user of run-as with the capabilities that are
// needed. To be called when the configuration is read and nothing else: rules, logs and sockets are opened by
// the user that the run is from then on, so what a reload, a rotation or a lost interface opens later is open
// to it, too.
tl::expected<void, std::string> become_live_user(const ConfinementPlan& plan, const Config& config,
                                                 bool prevent);
// Second: enters the sandbox. Before any thread is started. `sockets`: files that the run removes when it
// ends.
tl::expected<void, std::string> confine_live(const ConfinementPlan& plan, const Config& config, bool prevent,
                                             const std::vector<std::string>& sockets);
// A run that takes in flow records, in two steps; both fail with a text that says what to do. `plan.folders` are those that it writes
// to; `plan.log_dir` is empty when it writes no logs.
//
// First, when its sockets are open and nothing else is: makes the folders. One that `receives` records also becomes the user of
// run-as, without any capability.
tl::expected<void, std::string> become_collector_user(const ConfinementPlan& plan, const Config& config,
                                                      bool receives);
// Second, when rules, indicators and logs are open: enters the sandbox with those folders and the files of `plan.captures`.
// `socket`: a file that the run removes when it ends; empty: none.
tl::expected<void, std::string> confine_collector(const ConfinementPlan& plan, const Config& config,
                                                  bool receives, const std::string& socket);
// In the guard's process: it needs its sockets and nothing else.
void confine_guard(const Config& config);

// A run over captures that clients name, wherever they lie: the file system stays open to it.
tl::expected<void, std::string> confine_captures(const Config& config);

// A run over files: stays who it is, and enters the sandbox when all that it writes is open. What this kernel
// lacks is told to who watches. Fails when the configuration is wrong.
tl::expected<void, std::string> confine_offline(const ConfinementPlan& plan, const Config& config);

}  // namespace weir::engine
