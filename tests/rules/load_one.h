// Compiles one rule for a test.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/load/requires.h"
#include "rules/load/rule_loader.h"

namespace weir::rules::test {

struct One {
  std::shared_ptr<const Signature> signature;  // null when the rule was refused
  std::string error;                     // "KEYWORD: reason (offending)"
};

inline One load(std::string_view rule, RuleEnvironment& environment) {
  LoadedRules loaded;
  load_rule_text(rule, "test.rules", environment, loaded);
  One out;
  for (const RuleDiagnostic& d : loaded.diagnostics)
    if (!d.is_warning()) out.error = d.keyword + ": " + d.reason + " (" + d.offending + ")";
  if (!loaded.signatures.empty()) out.signature = loaded.signatures.front().signature;
  return out;
}
inline One load(std::string_view rule) {
  RuleEnvironment environment;
  environment.features = default_features();
  return load(rule, environment);
}

// A rule of these options on any IP packet.
inline One with_options(std::string_view options) {
  return load("alert ip any any -> any any (" + std::string(options) + " sid:1;)");
}
inline One http_with(std::string_view options) {
  return load("alert http any any -> any any (" + std::string(options) + " sid:1;)");
}

// What the one buffer of a rule shows of a transaction in direction d.
inline std::vector<std::string> buffer_values(const Signature& rule, const Transaction& tx, Direction d) {
  std::vector<std::string> out;
  BufferArena arena;
  std::vector<TxBufferFunction> asked;  // one may serve several protocols
  for (const BufferSource& source : rule.buffers.at(0).buffer->sources) {
    if (source.direction != d || std::find(asked.begin(), asked.end(), source.get) != asked.end()) continue;
    asked.push_back(source.get);
    for (std::uint32_t i = 0; const auto view = source.get({tx, d, i, arena}); ++i)
      out.emplace_back(view->data.begin(), view->data.end());
  }
  return out;
}

// All packet conditions of the rule hold.
inline bool packet_checks_hold(const Signature& s, const PacketContext& context) {
  for (const auto& check : s.packet_checks)
    if (!check->matches(context)) return false;
  return true;
}

inline Bytes bytes_of(std::string_view s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

}  // namespace weir::rules::test
