// DER elements (X.690): tag, length, content. Definite lengths of up to four bytes, tags of one byte.
#pragma once

#include <cstdint>

#include "decoders/byte_cursor.h"

namespace weir::tls {

namespace der_tag {
inline constexpr std::uint8_t boolean = 0x01, integer = 0x02, octet_string = 0x04, oid = 0x06,
                              utc_time = 0x17, generalized_time = 0x18, sequence = 0x30, set = 0x31;
}

struct DerElement {
  std::uint8_t tag = 0;
  Bytes content;
};

// Reads one element; the cursor fails on anything that is not one.
inline DerElement read_element(ByteCursor& in) {
  DerElement e;
  e.tag = in.u8();
  std::size_t length = in.u8();
  if (length >= 0x80) {
    const std::size_t digits = length & 0x7fU;
    length = 0;
    if (digits == 0 || digits > 4) in.fail();  // indefinite, or longer than anything here
    for (std::size_t i = 0; i < digits && !in.failed(); ++i) length = length << 8U | in.u8();
  }
  e.content = in.take(length);
  return e;
}

// The content of an element with that tag; the cursor fails when another stands there.
inline ByteCursor enter(ByteCursor& in, std::uint8_t tag) {
  const DerElement e = read_element(in);
  if (e.tag != tag) in.fail();
  ByteCursor inner{e.content};
  if (in.failed()) inner.fail();
  return inner;
}

inline std::uint8_t next_tag(const ByteCursor& in) {
  const Bytes ahead = in.peek(1);
  return ahead.empty() ? std::uint8_t{0} : ahead[0];
}

}  // namespace weir::tls
