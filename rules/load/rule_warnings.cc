#include "rules/load/rule_warnings.h"

#include <optional>
#include <utility>

#include "rules/load/name_warnings.h"
#include "rules/load/stream_span.h"

namespace weir::rules {
namespace {

using WarningKind = std::optional<RuleWarning> (*)(const Signature&, const RuleEnvironment&);

constexpr WarningKind kKinds[] = {
    spans_more_than_a_chunk,
    unknown_class,
    unknown_reference,
};

}  // namespace

std::vector<RuleWarning> rule_warnings(const Signature& signature, const RuleEnvironment& environment) {
  std::vector<RuleWarning> out;
  for (const WarningKind kind : kKinds)
    if (auto warning = kind(signature, environment)) out.push_back(std::move(*warning));
  return out;
}

}  // namespace weir::rules
