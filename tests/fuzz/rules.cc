// Rule text: syntax, every keyword, compilation of all that is accepted, and the same text again as a reload.
//
// Input: a rule file.
#include "rules/set/rule_set.h"

#include "rules/load/requires.h"
#include "rules/load/rule_loader.h"
#include "rules/load/rule_tables.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

struct Load {
  std::shared_ptr<const rules::RuleSet> set;
  std::size_t rules = 0, diagnostics = 0;
};

Load load(std::string_view text, const rules::RuleSet* previous) {
  rules::RuleEnvironment environment;
  environment.features = rules::default_features();
  environment.address_vars = {{"HOME_NET", "[10.0.0.0/8,192.168.0.0/16]"}, {"EXTERNAL_NET", "!$HOME_NET"}};
  environment.port_vars = {{"HTTP_PORTS", "[80,8080]"}};
  rules::add_default_tables(environment);
  if (previous != nullptr) previous->hand_on(environment);
  rules::LoadedRules loaded;
  rules::load_rule_text(text, "fuzz.rules", environment, loaded);
  for (const rules::RuleDiagnostic& d : loaded.diagnostics) {
    must(d.line != 0, "a diagnostic has its line");
    must(!d.reason.empty(), "a diagnostic has its reason");
    must(!rules::to_string(d).empty(), "a diagnostic can be shown");
  }
  Load out{nullptr, loaded.signatures.size(), loaded.diagnostics.size()};
  out.set = rules::RuleSet::build(std::move(loaded.signatures), environment, {.previous = previous});
  return out;
}

}  // namespace

void fuzz_rules(Bytes bytes) {
  const std::string_view text = Input(bytes).rest_text();
  const Load first = load(text, nullptr);
  if (first.rules == 0) return;
  const Load again = load(text, first.set.get());
  must(again.rules == first.rules && again.diagnostics == first.diagnostics,
       "a reload of the same text finds the same rules");
}

}  // namespace weir::fuzz
