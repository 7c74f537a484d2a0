#include "rules/match/chain.h"

#include <algorithm>
#include <charconv>

#include "decoders/base64.h"
#include "rules/match/asn1_check.h"
#include "rules/match/op_traits.h"
#include "rules/values/byte_search.h"

namespace weir::rules {

constexpr std::size_t kMaxBase64Bytes = 65536;  // that base64_decode reads; the rest is not decoded

// One evaluation. `stop` says that no other occurrence of an earlier content can help.
class ChainRun {
 public:
  ChainRun(const Chain& chain, const ChainInput& in, ChainScratch& scratch)
      : chain_(chain), in_(in), scratch_(scratch) {}

  bool run() { return from(0, 0) == Outcome::match; }

 private:
  enum class Outcome : std::uint8_t { match, retry, stop };
  struct Window {
    std::size_t begin = 0, end = 0;
    bool valid = false;
  };
  struct Number {
    std::uint64_t value = 0;
    std::int64_t end = 0;  // position behind the bytes it was read from
    bool valid = false;
  };

  Outcome from(std::size_t i, std::int64_t position);
  Outcome fail(std::size_t i) const { return chain_.depends_[i] ? Outcome::retry : Outcome::stop; }

  Outcome apply(const Content& c, std::size_t i, std::int64_t position);
  Outcome apply(const PcreOp& op, std::size_t i, std::int64_t position);
  Outcome apply(const ByteTest& op, std::size_t i, std::int64_t position);
  Outcome apply(const ByteJump& op, std::size_t i, std::int64_t position);
  Outcome apply(const ByteExtract& op, std::size_t i, std::int64_t position);
  Outcome apply(const ByteMath& op, std::size_t i, std::int64_t position);
  Outcome apply(const IsDataAt& op, std::size_t i, std::int64_t position);
  Outcome apply(const Asn1Check& op, std::size_t i, std::int64_t position);
  Outcome apply(const Base64Decode& op, std::size_t i, std::int64_t position);
  Outcome apply(const Base64Data& op, std::size_t i, std::int64_t position);
  Outcome apply(const BufferCheckOp& op, std::size_t i, std::int64_t position);

  void capture(const PcreOp& op, Bytes subject);
  [[nodiscard]] std::int64_t value(const NumberOrVar& n) const {
    return n.var < 0 ? n.value : static_cast<std::int64_t>(scratch_.vars[static_cast<std::size_t>(n.var)]);
  }
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(in_.data.size()); }
  [[nodiscard]] Window window(const Content& c, std::int64_t position) const;
  [[nodiscard]] Number read(const ByteRead& r, std::int64_t position) const;

  const Chain& chain_;
  ChainInput in_;
  ChainScratch& scratch_;
  std::uint32_t fuel_ = kChainFuel;
};

ChainRun::Outcome ChainRun::from(std::size_t i, std::int64_t position) {
  if (i == chain_.ops_->size()) return Outcome::match;
  if (fuel_ == 0) return Outcome::stop;
  if (--fuel_ == 0) ++scratch_.fuel_exhausted;
  return std::visit([&](const auto& op) { return apply(op, i, position); }, (*chain_.ops_)[i]);
}

// Where a content may lie. Depth and offset count from the start of the stream or body, not of its window.
ChainRun::Window ChainRun::window(const Content& c, std::int64_t position) const {
  const auto base = static_cast<std::int64_t>(std::min<std::uint64_t>(in_.offset, INT64_MAX / 2));
  std::int64_t begin = 0, end = size();
  if (c.relative()) {
    const std::int64_t distance = c.has_distance ? value(c.distance) : 0;
    begin = position + distance;
    if (c.has_within) end = std::min(end, position + distance + value(c.within));
  }
  const std::int64_t offset = c.has_offset ? value(c.offset) : 0;
  if (c.has_offset) begin = std::max(begin, offset - base);
  if (c.has_depth) end = std::min(end, offset + value(c.depth) - base);
  if (c.starts_with) {
    begin = std::max<std::int64_t>(begin, 0);
    if (!c.relative()) end = std::min(end, static_cast<std::int64_t>(c.pattern.size()) + offset - base);
  }
  begin = std::max<std::int64_t>(begin, 0);
  if (begin > size() || end - begin < static_cast<std::int64_t>(c.pattern.size())) return {};
  return {static_cast<std::size_t>(begin), static_cast<std::size_t>(end), true};
}

