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
  for (const char c : name) hash = (hash ^ lower(static_cast<unsigned char>(c))) * 16777619U;
  return hash;
}

bool equal_nocase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(static_cast<unsigned char>(a[i])) != lower(static_cast<unsigned char>(b[i]))) return false;
  return true;
}

const Field* Message::find(std::string_view field_name) const {
  const std::uint32_t hash = field_name_hash(field_name);
  for (const Field& f : fields)
    if (f.name_hash == hash && equal_nocase(name(f), field_name)) return &f;
  return nullptr;
}

}  // namespace weir::http
