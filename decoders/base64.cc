#include "decoders/base64.h"

#include <array>

namespace weir {
namespace {

constexpr std::uint8_t kForeign = 0xff, kBlank = 0xfe;

constexpr std::array<std::uint8_t, 256> make_table() {
  std::array<std::uint8_t, 256> t{};
  t.fill(kForeign);
  for (std::uint8_t i = 0; i < 26; ++i) {
    t[static_cast<std::size_t>('A') + i] = i;
    t[static_cast<std::size_t>('a') + i] = static_cast<std::uint8_t>(26 + i);
  }
  for (std::uint8_t i = 0; i < 10; ++i) t[static_cast<std::size_t>('0') + i] = static_cast<std::uint8_t>(52 + i);
  t['+'] = 62;
  t['/'] = 63;
  t[' '] = t['\r'] = t['\n'] = t['\t'] = kBlank;
  return t;
}
constexpr auto kTable = make_table();

}  // namespace

void decode_base64(Bytes text, std::string& out, Base64Mode mode) {
  out.clear();
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const std::uint8_t c : text) {
    if (c == '=') return;
    const std::uint8_t v = kTable[c];
    if (mode == Base64Mode::rfc2045 && v >= kBlank) continue;
    if (mode == Base64Mode::skip_blanks && v == kBlank) continue;
    if (v >= kBlank) {
      if (mode == Base64Mode::strict) out.clear();
      return;
    }
    group = (group << 6U) | v;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<char>((group >> bits) & 0xffU));
  }
}

}  // namespace weir
