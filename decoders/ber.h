// Elements of BER (X.690): tag, length, content. DER is BER with fewer freedoms; the reader takes both.
//
// Tags may have several bytes, lengths up to four, with leading zeros. Indefinite lengths are refused: DER,
// LDAP (RFC 4511 5.1) and SNMP (RFC 3417 8) do not allow them.
//
// A BerReader is a view of elements that stand one behind the other; it and all it returns live as long as
// the bytes. Failure is sticky and empties it, as with a ByteCursor, so a loop on `!in.empty()` always ends.
// How far elements may be nested is part of the reader: the one that enter() returns may go one level less
// deep, and the last one fails to enter anything. So recursion over what was sent ends.
#pragma once

#include <cstdint>
#include <optional>

#include "decoders/byte_cursor.h"

namespace weir {

struct BerTag {
  enum class Class : std::uint8_t { universal, application, context, private_use };
  Class tag_class = Class::universal;
  bool constructed = false;
  std::uint32_t number = 0;

  friend constexpr bool operator==(const BerTag&, const BerTag&) = default;
};

namespace ber {
constexpr BerTag universal(std::uint32_t number) {
  return {BerTag::Class::universal, false, number};
}
constexpr BerTag context(std::uint32_t number) {
  return {BerTag::Class::context, false, number};
}
constexpr BerTag constructed(BerTag tag) {
  return {tag.tag_class, true, tag.number};
}

inline constexpr BerTag boolean = universal(1), integer = universal(2), octet_string = universal(4),
                        oid = universal(6), utc_time = universal(23), generalized_time = universal(24),
                        sequence = constructed(universal(16)), set = constructed(universal(17));
}  // namespace ber

inline constexpr std::uint32_t kMaxBerTagNumber = (1U << 28U) - 1;  // in four bytes behind the first
inline constexpr unsigned kMaxBerLengthBytes = 4;
inline constexpr std::uint8_t kMaxBerLevels = 32;

struct BerElement {
  BerTag tag;
  Bytes content;
};

// A tag; the cursor fails on one that is cut short, too large, or longer than it need be.
BerTag read_ber_tag(ByteCursor& in);
// The length behind a tag; the cursor fails on an indefinite one and on one of more than `most_bytes` bytes.
std::size_t read_ber_length(ByteCursor& in, unsigned most_bytes = kMaxBerLengthBytes);

class BerReader {
 public:
  explicit BerReader(Bytes bytes, std::uint8_t levels = kMaxBerLevels) : in_(bytes), levels_(levels) {}

  [[nodiscard]] bool empty() const { return in_.empty(); }
  [[nodiscard]] bool failed() const { return in_.failed(); }
  // None at the end, and where no tag can be read.
  [[nodiscard]] std::optional<BerTag> next_tag() const;

  // The next element; fails when it is not whole.
  BerElement next();
  // The content of the next element, which must have that tag; fails otherwise.
  Bytes content(BerTag tag);
  // The same as elements. When it fails, so does what it returns.
  BerReader enter(BerTag tag);

 private:
  ByteCursor in_;
  std::uint8_t levels_;  // how many times elements may be entered from here
};

}  // namespace weir
