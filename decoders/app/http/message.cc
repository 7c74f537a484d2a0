#include "decoders/app/http/message.h"

namespace weir::http {
namespace {

constexpr unsigned char lower(unsigned char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<unsigned char>(c + ('a' - 'A')) : c;
}

}  // namespace

// FNV-1a: spreads short names well enough; a full comparison follows every hit.
std::uint32_t field_name_hash(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name)
    if (c != '\0') hash = (hash ^ lower(static_cast<unsigned char>(c))) * 16777619U;
  return hash;
}

bool same_field_name(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  for (;;) {
    while (i < a.size() && a[i] == '\0') ++i;
    while (j < b.size() && b[j] == '\0') ++j;
    if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
    if (lower(static_cast<unsigned char>(a[i++])) != lower(static_cast<unsigned char>(b[j++]))) return false;
  }
}

bool equal_nocase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(static_cast<unsigned char>(a[i])) != lower(static_cast<unsigned char>(b[i]))) return false;
  return true;
}

bool contains_nocase(std::string_view text, std::string_view part) {
  for (std::size_t start = 0; start < text.size(); ++start) {
    std::size_t i = start, matched = 0;
    for (; i < text.size() && matched < part.size(); ++i) {
      if (text[i] == '\0') continue;
      if (lower(static_cast<unsigned char>(text[i])) != static_cast<unsigned char>(part[matched])) break;
      ++matched;
    }
    if (matched == part.size()) return true;
  }
  return false;
}

const Field* Message::find(std::string_view field_name) const {
  const std::uint32_t hash = field_name_hash(field_name);
  for (const Field& f : fields)
    if (f.name_hash == hash && same_field_name(name(f), field_name)) return &f;
  return nullptr;
}

}  // namespace weir::http
