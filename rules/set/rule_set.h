// All signatures of a run, grouped and compiled for matching: immutable, shared by all workers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rules/compile/rule_builder.h"
#include "rules/compile/signature.h"
#include "rules/load/rule_loader.h"
#include "rules/state/shared_state.h"

namespace weir::rules {

class RuleSet;

struct RuleSetOptions {
  unsigned threads = 1;       // for compiling
  std::string cache_dir;      // where compiled databases are kept; empty: nowhere
  // The set that this one is to replace while a run goes on; null for the first one. Used while building only.
  const RuleSet* previous = nullptr;
};

class RuleSet {
 public:
  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;
  // Groups and compiles. The environment's name tables are copied in: EVE prints flowbits by name.
  static std::shared_ptr<const RuleSet> build(std::vector<LoadedSignature> signatures,
                                              const RuleEnvironment& environment, const RuleSetOptions& options);
  // Of the set that replaces this one: names keep their numbers, so that flow bits, flow variables and bits on hosts
  // that are set mean the same to both; data sets that came from no file go on with the values that they have; rules
  // whose text is still there are taken over as they are, when the environment is as it was and the texts of former
  // rules have not become many times what the rules need. Call it when the
  // environment is complete and before rules are loaded into it, on one thread for all sets of a run.
  void hand_on(RuleEnvironment& environment) const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] const NameTable& flowbit_names() const;
  [[nodiscard]] const NameTable& flowint_names() const;
  // What parsers are to make for these rules.
  [[nodiscard]] const Requested& requested() const;

  struct Program;  // rules/set/program.h: what engine/detect/detect.cc works with
  [[nodiscard]] const Program& program() const { return *program_; }

 private:
  explicit RuleSet(std::unique_ptr<const Program> program);
  std::unique_ptr<const Program> program_;
};

}  // namespace weir::rules
