// Warnings about rules that ask for what this run does not have: protocols and buffers that are switched off or not parsed,
// packets that their header does not admit, a store of files.
#pragma once

#include <optional>
#include <string>

#include "rules/compile/keyword_table.h"
#include "rules/load/rule_warnings.h"

namespace weir::rules {

// The rule looks at messages of protocols of which none is parsed over what its header admits, or is about protocols of which
// none is recognised.
std::optional<RuleWarning> protocol_is_left_out(const Signature& signature,
                                                const RuleEnvironment& environment);
// A buffer that its setting turns off.
std::optional<RuleWarning> buffer_is_left_out(const Signature& signature, const RuleEnvironment& environment);
// A keyword about packets that the header does not admit: TCP flags of UDP, IPv4 options of IPv6; or about what does not happen.
std::optional<RuleWarning> asks_for_other_packets(const Signature& signature,
                                                  const RuleEnvironment& environment);
// filestore, and nothing stores files.
std::optional<RuleWarning> stores_nowhere(const Signature& signature, const RuleEnvironment& environment);

// Why a rule with this keyword can match nothing in this run, whatever else it says; empty: it can.
std::string why_keyword_never_matches(const KeywordSpec& keyword, const RuleEnvironment& environment);

}  // namespace weir::rules
