#include "rules/match/asn1_check.h"

#include <algorithm>

#include "decoders/ber.h"

namespace weir::rules {
namespace {

constexpr BerTag kBitString = ber::universal(3), kReal = ber::universal(9);
constexpr std::uint8_t kRealForm = 0xc0;  // of its first byte: 0 for digits (X.690, 8.5.6)

// The first byte says how many bits of the last one are of no use: more than there are.
bool overflows_bits(Bytes content) {
  return !content.empty() && (content.size() - 1) * 8 < content[0];
}

bool is_true_of(const BerTag& tag, std::size_t length, Bytes content, const Asn1Check& check) {
  if (check.compares_length && length > check.oversize) return true;
  if (check.bitstring_overflow && tag == kBitString && length == content.size() && overflows_bits(content))
    return true;
  return check.double_overflow && tag == kReal && !content.empty() && (content[0] & kRealForm) == 0 &&
         length > kAsn1DoubleBytes;
}

}  // namespace

// Elements inside another one stand right behind its head, so that all are come by without a stack.
bool asn1_matches(Bytes data, const Asn1Check& check) {
  ByteCursor in{data};
  for (unsigned i = 0; i < kMaxAsn1Elements && !in.empty(); ++i) {
    const BerTag tag = read_ber_tag(in);
    const std::size_t length = read_ber_length(in);
    if (in.failed()) return false;
    const std::size_t there = std::min(length, in.remaining());
    if (is_true_of(tag, length, in.peek(there), check)) return true;
    if (!tag.constructed) in.skip(there);
  }
  return false;
}

}  // namespace weir::rules
