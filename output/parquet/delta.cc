#include "output/parquet/delta.h"

#include <algorithm>
#include <array>

#include "output/flow/varint.h"

namespace weir::output::parquet {
namespace {

constexpr std::size_t kBlockValues = 128;
constexpr std::size_t kMiniblocks = 4;
constexpr std::size_t kMiniblockValues = kBlockValues / kMiniblocks;
// Of blocks that others write.
constexpr std::uint64_t kMostBlockValues = 1U << 20U;
constexpr std::uint64_t kMostMiniblocks = 4096;

void put_length(std::uint64_t value, Buffer& out) {
  std::array<std::uint8_t, kMaxVarintBytes> bytes{};
  out.insert(out.end(), bytes.data(), put_varint(bytes.data(), value));
}

// The lower bits as a signed number.
std::int64_t as_signed(std::uint64_t value, unsigned bits) {
  return bits == 32 ? std::int64_t{static_cast<std::int32_t>(static_cast<std::uint32_t>(value))}
                    : static_cast<std::int64_t>(value);
}

std::uint8_t packed_width(std::uint64_t greatest, unsigned bits, DeltaWidths widths) {
  const unsigned width = width_of(greatest);
  const unsigned rounded = widths == DeltaWidths::bytes ? (width + 7) / 8 * 8 : width;
  return static_cast<std::uint8_t>(std::min(rounded, bits));
}

// `deltas`: up to kBlockValues.
void put_delta_block(std::span<std::uint64_t> deltas, unsigned bits, DeltaWidths widths, Buffer& out) {
  std::int64_t least = as_signed(deltas[0], bits);
  for (const std::uint64_t delta : deltas) least = std::min(least, as_signed(delta, bits));
  const std::uint64_t mask = bits == 32 ? UINT32_MAX : UINT64_MAX;
  for (std::uint64_t& delta : deltas) delta = (delta - static_cast<std::uint64_t>(least)) & mask;
  put_length(zigzag(least), out);
  std::array<std::uint8_t, kMiniblocks> width{};
  const std::size_t used = (deltas.size() + kMiniblockValues - 1) / kMiniblockValues;
  const auto miniblock = [&](std::size_t i) {
    return deltas.subspan(i * kMiniblockValues,
                          std::min(kMiniblockValues, deltas.size() - i * kMiniblockValues));
  };
  for (std::size_t i = 0; i < used; ++i) {
    std::uint64_t all = 0;
    for (const std::uint64_t delta : miniblock(i)) all |= delta;
    width[i] = packed_width(all, bits, widths);
  }
  out.insert(out.end(), width.begin(), width.end());
  for (std::size_t i = 0; i < used; ++i) {
    const std::size_t end = out.size() + packed_bytes(kMiniblockValues, width[i]);
    pack_bits(miniblock(i), width[i], out);
    out.resize(end, 0);  // the last one is filled up
  }
}

struct DeltaShape {
  std::size_t miniblocks = 0, miniblock_values = 0;
};

// One block into the begin of `out`. `last`: the number before.
bool take_delta_block(ByteCursor& in, const DeltaShape& shape, unsigned bits, std::span<std::uint64_t>& out,
                      std::uint64_t& last) {
  const auto least = static_cast<std::uint64_t>(unzigzag(take_varint(in)));
  const Bytes widths = in.take(shape.miniblocks);
  if (in.failed()) return false;
  const std::uint64_t mask = bits == 32 ? UINT32_MAX : UINT64_MAX;
  for (std::size_t i = 0; i < shape.miniblocks && !out.empty(); ++i) {
    const unsigned width = widths[i];
    if (width > 64) return false;
    const std::size_t bytes = packed_bytes(shape.miniblock_values, width);
    if (in.remaining() < bytes) return false;
    const std::size_t count = std::min(shape.miniblock_values, out.size());
    unpack_bits(in.peek(in.remaining()), width, out.first(count));
    in.skip(bytes);
    for (std::uint64_t& value : out.first(count)) {
      last += value + least;
      value = last & mask;
    }
    out = out.subspan(count);
  }
  return true;
}

}  // namespace

void put_delta(std::span<const std::uint64_t> values, unsigned bits, DeltaWidths widths, Buffer& out) {
  put_length(kBlockValues, out);
  put_length(kMiniblocks, out);
  put_length(values.size(), out);
  put_length(values.empty() ? 0 : zigzag(as_signed(values[0], bits)), out);
  std::array<std::uint64_t, kBlockValues> deltas{};
  for (std::size_t at = 1; at < values.size();) {
    const std::size_t count = std::min(kBlockValues, values.size() - at);
    for (std::size_t i = 0; i < count; ++i) deltas[i] = values[at + i] - values[at + i - 1];
    put_delta_block(std::span{deltas}.first(count), bits, widths, out);
    at += count;
  }
}

bool take_delta(ByteCursor& in, unsigned bits, std::span<std::uint64_t> out) {
  const std::uint64_t block = take_varint(in), miniblocks = take_varint(in), count = take_varint(in);
  std::uint64_t last = static_cast<std::uint64_t>(unzigzag(take_varint(in)));
  if (in.failed() || block == 0 || block > kMostBlockValues || miniblocks == 0 ||
      miniblocks > kMostMiniblocks || block % miniblocks != 0 || block / miniblocks % 32 != 0 ||
      count != out.size())
    return false;
  if (out.empty()) return true;
  const DeltaShape shape{static_cast<std::size_t>(miniblocks), static_cast<std::size_t>(block / miniblocks)};
  out[0] = bits == 32 ? last & UINT32_MAX : last;
  out = out.subspan(1);
  while (!out.empty())  // each turn fills a part of it
    if (!take_delta_block(in, shape, bits, out, last)) return false;
  return true;
}

}  // namespace weir::output::parquet
