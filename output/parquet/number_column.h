// Encodes columns of numbers: each row group's by the encoding that makes it shortest. That is tried out, on a page in the middle, for the
// first row group and every kTryAgain-th one behind it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "output/parquet/chunk_draft.h"
#include "output/parquet/compression.h"
#include "output/parquet/distinct_numbers.h"
#include "output/parquet/schema.h"

namespace weir::output::parquet {

inline constexpr std::size_t kTryAgain = 16;
// A dictionary has fewer entries, and at most one for each second value: else it costs more than it saves.
inline constexpr std::size_t kMaxNumberEntries = 16384;

// How numbers are written.
enum class NumberForm : std::uint8_t {
  plain,
  dictionary,  // indexes of as few bits as they need
  dictionary_bytes,  // of whole bytes: where some are much more frequent than others, zstd makes them shorter than bits are
  delta,
  delta_bytes
};

// What is known of a column from row groups before; one for each column.
struct NumberPlan {
  NumberForm form = NumberForm::plain;
  std::size_t tries_after = 0;  // row groups for which `form` is taken as it is
};

// Least and greatest of some numbers, in the order of their kind; in another one than that when there are none.
struct NumberBounds {
  std::uint64_t least = UINT64_MAX, greatest = 0;
};

class NumberEncoder {
 public:
  // Encodes a column of a row group into `out`; values as in FileWriter::numbers(). `packer` is used to try forms out.
  void encode(const Column& column, std::span<const std::uint64_t> values,
              std::span<const std::uint8_t> present, NumberPlan& plan, PagePacker& packer, ChunkDraft& out);

 private:
  // False: no row has a value.
  bool gather(Kind kind, std::span<const std::uint64_t> values, std::span<const std::uint8_t> present);
  NumberForm choose(Physical physical, PagePacker& packer);
  std::size_t cost(NumberForm form, Physical physical, const PageSlice& sample, PagePacker& packer);
  void put_values(NumberForm form, Physical physical, const PageSlice& page, Buffer& out) const;
  [[nodiscard]] NumberBounds bounds(Kind kind, const PageSlice& page) const;
  void put_pages(const Column& column, NumberForm form, std::span<const PageSlice> pages,
                 std::span<const std::uint8_t> present, ChunkDraft& out) const;

  std::vector<std::uint64_t> dense_;  // the values that are there
  DistinctNumbers distinct_;
  bool has_distinct_ = false;
  Buffer trial_, packed_;
};

}  // namespace weir::output::parquet
