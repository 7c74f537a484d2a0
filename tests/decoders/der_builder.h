// Elements of DER (X.690) for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::test {

// One element; the content has less than 65,536 bytes.
inline std::string der(unsigned tag, std::string_view content) {
  std::string out{static_cast<char>(tag)};
  const std::size_t n = content.size();
  if (n >= 0x80) out += {'\x82', static_cast<char>(n >> 8U)};
  out += static_cast<char>(n);
  return out.append(content);
}
// An integer, in four bytes.
inline std::string der_number(std::int32_t value) {
  const auto bits = static_cast<std::uint32_t>(value);
  return der(0x02, std::string{static_cast<char>(bits >> 24U), static_cast<char>(bits >> 16U),
                               static_cast<char>(bits >> 8U), static_cast<char>(bits)});
}

}  // namespace weir::test
