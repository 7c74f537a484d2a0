#include "decoders/app/mime/mail.h"

#include <algorithm>
#include <array>

#include "decoders/text.h"

namespace weir::mime {

std::string_view status_name(Status s) {
  constexpr std::array<std::string_view, 5> kNames{"HEADER_READY", "HEADER_STARTED", "BODY_STARTED",
                                                   "BODY_END_BOUND", "PARSE_DONE"};
  return kNames[static_cast<std::size_t>(s)];
}

std::string_view Mail::field(std::string_view name) const {
  const auto found = std::find_if(fields.rbegin(), fields.rend(),
                                  [name](const Field& f) { return equals_nocase(f.name, name); });
  return found == fields.rend() ? std::string_view() : found->value;
}

const SlabString* Mail::field(std::string_view name, std::size_t index) const {
  for (const Field& f : fields)
    if (equals_nocase(f.name, name) && index-- == 0) return &f.value;
  return nullptr;
}

std::size_t Mail::held() const {
  std::size_t bytes = sizeof(Mail) + field_bytes + fields.capacity() * sizeof(Field);
  for (const SlabVector<SlabString>* list : {&attachments, &urls}) {
    bytes += list->capacity() * sizeof(SlabString);
    for (const SlabString& text : *list) bytes += text.capacity();
  }
  return bytes;
}

}  // namespace weir::mime
