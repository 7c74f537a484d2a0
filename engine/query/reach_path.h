// The observation points between a client and a server in the order of the path, and where packets are lost on it.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "engine/query/reach_facts.h"

namespace weir::engine {

struct PathStep {
  PointName name;
  PointFacts facts;  // of the window; nothing at a point that is known from before only
};

struct ReachPath {
  std::vector<PathStep> steps;           // from the client to the server
  std::optional<std::size_t> last_seen;  // the last step that saw packets to the server
  // The same, when a later one did not.
  std::optional<std::size_t> lost_behind;
  // The last step, counted from the server, that saw answers, when one nearer to the client did not.
  std::optional<std::size_t> answer_lost_behind;
};

// Points that saw answered flows before (`past`, may be null) are on the path, too. The order is that of falling TTLs where all points
// tell different ones, else of the times at which flows came by there, to the millisecond (clocks of exporters may be wrong), else of
// domains and addresses.
ReachPath path_of(const ServiceFacts& now, const ServiceFacts* past, const Blockers& blockers);

}  // namespace weir::engine
