#include "decoders/app/nfs/transaction.h"

namespace weir::nfs {

std::size_t NfsTransaction::held() const {
  std::size_t bytes = waiting + name.capacity() + (new_name ? new_name->capacity() : 0) +
                      (caller.identity ? caller.identity->machine_name.capacity() : 0);
  if (transfer) bytes += held_by(transfer->files);
  return bytes;
}

void NfsTransaction::after_detection(Direction d) {
  if (const FileList* const shown = files(d)) mark_inspected(*shown);
}

}  // namespace weir::nfs
