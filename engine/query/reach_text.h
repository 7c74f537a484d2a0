// The answer of `weir flows reach` for a person.
#pragma once

#include <string>
#include <vector>

#include "engine/query/reach_path.h"

namespace weir::engine {

// What is to be told of one service.
struct ReachStory {
  ReachPair pair;
  std::string service;                 // "tcp/443"
  const ServiceFacts* now = nullptr;   // null: nothing was seen
  const ServiceFacts* past = nullptr;  // null: nothing was seen before either, or nobody asked
  ReachPath path;
  Blockers blockers;
  bool is_hidden = false;  // addresses are going to be changed
};
std::vector<std::string> reach_text(const ReachStory& story);

}  // namespace weir::engine
