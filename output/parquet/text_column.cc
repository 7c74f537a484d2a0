#include "output/parquet/text_column.h"

#include <algorithm>

#include "decoders/text.h"
#include "output/parquet/bloom.h"
#include "output/parquet/file_writer.h"
#include "output/parquet/hybrid.h"
#include "output/parquet/little_endian.h"
#include "output/parquet/number_column.h"

namespace weir::output::parquet {
namespace {

void put_entries(std::span<const std::string_view> entries, Buffer& out) {
  std::size_t bytes = 0;
  for (const std::string_view entry : entries) bytes += 4 + entry.size();
  const std::size_t begin = out.size();
  out.resize(begin + bytes);
  std::uint8_t* to = out.data() + begin;
  for (const std::string_view entry : entries) {
    store_le32(to, static_cast<std::uint32_t>(entry.size()));
    to = std::copy(entry.begin(), entry.end(), to + 4);
  }
}

}  // namespace

bool TextEncoder::gather(std::size_t entries, std::span<const std::uint32_t> index) {
  dense_.resize(index.size());
  present_.resize(index.size());
  used_.assign(entries, 0);
  std::size_t count = 0;
  for (std::size_t i = 0; i < index.size(); ++i) {
    present_[i] = index[i] != FileWriter::kNone ? 1 : 0;
    if (present_[i] == 0) continue;
    if (index[i] >= entries) return false;
    used_[index[i]] = 1;
    dense_[count++] = index[i];
  }
  dense_.resize(count);
  return true;
}

// Some indexes are so much more frequent than others that zstd makes whole bytes shorter than as few bits as they need.
bool TextEncoder::needs_whole_bytes(unsigned width, PagePacker& packer) {
  const unsigned whole = (width + 7) / 8 * 8;
  if (whole == width) return false;
  const std::size_t count = std::min(dense_.size(), kPageRows);
  const auto sample = std::span{dense_}.subspan((dense_.size() - count) / 2, count);
  const auto stored = [&](unsigned bits) {
    trial_.clear();
    packed_.clear();
    put_hybrid(sample, bits, trial_);
    return packer.pack(trial_, packed_) ? std::min(packed_.size(), trial_.size()) : trial_.size();
  };
  return stored(whole) < stored(width);
}

void TextEncoder::put_bounds(std::span<const std::string_view> entries, const PageSlice& page,
                             PageBounds& out) const {
  out.nulls = page.rows - page.values;
  out.is_all_null = page.values == 0;
  if (out.is_all_null) return;
  const auto values = std::span{dense_}.subspan(page.first_value, page.values);
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());  // entries are sorted
  out.least = entries[*least];
  out.greatest = entries[*greatest];
}

void TextEncoder::put_ranges(std::span<const std::string_view> entries, std::size_t pages,
                             ChunkDraft& out) const {
  std::string_view least, greatest;
  bool is_first = true, is_sorted = true, is_short = true;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i > 0 && entries[i] < entries[i - 1]) is_sorted = false;
    if (used_[i] == 0) continue;
    if (is_first || entries[i] < least) least = entries[i];
    if (is_first || entries[i] > greatest) greatest = entries[i];
    is_first = false;
    if (entries[i].size() > kMaxTextBound) is_short = false;
  }
  out.has_range = least.size() <= kMaxTextBound && greatest.size() <= kMaxTextBound;
  if (out.has_range) {
    out.least = least;
    out.greatest = greatest;
  }
  out.has_offset_index = pages > 1;
  out.has_column_index = pages > 1 && is_sorted && is_short;
}

void TextEncoder::put_bloom(std::span<const std::string_view> entries, ChunkDraft& out) const {
  BloomFilter filter{static_cast<std::size_t>(std::count(used_.begin(), used_.end(), std::uint8_t{1}))};
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (used_[i] != 0) filter.add(bloom_hash(entries[i]));
  filter.put(out.bloom);
}

bool TextEncoder::encode(const Column& column, std::span<const std::string_view> entries,
                         std::span<const std::uint32_t> index, TextPlan& plan, PagePacker& packer,
                         ChunkDraft& out) {
  std::uint32_t all = FileWriter::kNone;  // most columns have no value in most row groups
  for (const std::uint32_t at : index) all &= at;
  if (all == FileWriter::kNone) {
    draft_nulls(index.size(), out);
    return true;
  }
  if (!gather(entries.size(), index)) return false;
  out.clear();
  out.rows = index.size();
  out.nulls = index.size() - dense_.size();
  const bool is_one =
      std::all_of(dense_.begin(), dense_.end(), [&](std::uint32_t v) { return v == dense_[0]; });
  unsigned width = std::max(1U, width_of(entries.size() - 1));
  if (!is_one) {
    if (plan.tries_after == 0) plan = {needs_whole_bytes(width, packer), kTryAgain};
    --plan.tries_after;
    if (plan.whole_bytes) width = (width + 7) / 8 * 8;
  }
  put_entries(entries, out.content);
  out.end_page({PageType::dictionary, Encoding::plain, entries.size()});
  const std::size_t page_rows = is_one && out.nulls == 0 ? index.size() : kPageRows;
  const std::vector<PageSlice> pages = slice_pages(index.size(), present_, page_rows);
  put_ranges(entries, pages.size(), out);
  for (const PageSlice& page : pages) {
    DraftPage draft{PageType::data, Encoding::rle_dictionary, page.rows};
    if (out.has_column_index) put_bounds(entries, page, draft.bounds);
    put_page_levels(page, present_, column.is_optional, out.content);
    out.content.push_back(static_cast<std::uint8_t>(width));
    if (page.values > 0)
      put_hybrid(std::span{dense_}.subspan(page.first_value, page.values), width, out.content);
    out.end_page(std::move(draft));
  }
  if (column.has_bloom) put_bloom(entries, out);
  return true;
}

}  // namespace weir::output::parquet
