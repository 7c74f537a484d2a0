// The files beside the rules: classes, reference systems, thresholds.
//
// Input: which of them; the file.
#include "rules/load/rule_tables.h"

#include "rules/load/rule_loader.h"
#include "rules/load/threshold_config.h"
#include "rules/set/rule_set.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

constexpr std::string_view kRules = R"(
alert ip any any -> any any (msg:"one"; sid:1;)
alert tcp any any -> any 80 (msg:"two"; threshold:type limit, track by_src, count 1, seconds 60; sid:2; gid:3;)
)";

std::vector<rules::RuleDiagnostic> thresholds(std::string_view text) {
  rules::RuleEnvironment environment;
  environment.address_vars = {{"HOME_NET", "10.0.0.0/8"}};
  rules::LoadedRules loaded;
  rules::load_rule_text(kRules, "fuzz.rules", environment, loaded);
  return rules::apply_thresholds(text, "threshold.config", environment, loaded.signatures);
}

}  // namespace

void fuzz_rule_tables(Bytes bytes) {
  Input input(bytes);
  const std::uint8_t which = input.u8() % 3;
  std::vector<rules::RuleDiagnostic> diagnostics;
  rules::RuleEnvironment environment;
  if (which == 0)
    rules::read_classifications(input.rest_text(), "classification.config", environment, diagnostics);
  if (which == 1) rules::read_references(input.rest_text(), "reference.config", environment, diagnostics);
  if (which == 2) diagnostics = thresholds(input.rest_text());
  for (const rules::RuleDiagnostic& d : diagnostics)
    must(d.line != 0 && !d.reason.empty(), "a diagnostic has its line and reason");
}

}  // namespace weir::fuzz
