#include "rules/rule_set.h"

#include "rules/program.h"

namespace weir::rules {

RuleSet::RuleSet(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
RuleSet::~RuleSet() = default;

std::shared_ptr<const RuleSet> RuleSet::build(std::vector<std::unique_ptr<Signature>> signatures,
                                              const RuleEnvironment& environment, const RuleSetOptions&) {
  auto program = std::make_unique<Program>();
  program->signatures = std::move(signatures);
  program->flowbit_names = environment.flowbits;
  program->flowint_names = environment.flowints;
  return std::shared_ptr<const RuleSet>(new RuleSet(std::move(program)));
}

std::size_t RuleSet::size() const { return program_->signatures.size(); }
const NameTable& RuleSet::flowbit_names() const { return program_->flowbit_names; }
const NameTable& RuleSet::flowint_names() const { return program_->flowint_names; }

}  // namespace weir::rules
