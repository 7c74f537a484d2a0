// All signatures of a run, grouped and compiled for matching: immutable, shared by all workers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rules/rule_builder.h"
#include "rules/rule_loader.h"
#include "rules/shared_state.h"
#include "rules/signature.h"

namespace weir::rules {

struct RuleSetOptions {
  unsigned threads = 1;       // for compiling
  std::string cache_dir;      // where compiled databases are kept; empty: nowhere
};

class RuleSet {
 public:
  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;
  // Groups and compiles. The environment's name tables are copied in: EVE prints flowbits by name.
  static std::shared_ptr<const RuleSet> build(std::vector<std::unique_ptr<Signature>> signatures,
                                              const RuleEnvironment& environment, const RuleSetOptions& options);
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] const NameTable& flowbit_names() const;
  [[nodiscard]] const NameTable& flowint_names() const;

  struct Program;  // rules/program.h: what engine/detect.cc works with
  [[nodiscard]] const Program& program() const { return *program_; }

 private:
  explicit RuleSet(std::unique_ptr<const Program> program);
  std::unique_ptr<const Program> program_;
};

}  // namespace weir::rules
