// A condition on an unsigned number, as all integer keywords write it:
//
//   20  =20  !20  !=20  <20  <=20  >20  >=20  10-20  10<>20  !10-20  &0xc0=0x80  &0xc0!=0  name  !name
//
// Ranges are exclusive at both ends, as in Suricata. Numbers are decimal or 0x hexadecimal, with an optional
// unit (kb, kib, mb, mib, gb, gib; any case). Conditions that no value can meet are refused.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "decoders/number_name.h"
#include "rules/language/diagnostic.h"

namespace weir::rules {

class UintMatch {
 public:
  // `most` is the largest value that the field can have.
  static Parsed<UintMatch> parse(std::string_view text, std::uint64_t most,
                                 std::span<const NumberName> names = {});
  // Of a number whose bits have names: "fin,!comp" says which are set and which are not. "+" before the list is the
  // same, "=" admits no other bits, "*" wants any of it to hold, "-" not all of it. A number in a form above is taken, too.
  static Parsed<UintMatch> parse_bits(std::string_view text, std::uint64_t most,
                                      std::span<const NumberName> bits);

  [[nodiscard]] bool matches(std::uint64_t value) const;
  // Least and largest value that can match; a condition with a hole or a mask gives the whole span.
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> bounds() const;
  // A value that is still growing matches already and will go on to.
  [[nodiscard]] bool holds_for_all_above(std::uint64_t value) const;

 private:
  // inside/outside: first_ <= value <= last_; masked: (value & mask_) == first_.
  enum class Kind : std::uint8_t { inside, outside, masked, not_masked };
  Kind kind_ = Kind::inside;
  std::uint64_t first_ = 0, last_ = 0, mask_ = 0, most_ = 0;

  static Parsed<UintMatch> parse_mask(std::string_view text, std::uint64_t most);
  static Parsed<UintMatch> parse_range(std::string_view text, std::uint64_t most, bool negated);
};

// One number with an optional unit, or a name.
std::optional<std::uint64_t> parse_uint(std::string_view text, std::span<const NumberName> names = {});

}  // namespace weir::rules
