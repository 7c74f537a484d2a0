#include "output/parquet/number_column.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "output/parquet/delta.h"
#include "output/parquet/file_writer.h"
#include "output/parquet/hybrid.h"
#include "output/parquet/little_endian.h"

namespace weir::output::parquet {
namespace {

constexpr std::uint64_t mask_of(Kind kind) {
  switch (kind) {
    case Kind::u8: return UINT8_MAX;
    case Kind::u16: return UINT16_MAX;
    case Kind::u32: return UINT32_MAX;
    case Kind::boolean: return 1;
    default: return UINT64_MAX;
  }
}

constexpr bool is_dictionary(NumberForm form) {
  return form == NumberForm::dictionary || form == NumberForm::dictionary_bytes;
}

constexpr Encoding encoding_of(NumberForm form) {
  if (is_dictionary(form)) return Encoding::rle_dictionary;
  return form == NumberForm::plain ? Encoding::plain : Encoding::delta_binary_packed;
}

void put_plain(std::span<const std::uint64_t> values, Physical physical, Buffer& out) {
  if (physical == Physical::boolean) return pack_bits(values, 1, out);
  const std::size_t width = physical == Physical::int32 ? 4 : 8;
  const std::size_t begin = out.size();
  out.resize(begin + values.size() * width);
  std::uint8_t* to = out.data() + begin;
  for (const std::uint64_t value : values) {
    if (width == 4)
      store_le32(to, static_cast<std::uint32_t>(value));
    else
      store_le64(to, value);
    to += width;
  }
}

std::string plain_text(std::uint64_t value, Physical physical) {
  std::array<char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  return {bytes.data(), physical == Physical::boolean ? std::size_t{1} : bits_of(physical) / 8};
}

// Numbers with a sign, in an order that has none.
std::uint64_t order_key(std::uint64_t value, Kind kind) {
  return is_signed(kind) ? value ^ (std::uint64_t{1} << 63U) : value;
}

void put_index_page(std::span<const std::uint32_t> indexes, std::size_t entries, bool whole_bytes,
                    Buffer& out) {
  unsigned width = std::max(1U, width_of(entries - 1));
  if (whole_bytes) width = (width + 7) / 8 * 8;
  out.push_back(static_cast<std::uint8_t>(width));
  if (!indexes.empty()) put_hybrid(indexes, width, out);
}

}  // namespace

bool NumberEncoder::gather(Kind kind, std::span<const std::uint64_t> values,
                           std::span<const std::uint8_t> present) {
  // Most columns have no value in most row groups.
  if (!present.empty() && std::memchr(present.data(), 1, present.size()) == nullptr) return false;
  const std::uint64_t mask = mask_of(kind);
  dense_.resize(values.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    dense_[count] = values[i] & mask;
    count += present.empty() || present[i] == 1 ? 1 : 0;
  }
  dense_.resize(count);
  return true;
}

void NumberEncoder::put_values(NumberForm form, Physical physical, const PageSlice& page, Buffer& out) const {
  const auto values = std::span{dense_}.subspan(page.first_value, page.values);
  switch (form) {
    case NumberForm::plain: return put_plain(values, physical, out);
    case NumberForm::dictionary:
    case NumberForm::dictionary_bytes:
      return put_index_page(distinct_.indexes().subspan(page.first_value, page.values),
                            distinct_.entries().size(), form == NumberForm::dictionary_bytes, out);
    case NumberForm::delta: return put_delta(values, bits_of(physical), DeltaWidths::least, out);
    case NumberForm::delta_bytes: return put_delta(values, bits_of(physical), DeltaWidths::bytes, out);
  }
}

// Bytes that the chunk will have, about.
std::size_t NumberEncoder::cost(NumberForm form, Physical physical, const PageSlice& sample,
                                PagePacker& packer) {
  const auto stored = [&] {
    packed_.clear();
    return packer.pack(trial_, packed_) ? std::min(packed_.size(), trial_.size()) : trial_.size();
  };
  trial_.clear();
  put_values(form, physical, sample, trial_);
  const std::size_t pages = stored() * dense_.size() / sample.values;
  if (!is_dictionary(form)) return pages;
  trial_.clear();
  put_plain(distinct_.entries(), physical, trial_);
  return pages + stored();
}

NumberForm NumberEncoder::choose(Physical physical, PagePacker& packer) {
  const std::size_t count = std::min(dense_.size(), kPageRows);
  const PageSlice sample{0, count, (dense_.size() - count) / 2, count};
  static constexpr std::array kForms{NumberForm::dictionary, NumberForm::dictionary_bytes, NumberForm::delta,
                                     NumberForm::delta_bytes, NumberForm::plain};
  NumberForm best = NumberForm::plain;
  std::size_t least = SIZE_MAX;
  for (const NumberForm form : kForms) {
    if (is_dictionary(form) && !has_distinct_) continue;
    const std::size_t bytes = cost(form, physical, sample, packer);
    if (bytes < least) best = form;
    least = std::min(least, bytes);
  }
  return best;
}

NumberBounds NumberEncoder::bounds(Kind kind, const PageSlice& page) const {
  NumberBounds out;
  for (const std::uint64_t value : std::span{dense_}.subspan(page.first_value, page.values)) {
    const std::uint64_t key = order_key(value, kind);
    out.least = std::min(out.least, key);
    out.greatest = std::max(out.greatest, key);
  }
  return out;
}

void NumberEncoder::put_pages(const Column& column, NumberForm form, std::span<const PageSlice> pages,
                              std::span<const std::uint8_t> present, ChunkDraft& out) const {
  const Physical physical = physical_of(column.kind);
  const auto text = [&](std::uint64_t key) { return plain_text(order_key(key, column.kind), physical); };
  NumberBounds all, before{0, 0};
  bool is_ascending = true;
  for (const PageSlice& page : pages) {
    DraftPage draft{PageType::data, encoding_of(form), page.rows};
    draft.bounds.nulls = page.rows - page.values;
    draft.bounds.is_all_null = page.values == 0;
    if (page.values > 0) {
      const NumberBounds of_page = bounds(column.kind, page);
      draft.bounds.least = text(of_page.least);
      draft.bounds.greatest = text(of_page.greatest);
      is_ascending = is_ascending && of_page.least >= before.least && of_page.greatest >= before.greatest;
      before = of_page;
      all = {std::min(all.least, of_page.least), std::max(all.greatest, of_page.greatest)};
    }
    put_page_levels(page, present, column.is_optional, out.content);
    put_values(form, physical, page, out.content);
    out.end_page(std::move(draft));
  }
  out.has_range = true;
  out.least = text(all.least);
  out.greatest = text(all.greatest);
  out.has_offset_index = out.has_column_index = pages.size() > 1;
  out.order = is_ascending ? BoundsOrder::ascending : BoundsOrder::none;
}

void NumberEncoder::encode(const Column& column, std::span<const std::uint64_t> values,
                           std::span<const std::uint8_t> present, NumberPlan& plan, PagePacker& packer,
                           ChunkDraft& out) {
  if (!gather(column.kind, values, present)) return draft_nulls(values.size(), out);
  out.clear();
  out.rows = values.size();
  out.nulls = values.size() - dense_.size();
  const Physical physical = physical_of(column.kind);
  const bool is_one =
      std::all_of(dense_.begin(), dense_.end(), [&](std::uint64_t v) { return v == dense_[0]; });
  has_distinct_ =
      physical != Physical::boolean && (is_one || plan.tries_after == 0 || is_dictionary(plan.form)) &&
      distinct_.find(dense_, std::min(kMaxNumberEntries, std::max<std::size_t>(dense_.size() / 2, 1)));
  NumberForm form = NumberForm::plain;
  if (is_one && has_distinct_) {
    form = NumberForm::dictionary;  // says nothing about other row groups
  } else if (physical != Physical::boolean) {
    if (plan.tries_after == 0 || (is_dictionary(plan.form) && !has_distinct_))
      plan = {choose(physical, packer), kTryAgain};
    --plan.tries_after;
    form = plan.form;
  }
  if (is_dictionary(form)) {
    put_plain(distinct_.entries(), physical, out.content);
    out.end_page({PageType::dictionary, Encoding::plain, distinct_.entries().size()});
  }
  const std::size_t page_rows = is_one && dense_.size() == values.size() ? values.size() : kPageRows;
  put_pages(column, form, slice_pages(values.size(), present, page_rows), present, out);
}

}  // namespace weir::output::parquet
