#include "engine/ruleset/reload_report.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::engine {
namespace {

std::string name_of(const rules::RuleKey& key) {
  return fmt::format("{}:{}", key.gid, key.sid);
}

void write_keys(output::JsonWriter& out, std::string_view name, const std::vector<rules::RuleKey>& keys,
                std::size_t most) {
  const auto list = out.array(name);
  for (std::size_t i = 0; i < std::min(keys.size(), most); ++i) out.string(name_of(keys[i]));
}

void say_keys(std::string& out, std::string_view what, const std::vector<rules::RuleKey>& keys,
              std::size_t most) {
  if (keys.empty()) return;
  out += fmt::format("rules {}:", what);
  for (std::size_t i = 0; i < std::min(keys.size(), most); ++i) out.append(1, ' ').append(name_of(keys[i]));
  if (keys.size() > most) out += fmt::format(" and {} more", keys.size() - most);
  out += '\n';
}

}  // namespace

std::string ReloadReport::json(std::size_t most) const {
  output::JsonWriter out;
  {
    const auto object = out.object();
    write_members(out, most);
  }
  return std::string(out.text());
}

void ReloadReport::write_members(output::JsonWriter& out, std::size_t most) const {
  out.boolean("reloaded", error.empty());
  if (!error.empty()) out.string("error", error);
  out.number("generation", generation);
  out.real("seconds", seconds);
  out.number("files", files);
  out.number("rules_loaded", loaded);
  out.number("rules_failed", failed);
  out.number("rules_skipped", skipped);
  write_keys(out, "added", difference.added, most);
  write_keys(out, "removed", difference.removed, most);
  write_keys(out, "changed", difference.changed, most);
  const auto list = out.array("failed");
  for (std::size_t i = 0; i < std::min(errors.size(), most); ++i) out.bytes_item(rules::to_string(errors[i]));
}

std::string ReloadReport::text(std::size_t most) const {
  std::string out = error.empty() ? fmt::format(
                                        "rules reloaded in {:.2f} s: {} loaded, {} failed, {} skipped; "
                                        "{} added, {} removed, {} changed\n",
                                        seconds, loaded, failed, skipped, difference.added.size(),
                                        difference.removed.size(), difference.changed.size())
                                  : fmt::format("rules not reloaded, the old ones stay: {}\n", error);
  say_keys(out, "added", difference.added, most);
  say_keys(out, "removed", difference.removed, most);
  say_keys(out, "changed", difference.changed, most);
  for (std::size_t i = 0; i < std::min(errors.size(), most); ++i)
    out.append(rules::to_string(errors[i])).append(1, '\n');
  if (errors.size() > most) out += fmt::format("and {} more errors\n", errors.size() - most);
  return out;
}

}  // namespace weir::engine
