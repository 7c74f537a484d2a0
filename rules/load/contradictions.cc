#include "rules/load/contradictions.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "decoders/text.h"
#include "rules/compile/rule_checks.h"
#include "rules/language/content_text.h"
#include "rules/match/buffer_size_check.h"

namespace weir::rules {
namespace {

constexpr std::uint64_t kNoLimit = UINT64_MAX;

struct Sizes {
  std::uint64_t least = 0, most = kNoLimit;
  void narrow(std::uint64_t to_least, std::uint64_t to_most) {
    least = std::max(least, to_least);
    most = std::min(most, to_most);
  }
  [[nodiscard]] bool possible() const { return least <= most; }
};

// The sizes of the whole buffer that the chain admits; `sizes` holds what is known beforehand.
Sizes sizes_of(const BufferChain& chain, Sizes sizes) {
  for (const BufferOp& op : chain) {
    if (std::holds_alternative<Base64Data>(op)) break;
    if (const auto* const check = std::get_if<BufferCheckOp>(&op); check != nullptr && !check->negated)
      if (const auto* const size = dynamic_cast<const BufferSizeCheck*>(check->check.get()))
        sizes.narrow(size->least(), size->most());
    const auto* const at = std::get_if<IsDataAt>(&op);
    if (at == nullptr || at->relative || at->at.var >= 0 || at->at.value < 0) continue;
    const auto place = static_cast<std::uint64_t>(at->at.value);
    at->negated ? sizes.narrow(0, place) : sizes.narrow(place + 1, kNoLimit);
  }
  return sizes;
}

Sizes known_sizes(const BufferEngine& engine) {
  std::size_t size = 0;
  if (!engine.transforms.empty())
    size = engine.transforms.back()->size();
  else if (engine.buffer->form != nullptr)
    size = engine.buffer->form->layout.size();
  return size == 0 ? Sizes{} : Sizes{size, size};
}

RuleWarning never(std::string_view keyword, std::string found, std::string reason) {
  return {.keyword = keyword,
          .argument = {},
          .found = std::move(found),
          .reason = std::move(reason),
          .advice = "the rule can never match",
          .never = true};
}

std::optional<RuleWarning> chain_does_not_fit(std::string_view keyword, const BufferChain& chain,
                                              const Sizes& known) {
  const Sizes sizes = sizes_of(chain, known);
  if (!sizes.possible())
    return never(keyword, {},
                 fmt::format("must have {} bytes at least and {} at most", sizes.least, sizes.most));
  const auto wanted = static_cast<std::uint64_t>(least_size(chain));
  if (wanted <= sizes.most) return std::nullopt;
  return never(keyword, {},
               fmt::format("its contents need {} bytes, and it has {} at most", wanted, sizes.most));
}

// --- contents at one place

// A content that can only stand at one place: `at` bytes from the start of the buffer, or with its end at the buffer's end.
struct Fixed {
  const Content* content;
  bool at_end;
  std::int64_t at;  // at_end: counted back from the end
};

std::vector<Fixed> fixed_contents(const BufferChain& chain) {
  std::vector<Fixed> out;
  for (const BufferOp& op : chain) {
    if (std::holds_alternative<Base64Data>(op)) break;
    const auto* const c = std::get_if<Content>(&op);
    if (c == nullptr || c->relative() || c->offset.var >= 0 || c->depth.var >= 0) continue;
    const auto size = static_cast<std::int64_t>(c->pattern.size());
    if (c->starts_with)
      out.push_back({c, false, 0});
    else if (c->has_depth && c->depth.value == size)
      out.push_back({c, false, c->has_offset ? c->offset.value : 0});
    if (c->ends_with && !c->has_offset && !c->has_depth && !c->starts_with) out.push_back({c, true, size});
  }
  return out;
}

bool same_byte(std::uint8_t a, std::uint8_t b, bool nocase) {
  return a == b || (nocase && to_lower(a) == to_lower(b));
}

// Where both say something, they say different things.
bool differ(const Fixed& a, const Fixed& b) {
  if (a.at_end != b.at_end) return false;
  const std::int64_t shift = a.at_end ? a.at - b.at : b.at - a.at;  // of b's first byte behind a's
  const bool nocase = a.content->nocase || b.content->nocase;
  const auto a_size = static_cast<std::int64_t>(a.content->pattern.size());
  const auto b_size = static_cast<std::int64_t>(b.content->pattern.size());
  for (std::int64_t i = std::max<std::int64_t>(0, shift); i < std::min(a_size, shift + b_size); ++i)
    if (!same_byte(a.content->pattern[static_cast<std::size_t>(i)],
                   b.content->pattern[static_cast<std::size_t>(i - shift)], nocase))
      return true;
  return false;
}

std::optional<RuleWarning> places_exclude(std::string_view keyword, const BufferChain& chain) {
  const std::vector<Fixed> fixed = fixed_contents(chain);
  for (std::size_t i = 0; i < fixed.size(); ++i)
    for (std::size_t j = i + 1; j < fixed.size(); ++j) {
      const Fixed &a = fixed[i], &b = fixed[j];
      if (!a.content->negated && !b.content->negated && differ(a, b))
        return never(
            keyword,
            fmt::format("{}, {}", pattern_text(a.content->pattern), pattern_text(b.content->pattern)),
            "two contents ask for different bytes at the same place");
    }
  return std::nullopt;
}

// --- contents that must not be there

bool is_anywhere(const Content& c) {
  return !c.relative() && !c.has_offset && !c.has_depth && !c.starts_with && !c.ends_with;
}

// Whatever holds `c` holds what `excluded` forbids.
bool holds(const Content& c, const Content& excluded) {
  if (c.nocase && !excluded.nocase) return false;  // it may stand there in the other case
  return std::search(c.pattern.begin(), c.pattern.end(), excluded.pattern.begin(), excluded.pattern.end(),
                     [&](std::uint8_t a, std::uint8_t b) { return same_byte(a, b, excluded.nocase); }) !=
         c.pattern.end();
}

std::optional<RuleWarning> negations_exclude(std::string_view keyword, const BufferChain& chain) {
  std::vector<const Content*> wanted, excluded;
  for (const BufferOp& op : chain) {
    if (std::holds_alternative<Base64Data>(op)) break;
    const auto* const c = std::get_if<Content>(&op);
    if (c == nullptr) continue;
    if (!c->negated) wanted.push_back(c);
    if (c->negated && is_anywhere(*c)) excluded.push_back(c);
  }
  for (const Content* no : excluded)
    for (const Content* yes : wanted)
      if (holds(*yes, *no))
        return never(keyword, pattern_text(no->pattern, true),
                     "a content of the rule holds what this one excludes");
  return std::nullopt;
}

template <class Test>
std::optional<RuleWarning> first_of_chains(const Signature& s, const Test& test) {
  if (auto warning = test("content", s.payload)) return warning;
  for (const BufferEngine& engine : s.buffers)
    if (!engine.or_else)
      if (auto warning = test(engine.buffer->name, engine.chain)) return warning;
  return std::nullopt;
}

}  // namespace

std::optional<RuleWarning> sizes_exclude(const Signature& s, const RuleEnvironment&) {
  const Sizes payload = s.dsize ? Sizes{s.dsize->first, s.dsize->second} : Sizes{};
  if (auto warning = chain_does_not_fit(s.dsize ? "dsize" : "content", s.payload, payload)) return warning;
  for (const BufferEngine& engine : s.buffers)
    if (!engine.or_else)
      if (auto warning = chain_does_not_fit(engine.buffer->name, engine.chain, known_sizes(engine)))
        return warning;
  return std::nullopt;
}

std::optional<RuleWarning> contents_exclude(const Signature& s, const RuleEnvironment&) {
  if (auto warning = first_of_chains(s, places_exclude)) return warning;
  return first_of_chains(s, negations_exclude);
}

}  // namespace weir::rules
