// Encodings of ASN.1 that attacks are known for, wherever they are carried: the asn1 keyword of Snort and Suricata.
#pragma once

#include "decoders/types.h"
#include "rules/match/content.h"

namespace weir::rules {

inline constexpr unsigned kMaxAsn1Elements = 256;       // of one look, as Suricata's asn1-max-frames
inline constexpr std::uint32_t kAsn1DoubleBytes = 256;  // of a number in digits: what buffers for it have

// Whether one of the checks is true of an element at the start of `data`, or behind it or inside it. What is cut short is looked
// at as far as it is there; a length that is too large for what is there is one all the same. Looks at no more than
// kMaxAsn1Elements, and ends where a length cannot be read (decoders/ber.h: one that is not said, or of more than four bytes).
bool asn1_matches(Bytes data, const Asn1Check& check);

}  // namespace weir::rules
