// Copies text into JSON in blocks: short texts, of which events are made, cost a few instructions, and are looked at on the
// way. For JsonWriter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir::output {

// Sixteen bytes at once: the compiler makes of it what the processor has.
using Block = std::uint8_t __attribute__((vector_size(16)));

// All of them stand for themselves in a JSON string: printable ASCII but quote and backslash.
[[gnu::always_inline]] inline bool all_plain(Block block) {
  const auto other = (block < 0x20) | (block > 0x7e) | (block == '"') | (block == '\\');
  std::uint64_t halves[2];
  static_assert(sizeof halves == sizeof other);
  std::memcpy(halves, &other, sizeof halves);
  return (halves[0] | halves[1]) == 0;
}

template <class Piece>
Piece copy_piece(char* to, const void* from) {
  Piece piece;
  std::memcpy(&piece, from, sizeof piece);
  std::memcpy(to, &piece, sizeof piece);
  return piece;
}

// Copies n bytes as two pieces, which may overlap: n is from one to two pieces. Returns them, repeated to fill a block.
template <class Piece>
[[gnu::always_inline]] inline Block copy_pieces(char* to, const char* from, std::size_t n) {
  const auto first = std::uint64_t{copy_piece<Piece>(to, from)};
  const auto last = std::uint64_t{copy_piece<Piece>(to + n - sizeof(Piece), from + n - sizeof(Piece))};
  std::uint64_t halves[2]{first, last};
  if constexpr (sizeof(Piece) < sizeof first) {
    constexpr std::uint64_t kRepeated = ~std::uint64_t{0} / static_cast<Piece>(-1);
    halves[0] *= kRepeated;
    halves[1] *= kRepeated;
  }
  Block out;
  std::memcpy(&out, halves, sizeof out);
  return out;
}

// Copies text, most often a short one: a call of memcpy would cost as much again. `look` is shown all of it, in blocks, and
// ends it with false.
template <class Look>
[[gnu::always_inline]] inline bool copy_text(char* to, std::string_view text, Look look) {
  const char* const from = text.data();
  const std::size_t n = text.size();
  if (n < 4) {
    if (n < 2) return n == 0 || look(copy_pieces<std::uint8_t>(to, from, n));
    return look(copy_pieces<std::uint16_t>(to, from, n));
  }
  if (n < 8) return look(copy_pieces<std::uint32_t>(to, from, n));
  if (n <= 16) return look(copy_pieces<std::uint64_t>(to, from, n));
  for (std::size_t at = 0; n - at > 16; at += 16)
    if (!look(copy_piece<Block>(to + at, from + at))) return false;
  return look(copy_piece<Block>(to + n - 16, from + n - 16));
}

// Copies text that stands for itself in a JSON string, looking at it on the way. False at the first that does not: then
// what was written means nothing.
inline bool copy_plain(char* to, std::string_view text) {
  return copy_text(to, text, [](Block block) { return all_plain(block); });
}

// Copies text that is known to stand for itself.
[[gnu::always_inline]] inline char* put_text(char* to, std::string_view text) {
  copy_text(to, text, [](Block) { return true; });
  return to + text.size();
}

}  // namespace weir::output
