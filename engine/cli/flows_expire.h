// `weir flows expire`: what is too old or too much goes from a store.
#pragma once

#include "engine/query/question.h"

namespace weir::engine {

// Removes whole files by --max-age and --max-size, also while the store is written and read. Returns the exit status; what went is told to who
// is watching.
int expire_flows(const QuestionOptions& options, bool is_watched);

}  // namespace weir::engine
