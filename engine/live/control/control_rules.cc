// Commands about the rules.
#include <algorithm>

#include <fmt/format.h>

#include "engine/live/control/control_commands.h"
#include "rules/set/program.h"

namespace weir::engine {
namespace {

constexpr std::uint64_t kDefaultErrors = 1000;

std::string_view action_name(rules::Action action) {
  switch (action) {
    case rules::Action::alert: return "alert";
    case rules::Action::pass: return "pass";
    case rules::Action::drop: return "drop";
    case rules::Action::reject: return "reject";
    case rules::Action::reject_dst: return "rejectdst";
    case rules::Action::reject_both: return "rejectboth";
    case rules::Action::config: return "config";
  }
  return {};
}

void write_error(output::JsonWriter& out, const rules::RuleDiagnostic& d) {
  const auto object = out.object();
  out.bytes("file", d.file);
  out.number("line", d.line);
  out.number("column", d.column);
  if (d.sid != 0) out.number("sid", d.sid);
  if (!d.keyword.empty()) out.bytes("keyword", d.keyword);
  out.bytes("reason", d.reason);
  if (!d.offending.empty()) out.bytes("offending", d.offending);
  out.bytes("text", rules::to_string(d));
}

void write_signature(output::JsonWriter& out, const rules::LoadedSignature& rule) {
  const rules::Signature& s = *rule;
  out.string("state", "loaded");
  out.number("sid", s.meta.sid);
  out.number("gid", s.meta.gid);
  out.number("rev", s.meta.rev);
  out.string("action", action_name(s.action));
  out.bytes("msg", s.meta.msg);
  out.bytes("file", rule.file);
  out.number("line", rule.line);
  out.bytes("rule", s.meta.text);
}

const rules::LoadedSignature* find_rule(const rules::RuleSet* set, std::uint64_t gid, std::uint64_t sid) {
  if (set == nullptr) return nullptr;
  for (const rules::LoadedSignature& rule : set->program().signatures)
    if (rule->meta.sid == sid && rule->meta.gid == gid) return &rule;
  return nullptr;
}

void tell_of_rule(const ControlTarget& target, std::uint64_t gid, std::uint64_t sid,
                  const ControlReply& reply) {
  const auto set = target.rule_set();
  if (const rules::LoadedSignature* rule = find_rule(set.get(), gid, sid); rule != nullptr) {
    reply.object([&](output::JsonWriter& out) { write_signature(out, *rule); });
    return;
  }
  const auto& errors = target.rule_state().errors;
  const auto failed =
      std::find_if(errors.begin(), errors.end(), [sid](const auto& d) { return d.sid == sid; });
  if (failed == errors.end()) {
    reply.fail(fmt::format("there is no rule with sid {}", sid));
    return;
  }
  reply.object([&](output::JsonWriter& out) {
    out.string("state", "failed");
    out.number("sid", sid);
    const auto list = out.array("errors");
    write_error(out, *failed);
  });
}

}  // namespace

void ctl_rules(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  if (const auto sid = arguments.number("sid")) {
    tell_of_rule(target, arguments.number("gid").value_or(1), *sid, reply);
    return;
  }
  const RuleState& state = target.rule_state();
  const std::size_t limit = arguments.number("limit").value_or(kDefaultErrors);
  reply.object([&](output::JsonWriter& out) {
    out.number("version", state.version);
    out.string("loaded_at", time_text(state.loaded_at));
    out.number("files", state.files);
    out.number("loaded", state.loaded);
    out.number("failed", state.failed);
    out.number("skipped", state.skipped);
    const auto list = out.array("errors");
    for (std::size_t i = 0; i < std::min(limit, state.errors.size()); ++i) write_error(out, state.errors[i]);
  });
}

void ctl_reload(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  target.reload([&target, reply](const ReloadResult& result) {
    if (!result.done) {
      reply.fail(result.error);
      return;
    }
    reply.object([&](output::JsonWriter& out) {
      out.number("version", target.rule_state().version);
      if (result.report) result.report(out);
    });
  });
}

}  // namespace weir::engine
