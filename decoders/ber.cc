#include "decoders/ber.h"

namespace weir {
namespace {

constexpr std::uint32_t kHighNumber = 0x1f;  // the number follows in bytes of seven bits

}  // namespace

BerTag read_ber_tag(ByteCursor& in) {
  const std::uint8_t first = in.u8();
  BerTag tag{static_cast<BerTag::Class>(first >> 6U), (first & 0x20U) != 0, first & kHighNumber};
  if (tag.number != kHighNumber) return tag;
  tag.number = 0;
  std::uint8_t byte = 0;
  do {
    byte = in.u8();
    // A number that fits into the first byte stands there (X.690 8.1.2.2), and none begins with a zero
    // (8.1.2.4.2).
    if (tag.number > kMaxBerTagNumber >> 7U || (tag.number == 0 && (byte & 0x7fU) == 0)) in.fail();
    tag.number = tag.number << 7U | (byte & 0x7fU);
  } while ((byte & 0x80U) != 0 && !in.failed());
  if (tag.number < kHighNumber) in.fail();
  return tag;
}

std::size_t read_ber_length(ByteCursor& in, unsigned most_bytes) {
  const std::uint8_t first = in.u8();
  if (first < 0x80) return first;
  const unsigned bytes = first & 0x7fU;
  if (bytes == 0 || bytes > most_bytes) in.fail();
  std::size_t length = 0;
  for (unsigned i = 0; i < bytes && !in.failed(); ++i) length = length << 8U | in.u8();
  return length;
}

std::optional<BerTag> BerReader::next_tag() const {
  ByteCursor ahead = in_;
  const BerTag tag = read_ber_tag(ahead);
  return ahead.failed() ? std::nullopt : std::optional(tag);
}

BerElement BerReader::next() {
  BerElement out;
  out.tag = read_ber_tag(in_);
  out.content = in_.take(read_ber_length(in_));
  return out;
}

Bytes BerReader::content(BerTag tag) {
  const BerElement e = next();
  if (e.tag != tag) in_.fail();
  return in_.failed() ? Bytes{} : e.content;
}

BerReader BerReader::enter(BerTag tag) {
  if (levels_ == 0) in_.fail();
  BerReader inner(content(tag), levels_ == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(levels_ - 1));
  if (in_.failed()) inner.in_.fail();
  return inner;
}

}  // namespace weir
