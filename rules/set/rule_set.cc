#include "rules/set/rule_set.h"

#include "rules/set/program_builder.h"
#include "rules/state/dataset_registry.h"

namespace weir::rules {
namespace {

// ET Open has 0.6 texts a rule.
constexpr std::size_t kMaxTextsPerRule = 4, kSpareRules = 256;

}  // namespace

RuleSet::RuleSet(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
RuleSet::~RuleSet() = default;

std::shared_ptr<const RuleSet> RuleSet::build(std::vector<LoadedSignature> signatures,
                                              const RuleEnvironment& environment, const RuleSetOptions& options) {
  return std::shared_ptr<const RuleSet>(new RuleSet(build_program(std::move(signatures), environment, options)));
}

void RuleSet::hand_on(RuleEnvironment& environment) const {
  environment.flowbits = program_->flowbit_names;
  environment.flowints = program_->flowint_names;
  environment.xbits = program_->xbit_names;
  environment.tx_bits = program_->tx_bit_names;
  environment.variables = program_->variable_names;
  environment.kept_datasets = program_->datasets;
  // A pool that reloads have filled is left to the rules that have it; those that come are compiled anew, into another.
  if (program_->texts->size() > kMaxTextsPerRule * (size() + kSpareRules)) return;
  environment.texts = program_->texts;
  if (environment.fingerprint() != program_->environment) return;
  for (const LoadedSignature& s : program_->signatures)
    if (!s->has_outside_parts) environment.compiled.emplace(s->meta.text_hash, s.signature);
}

std::size_t RuleSet::size() const { return program_->signatures.size(); }
const NameTable& RuleSet::flowbit_names() const { return program_->flowbit_names; }
const NameTable& RuleSet::flowint_names() const { return program_->flowint_names; }
const NameTable& RuleSet::variable_names() const { return program_->variable_names; }
const Requested& RuleSet::requested() const { return program_->requested; }

std::shared_ptr<Dataset> RuleSet::find_dataset(const std::string& name) const {
  const auto found = program_->datasets.find(name);
  return found == program_->datasets.end() ? nullptr : found->second;
}

void RuleSet::save_datasets(std::vector<std::string>& errors, const RuleSet* but) const {
  for (const auto& [name, set] : program_->datasets) {
    if (but != nullptr && but->find_dataset(name) == set) continue;
    if (auto saved = save_dataset(*set); !saved) errors.push_back(std::move(saved.error()));
  }
}

const std::string& RuleSet::cache_problem() const {
  return program_->cache_problem;
}

}  // namespace weir::rules
