#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "rules/compile/rule_builder.h"

namespace weir::rules {
namespace {

// Each text with its length, so that no two environments come out the same.
void add(std::string& out, std::string_view text) {
  out.append(std::to_string(text.size())).append(1, ':').append(text);
}

template <class Map, class Text>
void add_map(std::string& out, const Map& map, const Text& text_of) {
  std::vector<std::pair<std::string_view, std::string>> items;
  for (const auto& [name, value] : map) items.emplace_back(name, text_of(value));
  std::sort(items.begin(), items.end());
  add(out, std::to_string(items.size()));
  for (const auto& [name, value] : items) {
    add(out, name);
    add(out, value);
  }
}

}  // namespace

TextHash RuleEnvironment::fingerprint() const {
  std::string all;
  const auto itself = [](const std::string& text) { return text; };
  add_map(all, address_vars, itself);
  add_map(all, port_vars, itself);
  add_map(all, classifications,
          [](const Classification& c) { return c.description + '\n' + std::to_string(c.priority); });
  add_map(all, reference_systems, itself);
  add(all, data_dir);
  add(all, geoip_database);
  for (const std::string& feature : features) add(all, feature);
  all.append(inline_mode ? "i" : "-").append(keep_text ? "t" : "-");
  return TextHash::of(all);
}

}  // namespace weir::rules
