#include "rules/load/name_warnings.h"

#include <string>

namespace weir::rules {

std::optional<RuleWarning> unknown_class(const Signature& s, const RuleEnvironment& environment) {
  const std::string name(s.meta.classtype);
  if (name.empty() || environment.classifications.contains(name)) return std::nullopt;
  return RuleWarning{.keyword = "classtype",
                     .argument = name,
                     .found = {},
                     .reason = "no classification file knows the class",
                     .advice =
                         "the alert has no category, and priority 3 unless the rule gives one; "
                         "name the file that has it as classification-file"};
}

std::optional<RuleWarning> unknown_reference(const Signature& s, const RuleEnvironment&) {
  for (const auto& [prefix, rest] : s.meta.references) {
    const std::string_view system = prefix;
    if (!system.ends_with(',')) continue;  // how an unknown one is kept: "nosys,"
    return RuleWarning{
        .keyword = "reference",
        .argument = std::string(system.substr(0, system.size() - 1)),
        .found = {},
        .reason = "no reference file knows the system",
        .advice = "the alert names it as it stands; name the file that has it as reference-config-file"};
  }
  return std::nullopt;
}

}  // namespace weir::rules