ChainRun::Outcome ChainRun::apply(const Content& c, std::size_t i, std::int64_t position) {
  const Window w = window(c, position);
  const std::size_t n = c.pattern.size();
  if (!w.valid) return c.negated ? from(i + 1, position) : fail(i);
  std::size_t begin = w.begin;
  if (c.ends_with) {  // only the last place will do
    if (!in_.complete || w.end != in_.data.size()) return c.negated ? from(i + 1, position) : fail(i);
    begin = w.end - n;
  }
  while (w.end - begin >= n) {
    const auto hit = find_bytes(in_.data.subspan(begin, w.end - begin), c.pattern, c.nocase);
    if (!hit) break;
    if (c.negated) return fail(i);
    const std::size_t at = begin + *hit;
    const std::size_t before = scratch_.replacements.size();
    if (!c.replacement.empty()) scratch_.replacements.push_back({at, c.replacement});
    const Outcome rest = from(i + 1, static_cast<std::int64_t>(at + n));
    if (rest == Outcome::match) return rest;
    scratch_.replacements.resize(before);
    if (rest != Outcome::retry) return rest;
    begin = at + 1;
  }
  return c.negated ? from(i + 1, position) : fail(i);
}

// Before anything else is matched: the scratch holds the groups of one match.
void ChainRun::capture(const PcreOp& op, Bytes subject) {
  for (const Capture& c : op.captures)
    if (const auto group = scratch_.pcre.group(c.group))
      scratch_.captured.add(c, subject.subspan(group->first, group->second - group->first));
}

ChainRun::Outcome ChainRun::apply(const PcreOp& op, std::size_t i, std::int64_t position) {
  const std::int64_t base = op.relative ? position : 0;  // where "^" holds
  if (base < 0 || base > size()) return op.negated ? from(i + 1, position) : fail(i);
  const Bytes subject = in_.data.subspan(static_cast<std::size_t>(base));
  std::size_t start = 0;
  for (;;) {
    const auto hit = op.regex->match(subject, start, scratch_.pcre);
    if (op.negated) return hit ? fail(i) : from(i + 1, position);
    if (!hit) return fail(i);
    const std::size_t before = scratch_.captured.size();
    capture(op, subject);
    const Outcome rest = from(i + 1, base + static_cast<std::int64_t>(hit->second));
    if (rest == Outcome::match) return rest;
    scratch_.captured.cut_to(before);
    if (rest != Outcome::retry) return rest;
    start = hit->first + 1;
    if (start > subject.size() || fuel_ == 0) return fail(i);
  }
}

constexpr std::int64_t kMaxTextDigits = 23;

