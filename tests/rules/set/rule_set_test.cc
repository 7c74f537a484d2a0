// What a set of rules takes over from the set that it replaces.
#include <doctest/doctest.h>

#include <string>

#include "rules/load/rule_loader.h"
#include "rules/load/threshold_config.h"
#include "rules/set/program.h"

using namespace weir::rules;

namespace {

struct Load {
  std::string text;
  std::string home = "10.0.0.0/8";
  std::string thresholds = {};
  std::string file = "a.rules";
};

std::shared_ptr<const RuleSet> make(const Load& load, const RuleSet* previous = nullptr) {
  RuleEnvironment environment;
  environment.address_vars = {{"HOME_NET", load.home}};
  if (previous != nullptr) previous->hand_on(environment);
  LoadedRules loaded;
  load_rule_text(load.text, load.file, environment, loaded);
  for (const RuleDiagnostic& d : loaded.diagnostics) FAIL(to_string(d));
  for (const RuleDiagnostic& d :
       apply_thresholds(load.thresholds, "threshold.config", environment, loaded.signatures))
    FAIL(to_string(d));
  return RuleSet::build(std::move(loaded.signatures), environment, {.previous = previous});
}

const LoadedSignature& rule(const RuleSet& rules, std::uint32_t sid) {
  for (const LoadedSignature& s : rules.program().signatures)
    if (s->meta.sid == sid) return s;
  FAIL("no rule " << sid);
  return rules.program().signatures.front();
}

bool shared(const RuleSet& a, const RuleSet& b, std::uint32_t sid) {
  return rule(a, sid).signature == rule(b, sid).signature;
}

std::string content(int sid, const std::string& pattern) {
  return "alert tcp $HOME_NET any -> any any (content:\"" + pattern + "\"; sid:" + std::to_string(sid) + ";)\n";
}

}  // namespace

TEST_CASE("rule sharing: a rule with the same text is taken over, and told of where it stands now") {
  const auto first = make({content(1, "one") + content(2, "two")});
  const auto second = make({.text = "# moved\n" + content(2, "other") + content(1, "one"), .file = "b.rules"},
                           first.get());
  CHECK(shared(*first, *second, 1));
  CHECK_FALSE(shared(*first, *second, 2));
  CHECK(rule(*first, 1).line == 1);
  CHECK(rule(*first, 1).file == "a.rules");
  CHECK(rule(*second, 1).line == 3);
  CHECK(rule(*second, 1).file == "b.rules");
}

TEST_CASE("rule sharing: what is taken over outlives the set that it comes from") {
  auto rules = make({"alert tcp any any -> any any (msg:\"m\"; metadata:key value; content:\"one\"; sid:1;)"});
  for (int i = 0; i < 3; ++i) {
    auto next = make({"alert tcp any any -> any any (msg:\"m\"; metadata:key value; content:\"one\"; sid:1;)"},
                     rules.get());
    rules = std::move(next);
  }
  CHECK(rule(*rules, 1)->meta.metadata.at(0).second == "value");
  CHECK(rule(*rules, 1).file == "a.rules");
}

TEST_CASE("rule sharing: texts of rules that are gone do not pile up for ever") {
  const auto with_texts = [](int reload) {
    std::string rule = "alert tcp any any -> any any (content:\"one\"; metadata:";
    for (int i = 0; i < 100; ++i) rule += (i == 0 ? "key " : ", key ") + std::to_string(reload * 1000 + i);
    return rule + "; sid:1;)\n" + content(2, "two");
  };
  constexpr std::size_t kMost = 2000;  // far more than two rules need
  auto rules = make({with_texts(0)});
  int anew = 0;
  for (int reload = 1; reload <= 200; ++reload) {
    const auto next = make({with_texts(reload)}, rules.get());
    REQUIRE(next->program().texts->size() < kMost);
    anew += next->program().texts != rules->program().texts ? 1 : 0;
    CHECK(shared(*rules, *next, 2) == (next->program().texts == rules->program().texts));
    rules = next;
  }
  CHECK(anew > 1);
  CHECK(anew < 40);
  CHECK(rule(*rules, 1)->meta.metadata.at(99).second == "200099");
}

TEST_CASE("rule sharing: other variables make other rules") {
  const auto first = make({content(1, "one")});
  const auto second = make({.text = content(1, "one"), .home = "192.0.2.0/24"}, first.get());
  CHECK_FALSE(shared(*first, *second, 1));
  CHECK_FALSE(rule(*second, 1)->header.source->contains(weir::IpAddress::v4(0x0a000001)));
  CHECK(rule(*second, 1)->header.source->contains(weir::IpAddress::v4(0xc0000201)));
}

TEST_CASE("rule sharing: what threshold.config says of a rule comes and goes with it") {
  const std::string text = content(1, "one") + content(2, "two");
  const auto first = make({.text = text});
  const auto second = make({.text = text, .thresholds = "suppress gen_id 1, sig_id 1\n"}, first.get());
  CHECK(rule(*second, 1)->suppressions.size() == 1);
  CHECK(rule(*first, 1)->suppressions.empty());
  CHECK(shared(*first, *second, 2));
  const auto third = make({.text = text, .thresholds = "suppress gen_id 1, sig_id 1\n"}, second.get());
  CHECK(rule(*third, 1)->suppressions.size() == 1);
  const auto fourth = make({.text = text}, third.get());
  CHECK(rule(*fourth, 1)->suppressions.empty());
}

TEST_CASE("rule sharing: a rule that names a data set is compiled with the set of its own load") {
  const std::string text =
      "alert dns any any -> any any (dns.query; dataset:isset,names,type string; sid:1;)\n" + content(2, "two");
  const auto first = make({text});
  const auto second = make({text}, first.get());
  CHECK_FALSE(shared(*first, *second, 1));
  CHECK(shared(*first, *second, 2));
}

TEST_CASE("rule sharing: the same literals are searched with the same database") {
  const auto first = make({content(1, "one-one") + content(2, "two-two")});
  REQUIRE(first->program().databases.size() == 1);
  const auto second = make({content(2, "two-two") + content(1, "one-one")}, first.get());
  REQUIRE(second->program().databases.size() == 1);
  CHECK(first->program().databases[0]->handle == second->program().databases[0]->handle);
  const auto third = make({content(2, "two-two") + content(1, "other")}, second.get());
  REQUIRE(third->program().databases.size() == 1);
  CHECK(third->program().databases[0]->handle != nullptr);
  CHECK(third->program().databases[0]->handle != second->program().databases[0]->handle);
}
