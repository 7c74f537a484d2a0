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

}  // namespace

bool FileCheck::matches(const Transaction& tx, Direction d) const {
  const FileList* files = tx.files(d);
  if (files == nullptr) return false;
  return std::any_of(files->begin(), files->end(), [this](const auto& file) {
    return std::all_of(conditions_.begin(), conditions_.end(),
                       [&file](const auto& c) { return c->holds(*file); });
  });
}

Compiled add_file_condition(RuleBuilder& rule, std::shared_ptr<const FileCondition> condition,
                            std::optional<Direction> only) {
  auto& checks = rule.signature().tx_checks;
  const auto is_files = [](const TxCheckEngine& e) {
    return dynamic_cast<const FileCheck*>(e.check.get()) != nullptr;
  };
  auto engine = std::find_if(checks.begin(), checks.end(), is_files);
  if (engine == checks.end()) {
    if (auto ok = rule.require_one_of(protocols_with_files()); !ok) return ok;
    auto added = rule.add_tx_check(
        {.protocol = AppProto::unknown,
         .progress_to_server = std::uint8_t{0},
         .progress_to_client = std::uint8_t{0},
         .check = std::make_shared<const FileCheck>(std::vector<std::shared_ptr<const FileCondition>>{})});
    if (!added) return added;
    engine = std::prev(checks.end());
  }
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
