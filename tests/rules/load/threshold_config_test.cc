#include "rules/load/threshold_config.h"

#include <string>

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::rules;

namespace {

struct Rules {
  Rules() {
    environment.address_vars = {{"HOME_NET", "[10.0.0.0/8,!10.1.0.0/16]"}};
    for (const auto& [gid, sid] : {std::pair{1U, 100U}, {1U, 200U}, {2U, 100U}}) {
      auto signature = std::make_shared<Signature>();
      signature->meta.gid = gid;
      signature->meta.sid = sid;
      if (sid == 200)
        signature->detection_filter =
            ThresholdSpec{ThresholdType::detection_filter, ThresholdTrack::by_src, 9, 9, 0};
      signatures.push_back({std::move(signature), {}, 0});
    }
  }
  std::vector<RuleDiagnostic> apply(std::string_view text) {
    return apply_thresholds(text, "t", environment, signatures);
  }

  RuleEnvironment environment;
  std::vector<LoadedSignature> signatures;
};

}  // namespace

TEST_CASE("threshold.config: lines change the rules they name") {
  Rules rules;
  const auto diagnostics = rules.apply(
      "# comment\n\nthreshold gen_id 1, sig_id 100, type both, track by_flow, count 5, seconds 60\n"
      "event_filter gen_id 1, sig_id 200, type limit,track by_src,count 1,\\\n  seconds 15\r\n"
      "rate_filter gen_id 2, sig_id 100, track by_both, count 1, seconds 60, new_action reject, timeout "
      "1000\n"
      "suppress gen_id 1, sig_id 100\n"
      "suppress gen_id 1, sig_id 100, track by_either, ip [1.2.3.4, 10.0.0.0/8]\n"
      "suppress gen_id 2, sig_id 100, track by_src, ip $HOME_NET\n");
  for (const auto& d : diagnostics) MESSAGE(to_string(d));
  CHECK(diagnostics.empty());
  const Signature& first = *rules.signatures[0];
  REQUIRE(first.threshold.has_value());
  CHECK(first.threshold->type == ThresholdType::both);
  CHECK(first.threshold->track == ThresholdTrack::by_flow);
  CHECK(first.threshold->count == 5);
  REQUIRE(first.suppressions.size() == 2);
  CHECK(first.suppressions[0].addresses == nullptr);
  CHECK(first.suppressions[1].track == Suppression::Track::either);
  CHECK(first.suppressions[1].addresses->contains(IpAddress::v4(0x0a000001)));
  // The rule's own is replaced.
  CHECK_FALSE(rules.signatures[1]->detection_filter.has_value());
  CHECK(rules.signatures[1]->threshold->seconds == 15);
  const Signature& third = *rules.signatures[2];
  REQUIRE(third.rate_filter.has_value());
  CHECK(third.rate_filter->new_action == Action::reject);
  CHECK(third.rate_filter->timeout_s == 1000);
  CHECK_FALSE(third.suppressions[0].addresses->contains(IpAddress::v4(0x0a010001)));
  CHECK(third.has_thresholds());
}

TEST_CASE("threshold.config: sig_id 0 stands for all rules that have no threshold of their own") {
  Rules rules;
  CHECK(rules
            .apply("threshold gen_id 1, sig_id 0, type limit, track by_src, count 1, seconds 60\n"
                   "threshold gen_id 1, sig_id 100, type limit, track by_src, count 7, seconds 60\n"
                   "suppress gen_id 0, sig_id 0, track by_src, ip 1.2.3.4\n")
            .empty());
  CHECK(rules.signatures[0]->threshold->count == 7);
  CHECK_FALSE(rules.signatures[1]->threshold.has_value());
  CHECK_FALSE(rules.signatures[2]->threshold.has_value());
  for (const auto& s : rules.signatures) CHECK(s->suppressions.size() == 1);
}

TEST_CASE("threshold.config: lines that are wrong are named, the others count") {
  struct Row {
    std::string_view line, expected;
  };
  constexpr Row kRows[] = {
      {"nonsense", "t:1:1: error: gen_id is missing"},
      {"limit gen_id 1, sig_id 1",
       "t:1:1: error: expected threshold, event_filter, rate_filter or suppress (limit)"},
      {"suppress gen_id 1", "t:1:1: error: sig_id is missing"},
      {"suppress gen_id x, sig_id 1", "t:1:17: error: gen_id needs a number of at least 0 (x)"},
      {"suppress gen_id 1, sig_id 4294967296",
       "t:1:27: error: sig_id needs a number of at least 0 (4294967296)"},
      {"suppress gen_id 0, sig_id 1", "t:1:1: error: gen_id 0 stands for all rules, and needs sig_id 0"},
      {"suppress gen_id 1, sig_id 100, track by_src", "t:1:1: error: ip is missing"},
      {"suppress gen_id 1, sig_id 100, ip 1.2.3.4", "t:1:1: error: track is missing"},
      {"suppress gen_id 1, sig_id 100, track by_rule, ip 1.2.3.4",
       "t:1:38: error: not a value of track (by_rule)"},
      {"suppress gen_id 1, sig_id 100, track by_src, ip 1.2.3",
       "t:1:49: error: not an IP address (1.2.3) (1.2.3)"},
      {"suppress gen_id 1, sig_id 100, track by_src, ip $X",
       "t:1:49: error: the variable is not defined ($X) ($X)"},
      {"suppress gen_id 1, sig_id 100, count 1", "t:1:32: error: a field that does not belong here (count)"},
      {"suppress gen_id 1, gen_id 2, sig_id 1", "t:1:20: error: the field stands there twice (gen_id)"},
      {"suppress gen_id 1,, sig_id 1", "t:1:19: error: a field without a value"},
      {"threshold gen_id 1, sig_id 100, type x, track by_src, count 1, seconds 1",
       "t:1:38: error: not a value of type (x)"},
      {"threshold gen_id 1, sig_id 100, type limit, track by_src, count 0, seconds 1",
       "t:1:65: error: count needs a number of at least 1 (0)"},
      {"threshold gen_id 1, sig_id 100, type limit, track by_src, count 1",
       "t:1:1: error: seconds is missing"},
      {"threshold gen_id 1, sig_id 100, type backoff, track by_src, count 1, multiplier 2",
       "t:1:1: error: backoff needs track by_flow"},
      {"rate_filter gen_id 1, sig_id 100, track by_src, count 1, seconds 1, new_action x, timeout 1",
       "t:1:80: error: not a value of new_action (x)"},
      {"suppress gen_id 9, sig_id 9", "t:1:1: warning: no rule 9:9 is loaded"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.line);
    Rules rules;
    const auto diagnostics = rules.apply(std::string(row.line) + "\nsuppress gen_id 1, sig_id 200\n");
    REQUIRE(diagnostics.size() == 1);
    CHECK(to_string(diagnostics[0]) == std::string(row.expected));
    CHECK(rules.signatures[1]->suppressions.size() == 1);
  }
  Rules rules;
  CHECK(apply_threshold_file("/nonexistent/threshold.config", rules.environment, rules.signatures).size() ==
        1);
}

TEST_CASE("threshold.config: every truncation of a line gives an error or an entry") {
  const std::string line =
      "rate_filter gen_id 1, sig_id 100, track by_src, count 1, seconds 60, new_action alert, timeout 1000\n"
      "suppress gen_id 1, sig_id 100, track by_src, ip [1.2.3.4,!$HOME_NET]\n";
  for (std::size_t n = 0; n <= line.size(); ++n) {
    Rules rules;
    (void)rules.apply(line.substr(0, n));
  }
}
