// Warnings about rules that load, and most likely do not do what their author wants.
//
// Each kind is one function over the finished signature and one row of the table in rule_warnings.cc. What only all rules of a
// load together tell is told by unset_names.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/compile/rule_builder.h"
#include "rules/compile/signature.h"

namespace weir::rules {

// What a kind says of a rule. The loader adds file, line, sid, and the column of the option that is meant.
struct RuleWarning {
  std::string_view keyword;  // of that option, or of the buffer; empty: the rule as a whole
  std::string argument;  // an item of its argument, as the rule says it; tells it from others of that keyword
  std::string found;     // the text that is meant, where it is no item of that argument
  std::string reason;    // "spans 4110 bytes of a stream, of which 2560 are looked at together"
  std::string advice;    // what to do: "a larger stream.reassembly.toserver-chunk-size"
  bool never = false;    // the rule can surely not match; else it hardly does, or says less than is meant
};

// Load time only; linear in the rule's operations, but for contents at fixed places. Each kind says at most one thing of a rule,
// and none says anything once it is sure that the rule can never match.
std::vector<RuleWarning> rule_warnings(const Signature& signature, const RuleEnvironment& environment);

}  // namespace weir::rules
