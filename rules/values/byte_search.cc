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
__m128i fill(std::uint8_t c) { return _mm_set1_epi8(static_cast<char>(c)); }

// Folding: a letter is compared with bit 5 set on both sides; verification weeds out what that lets through.
struct ByteMatcher {
  __m128i value, fold;
  ByteMatcher(std::uint8_t c, bool nocase) {
    const bool letter = nocase && c >= 'a' && c <= 'z';
    value = fill(c);
    fold = fill(letter ? 0x20 : 0x00);
  }
  [[nodiscard]] __m128i match(const std::uint8_t* p) const {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm_cmpeq_epi8(_mm_or_si128(block, fold), value);
  }
};
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
  const ByteMatcher first(needle.front(), nocase), last(needle.back(), nocase);
  for (; at + 16 <= starts; at += 16) {
    const __m128i both = _mm_and_si128(first.match(text + at), last.match(text + at + n - 1));
    auto mask = static_cast<unsigned>(_mm_movemask_epi8(both));
    while (mask != 0) {
      const std::size_t candidate = at + static_cast<unsigned>(std::countr_zero(mask));
      if (equal(text + candidate, needle.data(), n, nocase)) return candidate;
      mask &= mask - 1;
    }
  }
#endif
  for (; at < starts; ++at)
    if (equal(text + at, needle.data(), n, nocase)) return at;
  return std::nullopt;
}

}  // namespace weir::rules
