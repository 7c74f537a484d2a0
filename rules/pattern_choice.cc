#include "rules/pattern_choice.h"

#include <algorithm>
#include <array>

#include "rules/byte_search.h"

namespace weir::rules {
namespace {

constexpr std::array<std::string_view, 256> kPairBits = {
#include "rules/byte_pairs.inc"
};

// Bits of surprise of `b` behind `a`.
int pair_bits(std::uint8_t a, std::uint8_t b) {
  const char digit = kPairBits[a][b];
  return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

std::uint8_t to_upper(std::uint8_t c) { return c >= 'a' && c <= 'z' ? static_cast<std::uint8_t>(c - ('a' - 'A')) : c; }

// The first byte has nothing before it: what it costs on average.
constexpr double kFirstByteBits = 5.0;

double pattern_bits(Bytes pattern, bool nocase) {
  double bits = kFirstByteBits;
  for (std::size_t i = 1; i < pattern.size(); ++i) {
    const std::uint8_t a = pattern[i - 1], b = pattern[i];
    int pair = pair_bits(a, b);
    if (nocase) pair = std::min(pair, pair_bits(to_upper(a), to_upper(b)));
    bits += pair;
  }
  return std::min(bits, 64.0);
}

// Buffers whose usual values are few: a content there is rarely a sign of anything.
double buffer_weight(std::string_view name) {
  constexpr std::array kFewValues = {
      std::string_view{"http.method"},     std::string_view{"http.protocol"},   std::string_view{"http.stat_code"},
      std::string_view{"http.stat_msg"},   std::string_view{"http.connection"}, std::string_view{"http.accept"},
      std::string_view{"http.accept_enc"}, std::string_view{"http.accept_lang"}, std::string_view{"http.content_len"},
      std::string_view{"http.content_type"}, std::string_view{"http.header_names"}};
  return std::find(kFewValues.begin(), kFewValues.end(), name) != kFewValues.end() ? 0.25 : 1.0;
}

PatternBounds bounds_of(const Content& c, std::size_t chop_offset, std::size_t chop_length) {
  PatternBounds b;
  if (c.relative() || c.offset.var >= 0 || c.depth.var >= 0) return b;
  const std::int64_t tail = static_cast<std::int64_t>(chop_offset + chop_length);
  const auto clamp = [](std::int64_t v) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(v, 0, std::int64_t{UINT32_MAX} - 1));
  };
  const std::int64_t offset = c.has_offset ? c.offset.value : 0;
  b.first = clamp(offset + tail);
  if (c.starts_with) b.last = b.first;
  if (c.has_depth) b.last = std::min(b.last, clamp(offset + c.depth.value - static_cast<std::int64_t>(c.pattern.size()) + tail));
  return b;
}

}  // namespace

bool better(const ChosenPattern& a, const ChosenPattern& b) {
  if (a.by_author != b.by_author) return a.by_author;
  return a.score > b.score;
}

std::optional<ChosenPattern> choose_pattern(const BufferChain& chain, std::string_view buffer_name) {
  std::optional<ChosenPattern> best;
  for (const BufferOp& op : chain) {
    if (std::holds_alternative<Base64Data>(op)) break;  // what follows is not in the buffer itself
    const auto* content = std::get_if<Content>(&op);
    if (content == nullptr || content->negated || content->pattern.empty()) continue;
    std::size_t from = 0, length = content->pattern.size();
    if (content->fast_pattern_chop) {
      from = std::min<std::size_t>(content->chop_offset, length - 1);
      length = std::min<std::size_t>(content->chop_length, length - from);
    }
    ChosenPattern p{.bytes = Bytes{content->pattern}.subspan(from, length), .nocase = content->nocase};
    p.bounds = bounds_of(*content, from, length);
    p.score = pattern_bits(p.bytes, p.nocase) * buffer_weight(buffer_name);
    p.by_author = content->fast_pattern;
    if (!best || better(p, *best)) best = p;
  }
  return best;
}

}  // namespace weir::rules
