#include "rules/base64.h"

#include <algorithm>
#include <array>

namespace weir::rules {
namespace {

constexpr std::uint8_t kInvalid = 0xff, kBlank = 0xfe;

constexpr std::array<std::uint8_t, 256> make_table() {
  std::array<std::uint8_t, 256> t{};
  t.fill(kInvalid);
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

void decode_base64(Bytes text, std::string& out) {
  out.clear();
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const std::uint8_t c : text.first(std::min(text.size(), kMaxBase64Bytes))) {
    const std::uint8_t v = kTable[c];
    if (v == kBlank) continue;
    if (v == kInvalid) break;  // '=' too
    group = (group << 6U) | v;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<char>((group >> bits) & 0xffU));
  }
}

}  // namespace weir::rules
