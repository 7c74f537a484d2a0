// Builds the next rule set beside the running one, on a thread of its own that gives way to the workers.
//
// The owner (the main thread of a live run) calls start(), waits for fd() to become readable, takes the
// result, hands the new set to its workers (Pipeline::set_rules) and gives the old one back with retire(), so
// that it is freed here and not on a worker's thread. All calls come from one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/ruleset/reload_report.h"
#include "engine/ruleset/rule_setup.h"
#include "rules/set/rule_set.h"

namespace weir::engine {

// Where rules come from: all of it is read anew at each reload.
struct ReloadSources {
  std::string config;                 // the file of -c; empty: built-in defaults
  std::vector<std::string> settings;  // --set
  RuleSetupOptions rules;
  bool strict = false;    // any error keeps the old rules
  std::string cache_dir;  // of compiled patterns
};

class RuleReloader {
 public:
  struct Result {
    std::shared_ptr<const rules::RuleSet> rules;  // null: the old ones stay, report.error says why
    ReloadReport report;
  };

  // `first`: what loading the running rules said. A file that could not be read then is nothing new; any
  // other one that cannot be read makes a reload fail.
  RuleReloader(ReloadSources sources, const rules::LoadedRules& first);
  // Waits for what is under way.
  ~RuleReloader();
  RuleReloader(const RuleReloader&) = delete;
  RuleReloader& operator=(const RuleReloader&) = delete;

  // Begins to build the set that follows `current`, the one in force (not null). False: one is being built,
  // or its result has not been taken.
  bool start(std::shared_ptr<const rules::RuleSet> current);
  // Readable (poll) when there is a result.
  [[nodiscard]] int fd() const;
  std::optional<Result> take();
  // Frees it as soon as nobody else holds it, and gives the memory back to the system.
  void retire(std::shared_ptr<const rules::RuleSet> old);

 private:
  class Thread;
  std::unique_ptr<Thread> thread_;
};

// Builds it at once, on the calling thread. `unreadable` are files that may be missing; those of this time
// afterwards.
RuleReloader::Result reload_rules(const ReloadSources& sources, const rules::RuleSet& current,
                                  std::vector<std::string>& unreadable);

}  // namespace weir::engine
