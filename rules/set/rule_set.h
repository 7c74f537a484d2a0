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
  // Prepares the environment in which the rules that replace these will be loaded. Names get the numbers that they have
  // here, so that flow bits, flow variables and bits on hosts keep their meaning. Data sets that are this run's own go on
  // with their values. Rules whose text comes again are not compiled again, if variables, classes and so on are as they were;
  // unless so many texts of former rules have gathered that it is better to begin anew. Call it when the environment is
  // complete and before rules are loaded into it, on one thread for all sets of a run.
  void hand_on(RuleEnvironment& environment) const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] const NameTable& flowbit_names() const;
  [[nodiscard]] const NameTable& flowint_names() const;
  [[nodiscard]] const NameTable& variable_names() const;
  // What parsers are to make for these rules.
  [[nodiscard]] const Requested& requested() const;
  // Why the cache could not be used while it was built; empty: it could, or none was wanted. "/path: reason".
  [[nodiscard]] const std::string& cache_problem() const;

  // The data set of that name that rules or configuration have made; null when there is none. Its values may be changed
  // while the rules are in use.
  [[nodiscard]] std::shared_ptr<Dataset> find_dataset(const std::string& name) const;
  // Writes the data sets that are kept in files, and adds what could not be written to `errors`. `but`: not those that
  // this set of rules has, too; null: all.
  void save_datasets(std::vector<std::string>& errors, const RuleSet* but = nullptr) const;

  struct Program;  // rules/set/program.h: what engine/detect/detect.cc works with
  [[nodiscard]] const Program& program() const { return *program_; }

 private:
  explicit RuleSet(std::unique_ptr<const Program> program);
  std::unique_ptr<const Program> program_;
};

}  // namespace weir::rules
