#include "output/parquet/snappy.h"

#include <algorithm>

#include "decoders/byte_cursor.h"
#include "output/flow/varint.h"

namespace weir::output::parquet {
namespace {

constexpr unsigned kInlineLengths = 60;  // a literal's length up to this stands in its tag

struct SnappyCopy {
  std::size_t length = 0, distance = 0;
};

std::size_t literal_length(ByteCursor& in, unsigned tag) {
  const unsigned length = tag >> 2U;
  if (length < kInlineLengths) return length + 1;
  std::size_t out = 0;
  for (unsigned i = 0; i <= length - kInlineLengths; ++i) out |= std::size_t{in.u8()} << (8 * i);
  return out + 1;
}

SnappyCopy copy_of(ByteCursor& in, unsigned tag) {
  switch (tag & 3U) {
    case 1: return {((tag >> 2U) & 7U) + 4, (std::size_t{tag >> 5U} << 8U) | in.u8()};
    case 2: return {(tag >> 2U) + 1, in.le16()};
    default: return {(tag >> 2U) + 1, in.le32()};
  }
}

// Bytes that were written `distance` ago, once more; they may run into those that are written now.
void copy_back(std::uint8_t* to, const SnappyCopy& copy) {
  const std::uint8_t* from = to - copy.distance;
  if (copy.distance >= copy.length) {
    std::copy_n(from, copy.length, to);
    return;
  }
  for (std::size_t i = 0; i < copy.length; ++i) to[i] = from[i];
}

}  // namespace

bool unpack_snappy(Bytes packed, std::span<std::uint8_t> out) {
  ByteCursor in{packed};
  if (take_varint(in) != out.size() || in.failed()) return false;
  std::size_t at = 0;
  while (!in.empty()) {
    const unsigned tag = in.u8();
    if ((tag & 3U) == 0) {
      const std::size_t length = literal_length(in, tag);
      if (length > out.size() - at || length > in.remaining()) return false;
      const Bytes literal = in.take(length);
      std::copy(literal.begin(), literal.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
      at += length;
      continue;
    }
    const SnappyCopy copy = copy_of(in, tag);
    if (in.failed() || copy.distance == 0 || copy.distance > at || copy.length > out.size() - at)
      return false;
    copy_back(out.data() + at, copy);
    at += copy.length;
  }
  return !in.failed() && at == out.size();
}

}  // namespace weir::output::parquet
