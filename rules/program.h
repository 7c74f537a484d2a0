// What a RuleSet holds: the signatures and everything compiled from them.
#pragma once

#include <memory>
#include <vector>

#include "rules/rule_builder.h"
#include "rules/rule_set.h"
#include "rules/signature.h"

namespace weir::rules {

struct RuleSet::Program {
  std::vector<std::unique_ptr<Signature>> signatures;
  NameTable flowbit_names, flowint_names;
};

}  // namespace weir::rules
