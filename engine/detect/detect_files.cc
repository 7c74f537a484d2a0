// Rules and the files of transactions: what one that matched says of them (`filestore`), and files that come later.
#include <algorithm>

#include "engine/detect/detect_impl.h"
#include "engine/flow/app_state.h"
#include "rules/compile/file_check.h"

namespace weir::engine {
namespace {

// False: there is no room for it.
bool remember_storing(Transaction& tx, const TxDetect::Files::Storing& wanted) {
  if (tx.detection == nullptr) return true;
  auto& storing = static_cast<TxDetect&>(*tx.detection).file_memory().storing;
  if (std::find(storing.begin(), storing.end(), wanted) != storing.end()) return true;
  if (storing.size() >= kMaxPendingRules) return false;
  storing.push_back(wanted);
  return true;
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
        if (tx != nullptr && is_still_looked_at(*tx, d))
          result.not_followed += !remember_storing(*tx, {program->lineage.serial(id), d});
        break;
    }
  }
}

// Else that side is complete, and nobody would ask any more what became of the rest of it.
bool Detect::Impl::is_still_looked_at(const Transaction& tx, Direction d) const {
  return d == in->direction || tx.id >= in->flow->detect->first_open[index(d)];
}

// Other files of the transaction may come later (attachments of a mail, parts of a form).
void Detect::Impl::want_later_files(const TxDetect::Files& memory, const Transaction& tx) const {
  const FileList* const files = tx.files(in->direction);
  if (files == nullptr) return;
  for (const TxDetect::Files::Storing& wanted : memory.storing) {
    const auto id = program->lineage.find(wanted.serial);
    if (!id || wanted.direction != in->direction) continue;  // none: replaced
    const rules::Signature& s = *program->rules[*id].signature;
    for (const ShownFile& file : *files)
      if (file->keeping == FileKeeping::undecided && rules::holds_for_file(s, *file)) file->want();
  }
}

// A rule that looks into files, too, is not one of these: what it found there belongs to the file that it alerted on.
void Detect::Impl::expect_files(TxDetect& memory, RuleId id, const Transaction& tx) {
  const CompiledRule& rule = program->rules[id];
  if (!rules::asks_for_files(*rule.signature)) return;
  const rules::TxRules& tx_rules =
      program->transactions[static_cast<std::size_t>(tx.protocol())][index(in->direction)];
  for (const rules::CompiledEngine& engine : rule.engines) {
    const rules::BufferSource* const source = tx_rules.sources[engine.buffer];
    if (source != nullptr && source->streamed && program->buffers[engine.buffer].spec->multiple) return;
  }
  std::uint32_t last = 0;
  for (const ShownFile& file : *tx.files(in->direction))
    if (rules::holds_for_file(*rule.signature, *file)) last = std::max(last, file->id);
  auto& known = memory.file_memory().rules;
  if (known.size() >= kMaxPendingRules)
    ++result.not_followed;
  else
    known.push_back({program->lineage.serial(id), in->direction, last});
}

// What else the rules ask of packet and flow held when they alerted, and is asked once for each file: bits may have changed.
void Detect::Impl::match_later_files(TxDetect::Files& memory, const Transaction& tx) {
  const FileList* const files = tx.files(in->direction);
  if (files == nullptr) return;
  for (TxDetect::Files::Rule& known : memory.rules) {
    if (known.direction != in->direction || files->empty() || files->back()->id <= known.last_file) continue;
    const auto id = program->lineage.find(known.serial);
    if (!id) continue;  // none: replaced
    if (out_of_time()) return;
    const CompiledRule& rule = program->rules[*id];
    for (const ShownFile& file : *files) {
      if (file->id <= known.last_file || !rules::holds_for_file(*rule.signature, *file)) continue;
      known.last_file = file->id;
      if (!header_matches(rule, &tx)) continue;
      chain_scratch.begin_rule();
      match(*id, &tx, false, {}, file->id);
    }
  }
}

}  // namespace weir::engine
