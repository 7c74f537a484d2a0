// `weir flows load`: EVE logs into a store.
#pragma once

#include "engine/query/question.h"

namespace weir::engine {

// Reads the files that are named in `options.words`, one after the other, and adds their flows to the store; totals are told to who is
// watching, or with --json as an object a file. Returns the exit status: what is wrong with a line or file is told, all else is loaded.
int load_flows(const QuestionOptions& options, bool is_watched);

}  // namespace weir::engine
