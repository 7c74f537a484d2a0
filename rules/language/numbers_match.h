// A condition on a number that a packet or transaction may have several of, as all such keywords write it:
//
//   VALUE[,INDEX[,SLICE]]   VALUE as in rules/language/uint_match.h
//   count VALUE             how many there are
//
// INDEX: any (if left out), all, all_or_absent, or_absent, nb VALUE (how many of them match), N (from 0, or
// from -1 backwards), oob_or N (or there are not so many). SLICE is FIRST:END: only those, counted in the
// same way, END left out; none when one of the two is out of bounds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "rules/language/uint_match.h"

namespace weir::rules {

class NumbersMatch {
 public:
  // `most` is the largest value; there are at most `most_of_them` (0: no telling), so that another index is
  // refused.
  static Parsed<NumbersMatch> parse(std::string_view text, std::uint64_t most,
                                    std::span<const NumberName> names = {}, std::size_t most_of_them = 0);

  // `nth(i)` gives number i as an optional, none behind the last one. Each is asked for at most twice.
  template <class Nth>
  [[nodiscard]] bool matches(const Nth& nth) const {
    std::int64_t size = 0;
    while (size < kMaxNumbers && nth(static_cast<std::uint32_t>(size))) ++size;
    const auto [first, end] = part_of(size);
    if (kind_ == Kind::count) return match_.matches(static_cast<std::uint64_t>(size));
    if (kind_ == Kind::at) {
      const std::int64_t i = index_ < 0 ? end + index_ : first + index_;
      if (i < first || i >= end) return or_outside_;
      return match_.matches(*nth(static_cast<std::uint32_t>(i)));
    }
    std::uint64_t hits = 0;
    for (std::int64_t i = first; i < end; ++i)
      hits += match_.matches(*nth(static_cast<std::uint32_t>(i))) ? 1 : 0;
    return enough(hits, static_cast<std::uint64_t>(end - first));
  }

  static constexpr std::int64_t kMaxNumbers = 65536;  // those behind are not looked at

 private:
  enum class Kind : std::uint8_t { any, all, all_or_absent, or_absent, times, at, count };
  Compiled take_index(std::string_view text, std::size_t most_of_them);
  Compiled take_slice(std::string_view text);
  // First and end of the slice among `size` numbers; the same twice for an empty one.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> part_of(std::int64_t size) const;
  [[nodiscard]] bool enough(std::uint64_t hits, std::uint64_t size) const;

  UintMatch match_;  // of each number; of their count
  UintMatch times_;  // Kind::times: how many of them match
  Kind kind_ = Kind::any;
  bool or_outside_ = false;
  std::int64_t index_ = 0;
  std::optional<std::pair<std::int64_t, std::int64_t>> slice_;
};

}  // namespace weir::rules
