#include "engine/account/rule_profile.h"

#include <doctest/doctest.h>

#include "engine/account/stage_clock.h"
#include "engine/account/stats.h"
#include "rules/load/requires.h"
#include "rules/load/rule_loader.h"

using namespace weir;
using namespace weir::engine;

namespace {

std::shared_ptr<const rules::RuleSet> two_rules() {
  rules::RuleEnvironment environment;
  environment.features = rules::default_features();
  rules::LoadedRules loaded;
  rules::load_rule_text("alert ip any any -> any any (msg:\"one \\\"two\"; sid:1; rev:4;)\n", "a.rules", environment, loaded);
  rules::load_rule_text("alert ip any any -> any any (sid:2; gid:7;)\n", "a.rules", environment, loaded);
  REQUIRE(loaded.signatures.size() == 2);
  return rules::RuleSet::build(std::move(loaded.signatures), environment, {});
}

}  // namespace

TEST_CASE("rule profile: an estimate leaves out the longest check when there are others") {
  using Cost = RuleProfile::Cost;
  CHECK(Cost{}.estimate() == 0);
  CHECK(Cost{.checks = 1, .timed = 1, .ticks = 90, .longest = 90}.estimate() == 90);
  CHECK(Cost{.checks = 100, .timed = 3, .ticks = 1020, .longest = 1000}.estimate() == 1000);
}

TEST_CASE("rule profile: all checks are counted, some are timed") {
  RuleProfile profile(2);
  for (int i = 0; i < 256; ++i) const RuleCheckScope check(&profile, 1);
  { const RuleCheckScope nothing(nullptr, 0); }
  profile.count_match(1);
  CHECK(profile.costs()[0].checks == 0);
  CHECK(profile.costs()[1].checks == 256);
  CHECK(profile.costs()[1].matches == 1);
  CHECK(profile.costs()[1].timed == 6 + 4);  // 1 2 4 8 16 32, 64 128 192 256
  RuleProfile sum;
  sum.add(profile);
  sum.add(profile);
  CHECK(sum.costs()[1].checks == 512);
  CHECK(sum.costs()[1].timed == 20);
}

TEST_CASE("rule profile: the rule that cost most comes first, rules that were not looked at not at all") {
  const auto rules = two_rules();
  CHECK(rule_profile_json(RuleProfile(2), *rules, 1) == "[\n]\n");
  RuleProfile profile(2);
  for (int i = 0; i < 4; ++i) const RuleCheckScope check(&profile, 0);
  CHECK(rule_profile_json(profile, *rules, 0) ==
        "[\n{\"sid\":1,\"gid\":1,\"rev\":4,\"msg\":\"one \\\"two\",\"checks\":4,\"matches\":0,\"time_us\":0,\"avg_us\":0}\n]\n");
  {
    const RuleCheckScope check(&profile, 1);
    for (const Ticks begin = ticks_now(); ticks_between(begin, ticks_now()) < 10'000'000;) {}
  }
  const std::string text = rule_profile_json(profile, *rules, 1);
  CHECK(text.find("\"sid\":2,\"gid\":7,\"rev\":0,\"checks\":1,\"matches\":0,\"time_us\":") < text.find("\"sid\":1,"));
}

TEST_CASE("stage clock: a stage's time goes until the next one begins or the unit ends") {
  StageTicks ticks{};
  StageClock clock(ticks);
  const auto spend = [](Ticks n) {
    for (const Ticks begin = ticks_now(); ticks_between(begin, ticks_now()) < n;) {}
  };
  {
    const StageClock::Unit unit(clock);  // the first one is timed
    clock.enter(Stage::flow);
    spend(1'000'000);
    clock.enter(Stage::output);
    spend(10'000'000);
    clock.enter(Stage::flow);
    spend(1'000'000);
  }
  const auto of = [&](Stage s) { return ticks[static_cast<std::size_t>(s)]; };
  CHECK(of(Stage::flow) >= 1'900'000);
  CHECK(of(Stage::output) >= 9'900'000);
  const Ticks flow = of(Stage::flow);
  clock.enter(Stage::decode);  // outside of a unit
  spend(1000);
  { const StageClock::Unit unit(clock); }
  CHECK(of(Stage::decode) == 0);
  CHECK(of(Stage::flow) == flow);
}

TEST_CASE("stage shares: parts of one, nothing when nothing was timed") {
  CHECK(stage_shares({}).empty());
  StageTicks ticks{};
  ticks[0] = 1;
  ticks[4] = 3;
  const auto shares = stage_shares(ticks);
  REQUIRE(shares.size() == kStages);
  CHECK(shares[0] == std::pair<std::string_view, double>{"decode", 0.25});
  CHECK(shares[4] == std::pair<std::string_view, double>{"detect", 0.75});
}
