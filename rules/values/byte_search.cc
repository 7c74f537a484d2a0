#include "rules/values/byte_search.h"

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "decoders/text.h"

namespace weir::rules {
namespace {

bool equal_nocase(const std::uint8_t* text, const std::uint8_t* lower, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    if (to_lower(text[i]) != lower[i]) return false;
  return true;
}

bool equal(const std::uint8_t* text, const std::uint8_t* needle, std::size_t n, bool nocase) {
  return nocase ? equal_nocase(text, needle, n) : std::memcmp(text, needle, n) == 0;
}

#if defined(__SSE2__)
__m128i fill(std::uint8_t c) {
  return _mm_set1_epi8(static_cast<char>(c));
}

// Where a literal's first and last byte stand as far apart as in it. Folding: a letter is compared with bit 5 set on both
// sides; verification weeds out what that lets through.
template <bool kFold>
class EndsMatcher {
 public:
  explicit EndsMatcher(Bytes needle)
      : first_(fill(needle.front())),
        last_(fill(needle.back())),
        fold_first_(fold_of(needle.front())),
        fold_last_(fold_of(needle.back())),
        to_last_(needle.size() - 1) {}
  [[nodiscard]] __m128i match(const std::uint8_t* p) const {
    return _mm_and_si128(equal(p, first_, fold_first_), equal(p + to_last_, last_, fold_last_));
  }

 private:
  static __m128i fold_of(std::uint8_t c) { return fill(c >= 'a' && c <= 'z' ? 0x20 : 0x00); }
  static __m128i equal(const std::uint8_t* p, __m128i value, __m128i fold) {
    __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    if constexpr (kFold) block = _mm_or_si128(block, fold);
    return _mm_cmpeq_epi8(block, value);
  }
  __m128i first_, last_, fold_first_, fold_last_;
  std::size_t to_last_;
};

unsigned mask_of(__m128i matches) {
  return static_cast<unsigned>(_mm_movemask_epi8(matches));
}

// Looks at whole blocks of 16 of the `starts` places where the needle may begin, two at once as long as there are two. Gives
// where it stands, or how far it has looked.
struct BlockSearch {
  bool found;
  std::size_t at;
};
template <bool kFold>
BlockSearch find_in_blocks(const std::uint8_t* text, std::size_t starts, Bytes needle) {
  const EndsMatcher<kFold> ends(needle);
  const auto check = [&](std::size_t at, unsigned mask) -> std::optional<std::size_t> {
    for (; mask != 0; mask &= mask - 1) {
      const std::size_t candidate = at + static_cast<unsigned>(std::countr_zero(mask));
      if (equal(text + candidate, needle.data(), needle.size(), kFold)) return candidate;
    }
    return std::nullopt;
  };
  std::size_t at = 0;
  for (; at + 32 <= starts; at += 32) {
    const __m128i low = ends.match(text + at), high = ends.match(text + at + 16);
    if (mask_of(_mm_or_si128(low, high)) == 0) continue;
    if (const auto hit = check(at, mask_of(low) | mask_of(high) << 16U)) return {true, *hit};
  }
  if (at + 16 <= starts) {
    if (const auto hit = check(at, mask_of(ends.match(text + at)))) return {true, *hit};
    at += 16;
  }
  return {false, at};
}
#endif

}  // namespace

bool bytes_at(Bytes haystack, std::size_t position, Bytes needle, bool nocase) {
  if (position > haystack.size() || needle.size() > haystack.size() - position) return false;
  return equal(haystack.data() + position, needle.data(), needle.size(), nocase);
}

std::optional<std::size_t> find_bytes(Bytes haystack, Bytes needle, bool nocase) {
  const std::size_t n = needle.size();
  if (n == 0 || haystack.size() < n) return std::nullopt;
  const std::uint8_t* const text = haystack.data();
  const std::size_t starts = haystack.size() - n + 1;  // positions where it could begin
  std::size_t at = 0;
#if defined(__SSE2__)
  const BlockSearch blocks =
      nocase ? find_in_blocks<true>(text, starts, needle) : find_in_blocks<false>(text, starts, needle);
  if (blocks.found) return blocks.at;
  at = blocks.at;
#endif
  for (; at < starts; ++at)
    if (equal(text + at, needle.data(), n, nocase)) return at;
  return std::nullopt;
}

}  // namespace weir::rules
