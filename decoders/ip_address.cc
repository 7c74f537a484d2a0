#include "decoders/ip_address.h"

#include <fmt/format.h>

namespace weir {

std::string to_string(const IpAddress& a) {
  if (a.family == 4) return fmt::format("{}.{}.{}.{}", a.bytes[0], a.bytes[1], a.bytes[2], a.bytes[3]);
  if (a.family != 6) return {};
  std::string out;
  for (std::size_t i = 0; i < 16; i += 2)
    out += fmt::format("{}{:02x}{:02x}", i == 0 ? "" : ":", a.bytes[i], a.bytes[i + 1]);
  return out;
}

}  // namespace weir
