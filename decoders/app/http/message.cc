#include "decoders/app/http/message.h"

#include "decoders/text.h"

namespace weir::http {

// FNV-1a: spreads short names well enough; a full comparison follows every hit.
std::uint32_t field_name_hash(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name)
    if (c != '\0') hash = (hash ^ static_cast<unsigned char>(to_lower(c))) * 16777619U;
  return hash;
}

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
                      fields.capacity() * sizeof(Field) + body.held() +
                      files.size() * (sizeof(AppFile) + kMaxFileName);
  for (const ShownFile& file : files)
    if (file->own_content) bytes += file->own_content->held();
  return bytes;
}

const Field* Message::find(std::string_view field_name) const {
  const std::uint32_t hash = field_name_hash(field_name);
  for (const Field& f : fields)
    if (f.name_hash == hash && same_field_name(name(f), field_name)) return &f;
  return nullptr;
}

}  // namespace weir::http
