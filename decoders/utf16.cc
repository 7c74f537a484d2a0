#include "decoders/utf16.h"

#include "decoders/byte_cursor.h"

namespace weir {
namespace {

constexpr char32_t kReplacement = 0xfffd;

constexpr bool is_high(std::uint16_t unit) {
  return (unit & 0xfc00U) == 0xd800U;
}
constexpr bool is_low(std::uint16_t unit) {
  return (unit & 0xfc00U) == 0xdc00U;
}

char32_t next_character(ByteCursor& in) {
  if (in.remaining() == 1) {
    in.skip(1);
    return kReplacement;
  }
  const std::uint16_t unit = in.le16();
  if (is_low(unit)) return kReplacement;
  if (!is_high(unit)) return unit;
  ByteCursor ahead = in;
  const std::uint16_t low = ahead.le16();
  if (!is_low(low)) return kReplacement;
  in = ahead;
  return 0x10000U + ((unit & 0x3ffU) << 10U) + (low & 0x3ffU);
}

void append_utf8(SlabString& out, char32_t c) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xc0U | c >> 6U);
  } else {
    if (c < 0x10000) {
      put(0xe0U | c >> 12U);
    } else {
      put(0xf0U | c >> 18U);
      put(0x80U | (c >> 12U & 0x3fU));
    }
    put(0x80U | (c >> 6U & 0x3fU));
  }
  put(0x80U | (c & 0x3fU));
}

}  // namespace

SlabString utf8_of_utf16le(Bytes text) {
  SlabString out;
  out.reserve(text.size() / 2);
  ByteCursor in{text};
  while (!in.empty()) append_utf8(out, next_character(in));
  return out;
}

}  // namespace weir
