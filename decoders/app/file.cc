#include "decoders/app/file.h"

namespace weir {

void AppFile::keep(Bytes bytes) {
  if (keeping != FileKeeping::undecided && keeping != FileKeeping::wanted) return;
  if (budget_ == nullptr || !budget_->has_room(bytes.size())) return stop_keeping(FileKeeping::lost);
  kept_.insert(kept_.end(), bytes.begin(), bytes.end());
  budget_->take(bytes.size());
}

void AppFile::let_go_of_kept() {
  if (budget_ != nullptr) budget_->give_back(kept_.size());
  kept_ = {};
}

void mark_inspected(const FileList& files) {
  for (const ShownFile& file : files)
    if (file->content != nullptr && file->content->ready()) file->content->mark_inspected();
}

std::size_t held_by(const FileList& files) {
  std::size_t bytes = 0;
  for (const ShownFile& file : files)
    if (file->content != nullptr) bytes += file->content->held();
  return bytes;
}

}  // namespace weir
