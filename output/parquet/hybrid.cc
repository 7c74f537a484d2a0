#include "output/parquet/hybrid.h"

#include <algorithm>
#include <array>

#include "output/flow/varint.h"

namespace weir::output::parquet {
namespace {

constexpr std::size_t kGroup = 8;  // numbers are packed by so many

void put_number(std::uint64_t value, Buffer& out) {
  std::array<std::uint8_t, kMaxVarintBytes> bytes{};
  out.insert(out.end(), bytes.data(), put_varint(bytes.data(), value));
}

// Equal levels from `at` on.
std::size_t run_at(std::span<const std::uint8_t> levels, std::size_t at) {
  std::size_t end = at + 1;
  while (end < levels.size() && levels[end] == levels[at]) ++end;
  return end - at;
}

// Whole groups of levels that no long run begins in, from `at` on; the last may be shorter.
std::size_t mixed_at(std::span<const std::uint8_t> levels, std::size_t at) {
  constexpr std::size_t kLongRun = 8 * kGroup;  // shorter ones cost more than they save
  std::size_t end = at;
  while (end < levels.size() &&
         run_at(levels.subspan(end, std::min(kLongRun, levels.size() - end)), 0) < kLongRun)
    end += kGroup;
  return std::min(end, levels.size()) - at;
}

template <class T>
bool take_packed(ByteCursor& in, std::uint64_t groups, unsigned width, std::span<T> out, std::size_t& at) {
  const std::size_t wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(groups * kGroup, out.size() - at));
  const std::size_t needed = packed_bytes(wanted, width);
  if (in.remaining() < needed) return false;
  unpack_bits(in.peek(in.remaining()), width, out.subspan(at, wanted));
  at += wanted;
  // Behind the last number padding may be missing.
  in.skip(static_cast<std::size_t>(std::min<std::uint64_t>(groups * width, in.remaining())));
  return true;
}

template <class T>
bool take_repeated(ByteCursor& in, std::uint64_t count, unsigned width, std::span<T> out, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < width; shift += 8) value |= std::uint64_t{in.u8()} << shift;
  if (in.failed() || (width < 64 && (value >> width) != 0)) return false;
  const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count, out.size() - at));
  std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(at), wanted, static_cast<T>(value));
  at += wanted;
  return true;
}

template <class T>
bool take_runs(ByteCursor& in, unsigned width, std::span<T> out) {
  if (width > 8 * sizeof(T)) return false;
  std::size_t at = 0;
  while (at < out.size()) {  // each turn takes a byte at least
    const std::uint64_t header = take_varint(in);
    const std::uint64_t length = header >> 1U;
    if (in.failed() || length == 0 || length > INT32_MAX) return false;
    const bool good = (header & 1U) != 0 ? take_packed(in, length, width, out, at)
                                         : take_repeated(in, length, width, out, at);
    if (!good) return false;
  }
  return true;
}

}  // namespace

void put_repeated(std::size_t count, std::uint32_t value, unsigned width, Buffer& out) {
  put_number(std::uint64_t{count} << 1U, out);
  for (unsigned at = 0; at < width; at += 8) out.push_back(static_cast<std::uint8_t>(value >> at));
}

void put_hybrid(std::span<const std::uint32_t> values, unsigned width, Buffer& out) {
  if (std::all_of(values.begin(), values.end(), [&](std::uint32_t v) { return v == values[0]; }))
    return put_repeated(values.size(), values[0], width, out);
  const std::size_t groups = (values.size() + kGroup - 1) / kGroup;
  put_number((std::uint64_t{groups} << 1U) | 1U, out);
  const std::size_t end = out.size() + groups * width;
  pack_bits(values, width, out);
  out.resize(end, 0);
}

void put_levels(std::span<const std::uint8_t> levels, Buffer& out) {
  for (std::size_t at = 0; at < levels.size();) {
    const std::size_t mixed = mixed_at(levels, at);
    if (mixed == 0) {
      const std::size_t run = run_at(levels, at);
      put_repeated(run, levels[at] & 1U, 1, out);
      at += run;
      continue;
    }
    const std::size_t groups = (mixed + kGroup - 1) / kGroup;
    put_number((std::uint64_t{groups} << 1U) | 1U, out);
    for (std::size_t group = 0; group < groups; ++group) {
      unsigned bits = 0;
      for (std::size_t i = 0; i < kGroup && at + i < levels.size(); ++i) bits |= (levels[at + i] & 1U) << i;
      out.push_back(static_cast<std::uint8_t>(bits));
      at += std::min(kGroup, levels.size() - at);
    }
  }
}

bool take_hybrid(ByteCursor& in, unsigned width, std::span<std::uint8_t> out) {
  return take_runs(in, width, out);
}
bool take_hybrid(ByteCursor& in, unsigned width, std::span<std::uint32_t> out) {
  return take_runs(in, width, out);
}

}  // namespace weir::output::parquet
