#include <doctest/doctest.h>

#include <string>

#include "rules/load/rule_loader.h"
#include "rules/set/program.h"
#include "rules/set/rule_difference.h"

using namespace weir;
using namespace weir::rules;

namespace {

std::shared_ptr<const RuleSet> make(std::string_view text, const RuleSet* previous = nullptr) {
  RuleEnvironment environment;
  if (previous != nullptr) previous->hand_on(environment);
  LoadedRules loaded;
  load_rule_text(text, "test.rules", environment, loaded);
  for (const RuleDiagnostic& d : loaded.diagnostics) FAIL(to_string(d));
  return RuleSet::build(std::move(loaded.signatures), environment, {.previous = previous});
}

std::string rule(int sid, int rev = 1, std::string_view more = "") {
  return "alert ip any any -> any any (ttl:" + std::to_string(sid) + "; " + std::string(more) +
         "sid:" + std::to_string(sid) + "; rev:" + std::to_string(rev) + ";)\n";
}

// The sid that the rule numbered `id` in `old` has now; 0 none.
std::uint32_t now(const RuleSet& old, RuleId id, const RuleSet& current) {
  const auto n = current.program().lineage.find(old.program().lineage.serial(id));
  return n ? current.program().rules[*n].signature->meta.sid : 0;
}

std::uint32_t since(const RuleSet& rules, std::uint32_t sid) {
  const auto& all = rules.program().rules;
  for (RuleId id = 0; id < all.size(); ++id)
    if (all[id].signature->meta.sid == sid) return rules.program().lineage.since(id);
  return 0;
}

}  // namespace

TEST_CASE("lineage: rules are followed over several sets by what they are, not by their numbers") {
  const auto first = make(rule(1) + rule(2) + rule(3) + rule(4));
  const auto second = make(rule(4) + rule(2, 2) + rule(1) + rule(5), first.get());
  const auto third = make(rule(5) + rule(1) + rule(2, 2) + rule(3), second.get());
  CHECK(first->program().lineage.generation() == 1);
  CHECK(third->program().lineage.generation() == 3);
  CHECK(now(*first, 0, *first) == 1);
  CHECK(now(*first, 0, *second) == 1);
  CHECK(now(*first, 1, *second) == 0);  // another revision
  CHECK(now(*first, 2, *second) == 0);  // gone
  CHECK(now(*first, 3, *second) == 4);
  CHECK(now(*first, 0, *third) == 1);
  CHECK(now(*first, 2, *third) == 0);  // gone in between
  CHECK(now(*first, 3, *third) == 0);
  CHECK(now(*second, 1, *third) == 2);
  CHECK(now(*second, 3, *third) == 5);
  CHECK(since(*third, 1) == 1);
  CHECK(since(*third, 2) == 2);
  CHECK(since(*third, 3) == 3);
  CHECK(since(*third, 5) == 2);
}

TEST_CASE("lineage: a rule is known however many sets came between, and a serial of another rule never returns") {
  const auto first = make(rule(1) + rule(2));
  auto last = make(rule(1), first.get());
  for (std::size_t i = 0; i < 100; ++i) last = make(i % 2 == 0 ? rule(1) + rule(2) : rule(1), last.get());
  CHECK(now(*first, 0, *last) == 1);
  last = make(rule(2) + rule(1), last.get());
  CHECK(now(*first, 0, *last) == 1);
  CHECK(now(*first, 1, *last) == 0);  // the same text, but it was gone in between
  CHECK_FALSE(last->program().lineage.find(1'000'000).has_value());
  CHECK(since(*last, 1) == 1);
  CHECK(since(*last, 2) == last->program().lineage.generation());
}

TEST_CASE("difference: lists what is new, gone, or has another revision or text") {
  const auto before = make(rule(1) + rule(2) + rule(3) + rule(4) + rule(9));
  const auto after = make(rule(5) + rule(3, 1, "noalert; ") + rule(2, 7) + rule(1) + rule(9), before.get());
  const RuleDifference d = difference(*before, *after);
  CHECK(d.added == std::vector<RuleKey>{{1, 5}});
  CHECK(d.removed == std::vector<RuleKey>{{1, 4}});
  CHECK(d.changed == std::vector<RuleKey>{{1, 2}, {1, 3}});
  const RuleDifference none =
      difference(*after, *make(rule(9) + rule(1) + rule(2, 7) + rule(3, 1, "noalert; ") + rule(5)));
  CHECK(none.added.size() + none.removed.size() + none.changed.size() == 0);
}

TEST_CASE("hand-on: names keep their numbers, new ones are put behind") {
  const auto first = make(
      "alert udp any any -> any any (content:\"a\"; flowbits:set,a; flowbits:set,b; flowint:n,=,1; "
      "sid:1;)\n");
  const auto second = make(
      "alert udp any any -> any any (content:\"a\"; flowbits:set,c; flowbits:set,b; flowint:m,=,1; sid:1;)\n",
      first.get());
  REQUIRE(second->flowbit_names().size() == 3);
  CHECK(second->flowbit_names().name(1) == "b");
  CHECK(second->flowbit_names().name(2) == "c");
  CHECK(second->flowint_names().name(0) == "n");
  CHECK(second->flowint_names().name(1) == "m");
}
