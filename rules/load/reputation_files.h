// The files of IP reputation: what categories there are, and the addresses in them with their scores.
//
//   1,BadHosts,Known bad hosts     categories: number (1 to 60), short name, description
//
//   192.0.2.1,1,101                reputations: address or network, number of the category, score (0 to 127)
//   2001:db8::/32,1,88
//
// Blanks around parts do not count, nor do empty lines and those that begin with #. A line that is wrong is told with its place and left
// out; the others count.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rules/language/diagnostic.h"
#include "rules/values/ip_reputation.h"

namespace weir::rules {

// Of one file, unpacked; a longer one is refused.
inline constexpr std::size_t kMaxReputationFile = std::size_t{256} << 20U;
inline constexpr std::size_t kMaxReputationProblems = 20;  // told of one file; of more, how many

// What was wrong. That a file cannot be read is an error without a line; that no category has a line's number is a warning.
using ReputationProblems = std::vector<RuleDiagnostic>;

ReputationProblems load_reputation_categories(const std::string& path, IpReputation& into);
// Categories come before these.
ReputationProblems load_reputations(const std::string& path, IpReputation& into);

// The same from text; `file` is what problems call it.
ReputationProblems read_reputation_categories(std::string_view text, const std::string& file,
                                              IpReputation& into);
ReputationProblems read_reputations(std::string_view text, const std::string& file, IpReputation& into);

}  // namespace weir::rules
