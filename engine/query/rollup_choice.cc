#include "engine/query/rollup_choice.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "output/flow/store/rollup_maker.h"

namespace weir::engine {

using output::RollupKeys, output::StoreLevel;

bool RollupChoice::is_in_time(const output::RecordFile& file) const {
  for (std::size_t i = 0; i < file.file().groups(); ++i)
    if (const auto times = file.times(i); !times || (times->first < query_.to && times->last >= query_.from))
      return true;
  return false;
}

// Empty: they can answer.
std::string RollupChoice::why_not(const output::StoreFile& entry, const RollupKeys& keys) const {
  if (!query_.rollups) return "the question needs each record";
  const RollupKeys missing = keys.missing(query_.rollups->keys);
  if (!missing.empty()) return "they do not keep " + missing.text();
  const TimeUs step = output::step_of(entry.level);
  if (query_.rollups->step % step != 0)
    return fmt::format("--step is no multiple of {}", output::level_name(entry.level));
  return {};
}

bool RollupChoice::takes(const output::StoreFile& entry, const output::RecordFile& file) {
  if (!is_in_time(file)) return false;
  const auto keys = RollupKeys::parse(file.file().note(output::kRollupKeysNote).value_or(""));
  const std::string why = keys ? why_not(entry, *keys) : keys.error();
  const Kind kind(entry.level, keys ? keys->text() : std::string{}, why);
  const auto [found, is_new] = days_.try_emplace(kind, Days{entry.day, entry.day});
  found->second.first = std::min(found->second.first, entry.day);
  found->second.last = std::max(found->second.last, entry.day);
  return why.empty();
}

// What somebody who expects records should know.
std::string RollupChoice::used_text(StoreLevel level) const {
  std::string out = "stand for the records, which are gone";
  const TimeUs step = output::step_of(level);
  const bool has_from = query_.from != std::numeric_limits<TimeUs>::min(),
             has_to = query_.to != std::numeric_limits<TimeUs>::max();
  if ((has_from && query_.from % step != 0) || (has_to && query_.to % step != 0))
    out += fmt::format(", in whole steps of {} at --from and --to", output::level_name(level));
  if (!query_.rollups->untold.empty()) out += fmt::format("; they do not tell {}", query_.rollups->untold);
  return out;
}

std::vector<std::string> RollupChoice::notes() const {
  std::vector<std::string> out;
  for (const auto& [kind, days] : days_) {
    const auto& [level, keys, why] = kind;
    const std::string when =
        days.first == days.last ? days.first : fmt::format("{} to {}", days.first, days.last);
    out.push_back(
        fmt::format("{}: rollups by {} ({}) {}", when, output::level_name(level), keys,
                    why.empty() ? used_text(level) : "are all that is left, and " + why + ": left out"));
  }
  return out;
}

}  // namespace weir::engine
