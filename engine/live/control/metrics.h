// What a live run tells Prometheus: the page, made from what workers say when they are asked.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/account/latency.h"
#include "engine/account/ticks.h"
#include "engine/live/control/control_target.h"
#include "engine/live/control/prometheus_text.h"

namespace weir::engine {

// Upper bounds of the classes in which times of inspection are shown, in seconds.
inline constexpr double kLatencyBounds[] = {1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4,
                                            5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 1e-1, 1.0};

// How many of the histogram's times are within each of the bounds. A class of the histogram counts where its
// end lies: a time is taken for a quarter more than it is, at most.
std::vector<std::uint64_t> within_bounds(const LatencyTicks& latency, double seconds_per_tick);

// `reports` are of all workers; `seconds_per_tick` stays the same from page to page, so that no counter ever
// goes back.
std::string metrics_page(const ControlTarget& target, const std::vector<NamedReport>& reports,
                         double seconds_per_tick);

}  // namespace weir::engine
