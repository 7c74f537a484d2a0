#include "rules/prefilter/pattern_choice.h"

#include <algorithm>
#include <array>

#include "decoders/text.h"
#include "rules/values/byte_search.h"

namespace weir::rules {
namespace {

constexpr std::array<std::string_view, 256> kPairBits = {
#include "rules/prefilter/byte_pairs.inc"
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

// Where something may end, in bytes from the start of the stream or buffer.
struct EndRange {
  std::int64_t first = 0, last = kAnywhere;
  static constexpr std::int64_t kAnywhere = INT64_MAX / 4;
};

bool is_known(const NumberOrVar& n) { return n.var < 0; }

// Where the content may end when what stands before it in the chain ended in `before`.
EndRange range_of(const Content& c, const EndRange& before) {
  const auto length = static_cast<std::int64_t>(c.pattern.size());
  EndRange out{.first = length};
  if (!is_known(c.offset) || !is_known(c.depth) || !is_known(c.distance) || !is_known(c.within)) return out;
  const std::int64_t offset = c.has_offset ? c.offset.value : 0;
  out.first += std::max<std::int64_t>(offset, 0);
  if (c.has_depth) out.last = offset + c.depth.value;
  if (c.relative()) {
    const std::int64_t distance = c.has_distance ? c.distance.value : 0;
    out.first = std::max(out.first, before.first + distance + length);
    if (c.has_within && before.last != EndRange::kAnywhere)
      out.last = std::min(out.last, before.last + distance + c.within.value);
  } else if (c.starts_with) {
    out.last = std::min(out.last, offset + length);
  }
  return out;
}

// The same for what follows any other operation. Where the chain starts is not known: in a stream it is the first byte
// that is still there.
EndRange range_behind(const BufferOp& op, const EndRange& before) {
  if (const auto* content = std::get_if<Content>(&op)) return content->negated ? before : range_of(*content, before);
  if (const auto* pcre = std::get_if<PcreOp>(&op)) return pcre->negated ? before : EndRange{};
  const bool moves = std::holds_alternative<ByteJump>(op) || std::holds_alternative<ByteExtract>(op) ||
                     std::holds_alternative<ByteMath>(op);
  return moves ? EndRange{} : before;
}

// Of the part of a content that ends `cut` bytes before the content does.
PatternBounds bounds_of(const EndRange& range, std::size_t cut) {
  const auto clamp = [cut](std::int64_t v) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(v - static_cast<std::int64_t>(cut), 0, std::int64_t{UINT32_MAX} - 1));
  };
  return {.first = clamp(range.first), .last = range.last == EndRange::kAnywhere ? UINT32_MAX : clamp(range.last)};
}

// Calls f(pattern) for each positive content of the chain.
template <class F>
void for_each_pattern(const BufferChain& chain, F&& f) {
  EndRange range;
  for (const BufferOp& op : chain) {
    if (std::holds_alternative<Base64Data>(op)) break;  // what follows is not in the buffer itself
    range = range_behind(op, range);
    const auto* content = std::get_if<Content>(&op);
    if (content == nullptr || content->negated || content->pattern.empty()) continue;
    std::size_t from = 0, length = content->pattern.size();
    if (content->fast_pattern_chop) {
      from = std::min<std::size_t>(content->chop_offset, length - 1);
      length = std::min<std::size_t>(content->chop_length, length - from);
    }
    ChosenPattern p{.bytes = Bytes{content->pattern}.subspan(from, length), .nocase = content->nocase};
    p.bounds = bounds_of(range, content->pattern.size() - from - length);
    p.score = pattern_bits(p.bytes, p.nocase);
    p.by_author = content->fast_pattern;
    f(p);
  }
}

// Streams and datagrams of the commonest protocols begin with these: a literal that agrees with one of them says little
// however rare its bytes are elsewhere.
constexpr std::array kCommonHeads = {
    std::string_view{"GET "},      std::string_view{"POST "},     std::string_view{"HTTP/1."},   std::string_view{"\x16\x03"},
    std::string_view{"\x17\x03"}, std::string_view{"SSH-"},      std::string_view{"220"},       std::string_view{"USER "},
    std::string_view{"EHLO "},     std::string_view{"HELO "},     std::string_view{"M-SEARCH "}, std::string_view{"NOTIFY "},
    std::string_view{"\x05\x00"}, std::string_view{"\x30\x82"},
};
constexpr double kHeadBits = 20;  // fewer let too many packets through

bool is_common_head(const ChosenPattern& p) {
  return std::any_of(kCommonHeads.begin(), kCommonHeads.end(), [&](std::string_view head) {
    const std::size_t n = std::min(head.size(), p.bytes.size());
    for (std::size_t i = 0; i < n; ++i) {
      const auto c = static_cast<std::uint8_t>(head[i]);
      if (p.bytes[i] != (p.nocase ? to_lower(c) : c)) return false;
    }
    return true;
  });
}

}  // namespace

bool better(const ChosenPattern& a, const ChosenPattern& b) {
  if (a.by_author != b.by_author) return a.by_author;
  return a.score > b.score;
}

std::optional<ChosenPattern> choose_pattern(const BufferChain& chain) {
  std::optional<ChosenPattern> best;
  for_each_pattern(chain, [&](const ChosenPattern& p) {
    if (!best || better(p, *best)) best = p;
  });
  return best;
}

std::optional<ChosenPattern> choose_head_pattern(const BufferChain& chain) {
  std::optional<ChosenPattern> best;
  for_each_pattern(chain, [&](const ChosenPattern& p) {
    if (p.score < kHeadBits || HeadPatterns::places_of(p.bytes.size(), p.bounds) == 0 || is_common_head(p)) return;
    if (!best || p.score > best->score) best = p;
  });
  return best;
}

}  // namespace weir::rules
