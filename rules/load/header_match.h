// The header of a rule, compiled: action, protocol (with its hook), addresses and ports.
#pragma once

#include <optional>

#include "rules/compile/signature.h"
#include "rules/language/diagnostic.h"
#include "rules/language/rule.h"
#include "rules/load/header_sets.h"

namespace weir::rules {

// Fills action, header and hook of `signature`. Protocol and action names are taken in any case, as Suricata does.
std::optional<RuleDiagnostic> compile_header(const Rule& rule, HeaderSets& sets, Signature& signature);

}  // namespace weir::rules
