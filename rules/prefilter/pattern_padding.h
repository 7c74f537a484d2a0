// Keeps Hyperscan from building what it throws away.
//
// For buffers of up to 70 bytes the library makes a second automaton of a set of literals, unless their
// prefix tree has more than 8000 nodes. One that comes out too large it drops in the end, having spent most
// of the time and memory of compiling on it: sets of 400 to 1200 literals take ten times as long as larger
// ones, and 50 to 180 MB. A few long literals more lift such a set over the limit. (Hyperscan 5.4; with
// others padding does no harm.)
#pragma once

#include <string>
#include <vector>

#include "rules/prefilter/pattern_databases.h"

namespace weir::rules {

// Literals to compile along with these (case-sensitive), of bytes that come in traffic only when somebody puts them there.
// Empty for sets of which the library keeps the second automaton, or does not begin it.
std::vector<std::string> padding_for(const std::vector<Literal>& literals);

}  // namespace weir::rules
