#include "decoders/app/http2/hpack.h"

#include <algorithm>
#include <array>
#include <utility>

#include "decoders/text.h"

namespace weir::http2 {
namespace {

// RFC 7541, appendix A; the first one has index 1.
constexpr std::array<std::pair<std::string_view, std::string_view>, 61> kStatic{{
#define STATIC_FIELD(name, value) {name, value},
#include "decoders/app/http2/static_fields.def"
#undef STATIC_FIELD
}};

}  // namespace

HpackResult HpackDecoder::decode(Bytes block, HpackSink& sink) {
  ByteCursor in{block};
  written_ = 0;
  while (in.remaining() != 0)
    if (const HpackResult r = step(in, sink); r != HpackResult::ok) return r;
  return HpackResult::ok;
}

HpackResult HpackDecoder::show(std::string_view name, std::string_view value, HpackSink& sink) {
  written_ += name.size() + value.size();
  if (written_ > kMaxWritten) return HpackResult::too_long;
  sink.field(name, value);
  return HpackResult::ok;
}

// One representation (RFC 7541, 6).
HpackResult HpackDecoder::step(ByteCursor& in, HpackSink& sink) {
  const std::uint8_t first = in.u8();
  if ((first & 0x80U) != 0) {
    std::uint64_t index = 0;
    if (const auto r = number(in, first, 7, index); r != HpackResult::ok) return r;
    const auto found = at(index);
    if (!found) return HpackResult::malformed;
    return show(found->name, found->value, sink);
  }
  if ((first & 0x40U) != 0) return literal(in, first, 6, true, sink);
  if ((first & 0x20U) != 0) return resize(in, first, sink);
  return literal(in, first, 4, false, sink);
}

HpackResult HpackDecoder::literal(ByteCursor& in, std::uint8_t first, unsigned prefix, bool keep,
                                  HpackSink& sink) {
  std::uint64_t index = 0;
  if (const auto r = number(in, first, prefix, index); r != HpackResult::ok) return r;
  name_.clear();
  if (index == 0) {
    if (const auto r = text(in, name_); r != HpackResult::ok) return r;
  } else {
    const auto found = at(index);
    if (!found) return HpackResult::malformed;
    name_ = found->name;
  }
  value_.clear();
  if (const auto r = text(in, value_); r != HpackResult::ok) return r;
  if (const auto r = show(name_, value_, sink); r != HpackResult::ok) return r;
  if (keep) insert(name_, value_);
  return HpackResult::ok;
}

HpackResult HpackDecoder::resize(ByteCursor& in, std::uint8_t first, HpackSink& sink) {
  std::uint64_t bytes = 0;
  if (const auto r = number(in, first, 5, bytes); r != HpackResult::ok) return r;
  sink.table_size(bytes);
  limit_ = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, allowed_));
  shrink_to(limit_);
  return HpackResult::ok;
}

// RFC 7541, 5.1: `first` holds the first `prefix` bits.
HpackResult HpackDecoder::number(ByteCursor& in, std::uint8_t first, unsigned prefix,
                                 std::uint64_t& out) const {
  const std::uint64_t most = (1U << prefix) - 1;
  out = first & most;
  if (out < most) return HpackResult::ok;
  for (std::size_t i = 0, shift = 0; i < kMaxIntegerBytes; ++i, shift += 7) {
    const std::uint8_t byte = in.u8();
    if (in.failed()) return HpackResult::malformed;
    const std::uint64_t part = byte & 0x7fU;
    if (shift >= 57 && part != 0) return HpackResult::integer_overflow;
    out += shift < 57 ? part << shift : 0;
    if ((byte & 0x80U) == 0) return HpackResult::ok;
  }
  return HpackResult::integer_overflow;
}

HpackResult HpackDecoder::text(ByteCursor& in, SlabString& out) const {
  const std::uint8_t first = in.u8();
  std::uint64_t size = 0;
  if (in.failed()) return HpackResult::malformed;
  if (const auto r = number(in, first, 7, size); r != HpackResult::ok) return r;
  if (size > in.remaining()) return HpackResult::malformed;
  const Bytes bytes = in.take(static_cast<std::size_t>(size));
  if ((first & 0x80U) != 0)
    return huffman_decode(bytes, out, kMaxText) ? HpackResult::ok : HpackResult::malformed;
  out.append(as_text(bytes).substr(0, kMaxText));
  return HpackResult::ok;
}

std::optional<HpackDecoder::Field> HpackDecoder::at(std::uint64_t index) const {
  if (index == 0) return std::nullopt;
  if (index <= kStatic.size()) return Field{kStatic[index - 1].first, kStatic[index - 1].second};
  const std::uint64_t back = index - kStatic.size();  // 1: the youngest one
  if (back > count()) return std::nullopt;
  const Entry& entry = table_[table_.size() - static_cast<std::size_t>(back)];
  return Field{entry.name, entry.value};
}

void HpackDecoder::insert(std::string_view name, std::string_view value) {
  const std::size_t size = name.size() + value.size() + kEntryOverhead;
  shrink_to(limit_ - std::min(limit_, size));
  if (size > limit_) return;  // RFC 7541, 4.4: it only empties the table
  if (first_ != 0 && first_ * 2 >= table_.size()) {
    table_.erase(table_.begin(), table_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  table_.push_back({SlabString(name), SlabString(value)});
  bytes_ += size;
}

void HpackDecoder::shrink_to(std::size_t bytes) {
  while (bytes_ > bytes && count() != 0) {
    bytes_ -= table_[first_].size();
    table_[first_++] = {};
  }
}

void HpackDecoder::allow(std::uint64_t bytes) {
  allowed_ = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, most_));
}

}  // namespace weir::http2
