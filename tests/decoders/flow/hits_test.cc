#include "decoders/flow/hits.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace weir;
using flow::IndicatorHit, flow::RuleHit;

namespace {

std::vector<RuleHit> rules_in(std::string_view text) {
  std::vector<RuleHit> out;
  flow::for_each_rule_hit(text, [&](const RuleHit& hit) { out.push_back(hit); });
  return out;
}

std::vector<IndicatorHit> indicators_in(std::string_view text) {
  std::vector<IndicatorHit> out;
  flow::for_each_indicator_hit(text, [&](const IndicatorHit& hit) { out.push_back(hit); });
  return out;
}

}  // namespace

TEST_CASE("flow hits: rules are there once, with their group, and no more of them than there is room for") {
  std::string text;
  for (const RuleHit& hit :
       {RuleHit{1, 2'000'001}, RuleHit{3, 17}, RuleHit{1, 2'000'001}, RuleHit{3, 4'294'967'295}})
    flow::add_hit(text, hit);
  CHECK(text == "2000001 3:17 3:4294967295");
  CHECK(rules_in(text) == std::vector<RuleHit>{{1, 2'000'001}, {3, 17}, {3, 4'294'967'295}});
  for (std::uint32_t sid = 1; sid < 100; ++sid) flow::add_hit(text, RuleHit{1, sid});
  CHECK(rules_in(text).size() == flow::kMaxHitRules);
}

TEST_CASE("flow hits: indicators have their feed, whatever is in the names") {
  std::string text;
  flow::add_hit(text, IndicatorHit{"a feed", "192.0.2.1"});
  flow::add_hit(text, IndicatorHit{"b\tc\n", "evil.example"});
  CHECK(indicators_in(text) == std::vector<IndicatorHit>{{"a feed", "192.0.2.1"}, {"b c ", "evil.example"}});
  for (int i = 0; i < 20; ++i) flow::add_hit(text, IndicatorHit{"f", std::to_string(i)});
  CHECK(indicators_in(text).size() == flow::kMaxHitIndicators);
}

TEST_CASE("flow hits: a text that is none gives no rule that is one") {
  CHECK(rules_in("").empty());
  CHECK(rules_in("x") == std::vector<RuleHit>{{1, 0}});
  CHECK(rules_in(":").front() == RuleHit{0, 0});
  CHECK(rules_in("99999999999").front().sid == 0);
  CHECK(indicators_in("no tab").front() == IndicatorHit{"no tab", ""});
}
