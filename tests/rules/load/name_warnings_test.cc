#include "rules/load/name_warnings.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "rules/load/requires.h"
#include "rules/load/rule_loader.h"
#include "rules/load/rule_tables.h"

namespace weir::rules {
namespace {

// Of one rule with these options; the tables are the built-in ones.
std::string named(std::string_view options) {
  RuleEnvironment environment;
  environment.features = default_features();
  add_default_tables(environment);
  LoadedRules loaded;
  load_rule_text("alert tcp any any -> any any (content:\"x\"; " + std::string(options) + " sid:1;)", "t",
                 environment, loaded);
  CHECK(loaded.failed == 0);
  std::string out;
  for (const RuleDiagnostic& d : loaded.diagnostics)
    out += std::string(d.keyword) + " " + std::to_string(d.column) + " " + d.offending + "\n";
  return out;
}

TEST_CASE("name warnings: classes and reference systems that no table has") {
  CHECK(named("classtype:nonsense;") == "classtype 44 nonsense\n");
  CHECK(named("reference:nosys,1;") == "reference 44 nosys\n");
  CHECK(named("reference:cve,2020-1; reference:nosys,1; reference:other,2;") == "reference 66 nosys\n");
}

TEST_CASE("name warnings: nothing is said of known ones, in whatever case, or of none") {
  CHECK(named("").empty());
  CHECK(named("classtype:trojan-activity; reference:url,example.com/x; reference:CVE,2020-1;").empty());
}

}  // namespace
}  // namespace weir::rules
