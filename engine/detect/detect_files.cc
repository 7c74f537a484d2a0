// What a rule that matched says of files: `filestore`.
#include <algorithm>

#include "engine/detect/detect_impl.h"
#include "engine/flow/app_state.h"
#include "rules/compile/file_check.h"

namespace weir::engine {
namespace {

void remember_storing(Transaction* tx, const TxDetect::Storing& wanted) {
  if (tx == nullptr || tx->detection == nullptr) return;
  auto& storing = static_cast<TxDetect&>(*tx->detection).storing;
  if (storing.size() >= kMaxPendingRules) return;
  if (std::find(storing.begin(), storing.end(), wanted) == storing.end()) storing.push_back(wanted);
}

}  // namespace

// The log carries it out: files that are open or not yet there, too.
void Detect::Impl::want_files(RuleId id, const Transaction* matched) {
  if (in->flow == nullptr) return;
  const rules::Signature& s = *program->rules[id].signature;
  Transaction* const tx =
      matched == nullptr ? nullptr : in->flow->app->parser->transactions().find(matched->id);
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    if (!s.filestore->means(d, in->direction)) continue;
    switch (s.filestore->scope) {
      case rules::Filestore::Scope::flow: in->flow->detect->store_files[index(d)] = true; break;
      case rules::Filestore::Scope::tx:
        if (tx != nullptr) tx->store_files[index(d)] = true;
        break;
      case rules::Filestore::Scope::file:
        if (const FileList* files = tx == nullptr ? nullptr : tx->files(d))
          for (const ShownFile& file : *files)
            if (rules::holds_for_file(s, *file)) file->want();
        remember_storing(tx, {program->lineage.serial(id), d});
        break;
    }
  }
}

// A rule alerts once on a transaction, whose other files may come later (attachments of a mail, parts of a form).
void Detect::Impl::want_later_files(const TxDetect& memory, const Transaction& tx) const {
  const FileList* const files = tx.files(in->direction);
  if (files == nullptr) return;
  for (const TxDetect::Storing& wanted : memory.storing) {
    const auto id = program->lineage.find(wanted.serial);
    if (!id || wanted.direction != in->direction) continue;  // none: replaced
    const rules::Signature& s = *program->rules[*id].signature;
    for (const ShownFile& file : *files)
      if (file->keeping == FileKeeping::undecided && rules::holds_for_file(s, *file)) file->want();
  }
}

}  // namespace weir::engine
