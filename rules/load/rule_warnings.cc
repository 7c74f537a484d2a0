#include "rules/load/rule_warnings.h"

#include <optional>
#include <utility>

#include "rules/load/contradictions.h"
#include "rules/load/left_out_warnings.h"
#include "rules/load/name_warnings.h"
#include "rules/load/stream_span.h"
#include "rules/load/value_warnings.h"

namespace weir::rules {
namespace {

using WarningKind = std::optional<RuleWarning> (*)(const Signature&, const RuleEnvironment&);

constexpr WarningKind kKinds[] = {
    spans_more_than_a_chunk, unknown_class,  unknown_reference, protocol_is_left_out, buffer_is_left_out,
    asks_for_other_packets,  stores_nowhere, is_no_value,       sizes_exclude,        contents_exclude,
};

}  // namespace

std::vector<RuleWarning> rule_warnings(const Signature& signature, const RuleEnvironment& environment) {
  std::vector<RuleWarning> out;
  for (const WarningKind kind : kKinds) {
    auto warning = kind(signature, environment);
    if (!warning) continue;
    out.push_back(std::move(*warning));
    if (out.back().never) break;  // what else there is to say is of no use then
  }
  return out;
}

}  // namespace weir::rules