// As the rule language has it: binary numbers of up to 8 bytes, or text of up to 23 digits (0: as many as are there).
ChainRun::Number ChainRun::read(const ByteRead& r, std::int64_t position) const {
  const std::int64_t start = (r.relative ? position : 0) + value(r.offset);
  std::int64_t count = value(r.count);
  if (start < 0 || start > size()) return {};
  if (count == 0 && r.base != NumberBase::binary) count = std::min<std::int64_t>(kMaxTextDigits, size() - start);
  if (count <= 0) return {};
  Number out;
  if (r.base == NumberBase::binary) {
    if (count > 8 || count > size() - start) return {};
    const bool little = r.little || (r.dce && in_.little_endian);
    for (std::int64_t k = 0; k < count; ++k) {
      const auto at = static_cast<std::size_t>(little ? start + count - 1 - k : start + k);
      out.value = (out.value << 8U) | in_.data[at];
    }
    out.end = start + count;
  } else {
    std::int64_t from = start, end = std::min(size(), start + std::min<std::int64_t>(count, kMaxTextDigits));
    if (count > size() - start) return {};
    const auto* text = reinterpret_cast<const char*>(in_.data.data());
    while (from < end && (text[from] == ' ' || text[from] == '\t')) ++from;
    const int base = r.base == NumberBase::hexadecimal ? 16 : r.base == NumberBase::octal ? 8 : 10;
    if (base == 16 && end - from > 2 && text[from] == '0' && (text[from + 1] | 0x20) == 'x') from += 2;
    const auto [rest, error] = std::from_chars(text + from, text + end, out.value, base);
    if (error != std::errc{}) return {};
    out.end = rest - text;
  }
  if (r.bitmask != ~std::uint64_t{0}) out.value = (out.value & r.bitmask) >> r.bitmask_shift;
  out.valid = true;
  return out;
}

ChainRun::Outcome ChainRun::apply(const ByteTest& op, std::size_t i, std::int64_t position) {
  const Number n = read(op.read, position);
  if (!n.valid) return fail(i);
  const auto want = static_cast<std::uint64_t>(value(op.value));
  bool holds = false;
  switch (op.op) {
    case Compare::equal: holds = n.value == want; break;
    case Compare::not_equal: holds = n.value != want; break;
    case Compare::less: holds = n.value < want; break;
    case Compare::greater: holds = n.value > want; break;
    case Compare::less_equal: holds = n.value <= want; break;
    case Compare::greater_equal: holds = n.value >= want; break;
    case Compare::bit_and: holds = (n.value & want) != 0; break;
    case Compare::bit_or: holds = (n.value ^ want) != 0; break;
  }
  return holds != op.negated ? from(i + 1, position) : fail(i);
}

ChainRun::Outcome ChainRun::apply(const ByteJump& op, std::size_t i, std::int64_t position) {
  const std::int64_t count = value(op.read.count);
  Number n;
  if (count == 0) {  // "byte_jump:0,0" and its kin only move by post_offset
    n = {0, (op.read.relative ? position : 0) + value(op.read.offset), true};
  } else {
    n = read(op.read, position);
  }
  if (!n.valid || n.value > static_cast<std::uint64_t>(INT32_MAX)) return fail(i);
  auto distance = static_cast<std::int64_t>(n.value) * op.multiplier;
  if (op.align) distance = (distance + 3) / 4 * 4;
  distance += value(op.post_offset);
  const std::int64_t base = op.from_beginning ? 0 : op.from_end ? size() : n.end;
  const std::int64_t target =
      std::max<std::int64_t>(base + distance, 0);  // back to before the start: to the start
  if (target >= size()) return fail(i);
  return from(i + 1, target);
}

ChainRun::Outcome ChainRun::apply(const ByteExtract& op, std::size_t i, std::int64_t position) {
  Number n = read(op.read, position);
  if (!n.valid) return fail(i);
  n.value *= op.multiplier;
  if (op.align != 0) n.value = (n.value + op.align - 1) / op.align * op.align;
  scratch_.vars[static_cast<std::size_t>(op.var)] = n.value;
  return from(i + 1, n.end);
}

ChainRun::Outcome ChainRun::apply(const ByteMath& op, std::size_t i, std::int64_t position) {
  Number n = read(op.read, position);
  if (!n.valid) return fail(i);
  const auto operand = static_cast<std::uint64_t>(value(op.operand));
  std::uint64_t result = 0;
  switch (op.op) {
    case MathOp::add: result = n.value + operand; break;
    case MathOp::subtract: result = n.value - operand; break;
    case MathOp::multiply: result = n.value * operand; break;
    case MathOp::divide:
      if (operand == 0) return fail(i);
      result = n.value / operand;
      break;
    case MathOp::shift_left: result = operand < 64 ? n.value << operand : 0; break;
    case MathOp::shift_right: result = operand < 64 ? n.value >> operand : 0; break;
  }
  if (op.read.bitmask != ~std::uint64_t{0}) result = (result & op.read.bitmask) >> op.read.bitmask_shift;
  scratch_.vars[static_cast<std::size_t>(op.var)] = result;
  return from(i + 1, n.end);
}

