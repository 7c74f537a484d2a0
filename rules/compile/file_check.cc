#include "rules/compile/file_check.h"

#include <algorithm>

#include "decoders/app/protocol.h"

namespace weir::rules {
namespace {

AppProtoSet protocols_with_files() {
  AppProtoSet out;
  for (const ProtocolInfo* info : all_protocols())
    if (info->files.to_server || info->files.to_client) out.set(index(info->id));
  return out;
}

using Checks = std::vector<TxCheckEngine>;

template <class List>
auto find_file_check(List& checks) {
  return std::find_if(checks.begin(), checks.end(), [](const TxCheckEngine& e) {
    return dynamic_cast<const FileCheck*>(e.check.get()) != nullptr;
  });
}

}  // namespace

bool FileCheck::holds(const AppFile& file) const {
  return std::all_of(conditions_.begin(), conditions_.end(),
                     [&file](const auto& c) { return c->holds(file); });
}

bool FileCheck::matches(const Transaction& tx, Direction d) const {
  const FileList* files = tx.files(d);
  return files != nullptr &&
         std::any_of(files->begin(), files->end(), [this](const auto& file) { return holds(*file); });
}

bool asks_for_files(const Signature& rule) {
  return find_file_check(rule.tx_checks) != rule.tx_checks.end();
}

bool holds_for_file(const Signature& rule, const AppFile& file) {
  const auto engine = find_file_check(rule.tx_checks);
  return engine == rule.tx_checks.end() || static_cast<const FileCheck&>(*engine->check).holds(file);
}

Compiled require_file(RuleBuilder& rule) {
  Checks& checks = rule.signature().tx_checks;
  if (find_file_check(checks) != checks.end()) return {};
  if (auto ok = rule.require_one_of(protocols_with_files()); !ok) return ok;
  return rule.add_tx_check(
      {.protocol = AppProto::unknown,
       .progress_to_server = std::uint8_t{0},
       .progress_to_client = std::uint8_t{0},
       .check = std::make_shared<const FileCheck>(std::vector<std::shared_ptr<const FileCondition>>{})});
}

Compiled add_file_condition(RuleBuilder& rule, std::shared_ptr<const FileCondition> condition,
                            std::optional<Direction> only) {
  if (auto ok = require_file(rule); !ok) return ok;
  const auto engine = find_file_check(rule.signature().tx_checks);
  auto conditions = static_cast<const FileCheck&>(*engine->check).conditions();
  conditions.push_back(std::move(condition));
  engine->check = std::make_shared<const FileCheck>(std::move(conditions));
  if (only == Direction::to_server) engine->progress_to_client.reset();
  if (only == Direction::to_client) engine->progress_to_server.reset();
  if (!engine->progress_to_client && !engine->progress_to_server)
    return refuse("the rule looks at files of both directions");
  return {};
}

}  // namespace weir::rules
