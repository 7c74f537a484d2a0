#include "decoders/app/http/transaction.h"

#include "decoders/text.h"

namespace weir::http {

bool HttpTransaction::is_method(std::string_view method) const {
  return equals_nocase(request.method.of(request.line), method);
}

std::size_t HttpTransaction::held() const {
  const std::size_t messages = request.held() + response.held();
  if (framed == nullptr) return messages;
  return messages + sizeof(FramedExchange) + framed->sides[0].held() + framed->sides[1].held();
}

void HttpTransaction::after_detection(Direction d) {
  StreamedBody& body = message(d).body;
  const bool looked_at = d == Direction::to_server || body.ready();
  if (body.ready()) body.mark_inspected();
  if (!looked_at) return;
  for (const auto& file : message(d).files)
    if (file->content != nullptr && file->content != &body && file->content->ready())
      file->content->mark_inspected();
}

std::optional<BodyView> HttpTransaction::find_joined_file(std::uint32_t number) const {
  for (const auto& file : response.files)
    if (file->own_content && file->own_content->ready() && number-- == 0) return file->own_content->view();
  return std::nullopt;
}

}  // namespace weir::http
