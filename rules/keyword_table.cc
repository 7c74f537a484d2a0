#include "rules/keyword_table.h"

#include <array>
#include <string>
#include <unordered_map>

namespace weir::rules {
namespace {

constexpr std::array<const KeywordSpec*,
#define KEYWORD(id) +1
                     0
#include "rules/keywords.def"
#undef KEYWORD
                     >
    kKeywords = {
#define KEYWORD(id) &kw_##id,
#include "rules/keywords.def"
#undef KEYWORD
};

}  // namespace

const KeywordSpec* find_keyword(std::string_view name) {
  static const auto* const by_name = [] {
    auto* map = new std::unordered_map<std::string_view, const KeywordSpec*>;
    for (const KeywordSpec* spec : kKeywords) map->emplace(spec->name, spec);
    return map;
  }();
  const auto found = by_name->find(name);
  return found == by_name->end() ? nullptr : found->second;
}

std::span<const KeywordSpec* const> all_keywords() { return kKeywords; }

}  // namespace weir::rules
