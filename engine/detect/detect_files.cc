// What a rule that matched says of files: `filestore`.
#include "engine/detect/detect_impl.h"
#include "engine/flow/app_state.h"
#include "rules/compile/file_check.h"

namespace weir::engine {

// The log carries it out: files that are open or not yet there, too.
void Detect::Impl::want_files(const rules::Signature& s, const Transaction* matched) {
  if (in->flow == nullptr) return;
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
        break;
    }
  }
}

}  // namespace weir::engine
