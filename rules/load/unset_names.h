// Rules that wait for a bit or a number that no rule of the load sets: they can never match.
//
// Only all rules together tell, so the loader adds each one that waits and asks at the end. A name that only such rules set as
// can never match themselves is not set either.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "rules/compile/rule_builder.h"
#include "rules/compile/signature.h"
#include "rules/language/diagnostic.h"
#include "rules/match/check.h"

namespace weir::rules {

// Names as a rule has them: "a|b" for several.
std::string names_text(const SharedNames& names, const RuleEnvironment& environment);

class UnsetNames {
 public:
  // Rule number `rule` waits for one of these names, which live as long as its signature; `told` is what is said of it when no
  // rule sets any of them, but for the reason.
  void add(std::size_t rule, SharedNames names, RuleDiagnostic told) {
    waits_.push_back({rule, names, std::move(told)});
  }
  // Of rules by their number: null for those that are not there any more, `dead` for those that can never match for another
  // reason. Linear in the rules, and in those that wait for each step of the longest row of rules that wait for each other.
  std::vector<RuleDiagnostic> tell(const std::vector<LoadedSignature>& rules, const std::vector<bool>& dead);

 private:
  struct Wait {
    std::size_t rule;
    SharedNames names;
    RuleDiagnostic told;
  };
  std::vector<Wait> waits_;  // in the order of the rules
};

}  // namespace weir::rules
