#include "engine/account/levels.h"

#include <algorithm>

namespace weir::engine {
namespace {

enum class Group : std::uint8_t { always, file_store, older };

struct AbsentName {
  Group group;
  std::string_view name;
};

constexpr AbsentName kAbsent[] = {
#define ABSENT(group, name) {Group::group, name},
#include "engine/account/absent_stats.def"
#undef ABSENT
};

std::uint64_t percent(const TableLevel& level) {
  return level.limit == 0 ? 0 : std::min<std::uint64_t>(level.used * 100 / level.limit, 100);
}

}  // namespace

std::uint64_t RunLevels::pressure() const {
  return std::max({percent(flow_table), percent(stream_sessions), percent(stream_data), percent(fragments)});
}

void append_levels(const RunLevels& levels, std::uint64_t pressure_max, std::vector<StatsValue>& values) {
  values.emplace_back("flow.active", levels.flows);
  values.emplace_back("flow.memuse", levels.flow_table.used);
  values.emplace_back("tcp.memuse", levels.stream_sessions.used);
  values.emplace_back("tcp.reassembly_memuse", levels.stream_data.used);
  values.emplace_back("defrag.memuse", levels.fragments.used);
  values.emplace_back("memcap.pressure", levels.pressure());
  values.emplace_back("memcap.pressure_max", std::max(pressure_max, levels.pressure()));
}

AbsentStats AbsentStats::from(const Settings& root, bool stores_files) {
  return {.file_store = !stores_files, .older = root.flag("weir.older-stats", false)};
}

void append_absent(const AbsentStats& which, std::vector<StatsValue>& values) {
  for (const auto& [group, name] : kAbsent) {
    if (group == Group::file_store && !which.file_store) continue;
    if (group == Group::older && !which.older) continue;
    values.emplace_back(name, 0);
  }
}

}  // namespace weir::engine
