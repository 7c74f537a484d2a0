#include "decoders/app/nfs/transaction.h"

namespace weir::nfs {

std::size_t NfsTransaction::held() const {
  std::size_t bytes = waiting + name.capacity() + (new_name ? new_name->capacity() : 0) +
                      (caller.identity ? caller.identity->machine_name.capacity() : 0);
  if (transfer)
    for (const ShownFile& file : transfer->files)
      if (file->content != nullptr) bytes += file->content->held();
  return bytes;
}

void NfsTransaction::after_detection(Direction d) {
  if (const FileList* const shown = files(d))
    for (const ShownFile& file : *shown)
      if (file->content != nullptr && file->content->ready()) file->content->mark_inspected();
}

}  // namespace weir::nfs
