#include "decoders/app/http/transaction.h"

#include "decoders/text.h"

namespace weir::http {

bool HttpTransaction::is_method(std::string_view method) const {
  return equals_nocase(request.method.of(request.line), method);
}

void HttpTransaction::after_detection(Direction d) {
  StreamedBody& body = message(d).body;
  if (body.ready()) body.mark_inspected();
  for (const auto& file : message(d).files)
    if (file->content != nullptr && file->content != &body && file->content->ready())
      file->content->mark_inspected();
}

}  // namespace weir::http
