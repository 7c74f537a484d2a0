#include "output/parquet/bit_packing.h"

#include <algorithm>
#include <array>
#include <utility>

#include "output/parquet/little_endian.h"

namespace weir::output::parquet {
namespace {

constexpr unsigned kWordBits = 64;
constexpr unsigned kWidestInOneLoad = 57;  // with up to seven bits before it

template <class T>
void pack_numbers(std::span<const T> values, unsigned width, Buffer& out) {
  if (width == 0 || values.empty()) return;
  const std::size_t begin = out.size(), bytes = packed_bytes(values.size(), width);
  out.resize(begin + bytes + 8);  // whole words are stored
  std::uint8_t* to = out.data() + begin;
  std::uint64_t word = 0;
  unsigned filled = 0;
  for (const std::uint64_t value : values) {
    word |= value << filled;
    filled += width;
    if (filled < kWordBits) continue;
    store_le64(to, word);
    to += 8;
    filled -= kWordBits;
    const unsigned stored = width - filled;
    word = stored < kWordBits ? value >> stored : 0;
  }
  store_le64(to, word);
  out.resize(begin + bytes);
}

// `from` is followed by eight bytes that may be read.
template <class T>
void unpack_words(const std::uint8_t* from, unsigned width, std::size_t first_bit, std::span<T> out) {
  const std::uint64_t mask = width == kWordBits ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
  std::size_t bit = first_bit;
  if (width <= kWidestInOneLoad) {
    for (T& value : out) {
      value = static_cast<T>((load_le64(from + bit / 8) >> (bit % 8)) & mask);
      bit += width;
    }
    return;
  }
  for (T& value : out) {
    const unsigned before = bit % 8;
    std::uint64_t word = load_le64(from + bit / 8) >> before;
    if (before != 0) word |= std::uint64_t{from[bit / 8 + 8]} << (kWordBits - before);
    value = static_cast<T>(word & mask);
    bit += width;
  }
}

// Eight numbers at a time, of a width that the compiler knows: each is a load, a shift and a mask.
template <unsigned Width, class T>
void unpack_eights(const std::uint8_t* from, std::span<T> out) {
  constexpr std::uint64_t kMask = (std::uint64_t{1} << Width) - 1;
  T* to = out.data();
  for (std::size_t i = 0; i < out.size() / 8; ++i) {
    for (unsigned k = 0; k < 8; ++k)
      to[k] = static_cast<T>((load_le64(from + k * Width / 8) >> (k * Width % 8)) & kMask);
    from += Width;
    to += 8;
  }
}

template <class T>
using UnpackEights = void (*)(const std::uint8_t* from, std::span<T> out);

template <class T, std::size_t... Width>
constexpr auto table_of_widths(std::index_sequence<Width...>) {
  return std::array<UnpackEights<T>, sizeof...(Width)>{&unpack_eights<Width + 1, T>...};
}

// By width less one.
template <class T>
constexpr auto kEights =
    table_of_widths<T>(std::make_index_sequence<std::min<std::size_t>(8 * sizeof(T), kWidestInOneLoad)>{});

// Numbers that a load of nine bytes would reach behind the end for are unpacked from a copy.
constexpr std::size_t kReach = 9;

template <class T>
void unpack_numbers(Bytes in, unsigned width, std::span<T> out) {
  if (width == 0) {
    std::fill(out.begin(), out.end(), T{0});
    return;
  }
  const std::size_t bytes = packed_bytes(out.size(), width);
  std::size_t safe = 0;
  if (in.size() >= bytes + kReach)
    safe = out.size();
  else if (in.size() > kReach)
    safe = std::min(out.size(), (in.size() - kReach) * 8 / width);
  if (width <= kEights<T>.size()) {
    safe -= safe % 8;
    kEights<T>[width - 1](in.data(), out.first(safe));
  } else {
    unpack_words(in.data(), width, 0, out.first(safe));
  }
  if (safe == out.size()) return;
  const std::size_t bit = safe * width;
  const std::size_t from = bit / 8;
  // What is left has fewer bits than kReach bytes and nine numbers.
  std::array<std::uint8_t, 2 * kReach + 9 * 8> tail{};
  std::copy(in.begin() + static_cast<std::ptrdiff_t>(from), in.begin() + static_cast<std::ptrdiff_t>(bytes),
            tail.begin());
  unpack_words(tail.data(), width, bit % 8, out.subspan(safe));
}

}  // namespace

void pack_bits(std::span<const std::uint32_t> values, unsigned width, Buffer& out) {
  pack_numbers(values, width, out);
}
void pack_bits(std::span<const std::uint64_t> values, unsigned width, Buffer& out) {
  pack_numbers(values, width, out);
}
void unpack_bits(Bytes in, unsigned width, std::span<std::uint8_t> out) {
  unpack_numbers(in, width, out);
}
void unpack_bits(Bytes in, unsigned width, std::span<std::uint32_t> out) {
  unpack_numbers(in, width, out);
}
void unpack_bits(Bytes in, unsigned width, std::span<std::uint64_t> out) {
  unpack_numbers(in, width, out);
}

}  // namespace weir::output::parquet
