// Keywords that describe a rule: msg, sid, rev, gid, classtype, priority, reference, metadata, target.
#include "rules/keyword_table.h"
#include "rules/rule_builder.h"

namespace weir::rules {
namespace {

Compiled compile_msg(RuleBuilder& rule, std::string_view argument) {
  rule.signature().meta.msg = argument;
  return {};
}

}  // namespace

const KeywordSpec kw_msg{"msg", compile_msg, KeywordSpec::Argument::required, "text of the alert"};

}  // namespace weir::rules
