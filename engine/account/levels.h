// What stats events say besides a run's counters: how full its tables are, and what it has nothing of.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "decoders/settings.h"

namespace weir::engine {

using StatsValue = std::pair<std::string_view, std::uint64_t>;  // the name lives as long as the program

// What a table holds, and what it may hold (0: no limit), in bytes, of all workers.
struct TableLevel {
  std::uint64_t used = 0, limit = 0;
};

// At a moment; all empty: the run is over.
struct RunLevels {
  std::uint64_t flows = 0;
  TableLevel flow_table, stream_sessions, stream_data, fragments;
  // Of the fullest table, in percent of its limit.
  [[nodiscard]] std::uint64_t pressure() const;
};

// `pressure_max`: the highest that was seen so far.
void append_levels(const RunLevels& levels, std::uint64_t pressure_max, std::vector<StatsValue>& values);

// Which of Suricata's statistics a run has nothing of.
struct AbsentStats {
  bool file_store = true;  // no files are stored
  bool older = false;  // also those of versions before 8, which Suricata 8's schema of events does not know
  static AbsentStats from(const Settings& root, bool stores_files);
};

// Names that count what there is not here (a spare queue, a cap of one protocol): always 0, so that readers find them.
void append_absent(const AbsentStats& which, std::vector<StatsValue>& values);

}  // namespace weir::engine
