#include "rules/set/rule_difference.h"

#include <algorithm>

#include "rules/set/program.h"

namespace weir::rules {
namespace {

struct Item {
  RuleKey key;
  const SignatureMeta* meta;
};

std::vector<Item> by_key(const RuleSet& rules) {
  std::vector<Item> out;
  out.reserve(rules.size());
  for (const auto& s : rules.program().signatures) out.push_back({{s->meta.gid, s->meta.sid}, &s->meta});
  std::sort(out.begin(), out.end(), [](const Item& a, const Item& b) { return a.key < b.key; });
  return out;
}

}  // namespace

RuleDifference difference(const RuleSet& before, const RuleSet& after) {
  const std::vector<Item> old_rules = by_key(before), new_rules = by_key(after);
  RuleDifference out;
  auto was = old_rules.begin();
  auto is = new_rules.begin();
  while (was != old_rules.end() || is != new_rules.end()) {
    if (is == new_rules.end() || (was != old_rules.end() && was->key < is->key)) {
      out.removed.push_back((was++)->key);
    } else if (was == old_rules.end() || is->key < was->key) {
      out.added.push_back((is++)->key);
    } else {
      if (was->meta->rev != is->meta->rev || was->meta->text_hash != is->meta->text_hash)
        out.changed.push_back(is->key);
      ++was;
      ++is;
    }
  }
  return out;
}

}  // namespace weir::rules