ChainRun::Outcome ChainRun::apply(const IsDataAt& op, std::size_t i, std::int64_t position) {
  const std::int64_t at = value(op.at);
  const bool there = op.relative ? position + at <= size() : at < size();
  return there != op.negated ? from(i + 1, position) : fail(i);
}

ChainRun::Outcome ChainRun::apply(const Asn1Check& op, std::size_t i, std::int64_t position) {
  const std::int64_t start = (op.relative ? position : 0) + op.offset;
  if (start < 0 || start >= size()) return fail(i);
  const Bytes data = in_.data.subspan(static_cast<std::size_t>(start));
  return asn1_matches(data, op) ? from(i + 1, position) : fail(i);
}

ChainRun::Outcome ChainRun::apply(const Base64Decode& op, std::size_t i, std::int64_t position) {
  const std::int64_t start = (op.relative ? position : 0) + op.offset;
  if (start < 0 || start >= size()) return fail(i);
  Bytes text = in_.data.subspan(static_cast<std::size_t>(start));
  if (op.bytes != 0) text = text.first(std::min<std::size_t>(text.size(), op.bytes));
  text = text.first(std::min(text.size(), kMaxBase64Bytes));
  decode_base64(text, scratch_.base64, Base64Mode::skip_blanks);
  return scratch_.base64.empty() ? fail(i) : from(i + 1, position);
}

ChainRun::Outcome ChainRun::apply(const Base64Data&, std::size_t i, std::int64_t position) {
  const ChainInput outer = in_;
  in_ = {{reinterpret_cast<const std::uint8_t*>(scratch_.base64.data()), scratch_.base64.size()}, 0, true, true};
  const Outcome rest = from(i + 1, 0);
  in_ = outer;
  (void)position;
  return rest;
}

ChainRun::Outcome ChainRun::apply(const BufferCheckOp& op, std::size_t i, std::int64_t position) {
  const std::size_t before = scratch_.captured.size();
  const BufferFacts facts{.data = in_.data,
                          .offset = in_.offset,
                          .complete = in_.complete,
                          .turn = scratch_.turn,
                          .captured = &scratch_.captured,
                          .vars = scratch_.flow_vars};
  const Outcome rest = op.check->matches(facts) != op.negated ? from(i + 1, position) : fail(i);
  if (rest != Outcome::match) scratch_.captured.cut_to(before);
  return rest;
}

namespace {

// Whether the outcome depends on an earlier position or extracted number.
bool depends(const BufferOp& op) {
  bool out = is_relative(op);
  for_each_used_var(op, [&out](std::int16_t) { out = true; });
  return out;
}

}  // namespace

Chain::Chain(const BufferChain& ops) : ops_(&ops) {
  depends_.reserve(ops.size());
  bool decoded = false;  // behind base64_data everything depends on what was decoded
  for (const BufferOp& op : ops) {
    decoded = decoded || std::holds_alternative<Base64Data>(op);
    depends_.push_back(decoded || depends(op));
    const auto* const regex = std::get_if<PcreOp>(&op);
    const auto* const check = std::get_if<BufferCheckOp>(&op);
    captures_ = captures_ || (regex != nullptr && !regex->captures.empty()) ||
                (check != nullptr && check->check->captures());
  }
}

bool Chain::matches(const ChainInput& in, ChainScratch& scratch) const {
  if (empty()) return true;
  return ChainRun(*this, in, scratch).run();
}

}  // namespace weir::rules
