#include "decoders/app/smtp/transaction.h"

namespace weir::smtp {

void SmtpTransaction::after_detection(Direction d) {
  if (d != Direction::to_server) return;
  mark_inspected(files_);
}

std::size_t SmtpTransaction::held() const {
  std::size_t bytes = rcpt_to.capacity() * sizeof(SlabString) + files_.capacity() * sizeof(ShownFile);
  if (helo) bytes += helo->capacity();
  if (mail_from) bytes += mail_from->capacity();
  for (const SlabString& to : rcpt_to) bytes += to.capacity();
  if (mail != nullptr) bytes += mail->held();
  bytes += held_by(files_);
  return bytes;
}

}  // namespace weir::smtp
