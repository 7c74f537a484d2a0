#include "decoders/app/http/message.h"

namespace weir::http {

bool same_field_name(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  for (;;) {
    while (i < a.size() && a[i] == '\0') ++i;
    while (j < b.size() && b[j] == '\0') ++j;
    if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
    if (to_lower(a[i++]) != to_lower(b[j++])) return false;
  }
}

std::size_t Message::held() const {
  std::size_t bytes = line.capacity() + raw_headers.capacity() + joined.capacity() +
                      (fields.capacity() + joined_fields.capacity()) * sizeof(Field) + body.held() +
                      files.size() * (sizeof(AppFile) + kMaxFileName);
  for (const ShownFile& file : files)
    if (file->own_content) bytes += file->own_content->held();
  return bytes;
}

const Field* Message::find(const FieldName& wanted) const {
  for (const auto* list : {&joined_fields, &fields})
    for (const Field& f : *list)
      if (f.name_hash == wanted.hash() && same_field_name(name(f), wanted.text())) return &f;
  return nullptr;
}

}  // namespace weir::http
