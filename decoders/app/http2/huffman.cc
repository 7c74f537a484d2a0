// The Huffman code of HPACK (RFC 7541, appendix B). It is canonical: the lengths of its codes say all.
#include <algorithm>
#include <array>

#include "decoders/app/http2/hpack.h"

namespace weir::http2 {
namespace {

constexpr unsigned kEndOfText = 256, kSymbols = 257, kLongest = 30, kAtOnce = 8;

constexpr std::array<std::uint8_t, kSymbols> kLengths{
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28,
    28, 28, 28, 28, 28, 28, 6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,  5,  5,  5,  6,
    6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10, 13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,
    7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,  15, 5,  6,  5,  6,  5,  6,  6,
    6,  5,  7,  7,  6,  6,  6,  5,  6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28, 20, 22,
    20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23,
    22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22,
    23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22,
    25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30};

struct Code {
  // Symbols by length of their codes, then by number; `first[n]`: where those of n bits begin.
  std::array<std::uint16_t, kSymbols> symbols{};
  std::array<std::uint16_t, kLongest + 2> first{};
  std::array<std::uint32_t, kLongest + 1> code{};  // the first one of n bits
  // By the next kAtOnce bits: length of the code that they begin with; 0: it is longer.
  std::array<std::uint8_t, 1U << kAtOnce> length{}, symbol{};
};

constexpr Code make_code() {
  Code out;
  std::uint16_t n = 0;
  for (unsigned bits = 1; bits <= kLongest; ++bits) {
    out.first[bits] = n;
    for (unsigned s = 0; s < kSymbols; ++s)
      if (kLengths[s] == bits) out.symbols[n++] = static_cast<std::uint16_t>(s);
  }
  out.first[kLongest + 1] = n;
  std::uint32_t code = 0;
  for (unsigned bits = 1; bits <= kLongest; ++bits) {
    code <<= 1U;
    out.code[bits] = code;
    const unsigned symbols = out.first[bits + 1] - out.first[bits];
    for (unsigned i = 0; bits <= kAtOnce && i < symbols; ++i) {
      const std::uint32_t begin = (code + i) << (kAtOnce - bits), end = (code + i + 1) << (kAtOnce - bits);
      for (std::uint32_t at = begin; at < end; ++at) {
        out.length[at] = static_cast<std::uint8_t>(bits);
        out.symbol[at] = static_cast<std::uint8_t>(out.symbols[out.first[bits] + i]);
      }
    }
    code += symbols;
  }
  return out;
}

constexpr Code kCode = make_code();

// The bits that have been read and not used, the next one at the top.
struct Bits {
  std::uint64_t word = 0;
  unsigned count = 0;
  void use(unsigned n) {
    word <<= n;
    count -= n;
  }
};

// A code of more than kAtOnce bits; nothing: it is not there as a whole, or says that the text ends.
std::optional<std::uint8_t> long_symbol(Bits& bits) {
  for (unsigned n = kAtOnce + 1; n <= std::min(kLongest, bits.count); ++n) {
    const auto code = static_cast<std::uint32_t>(bits.word >> (64 - n));
    const std::uint32_t place = code - kCode.code[n];
    if (code < kCode.code[n] || place >= static_cast<std::uint32_t>(kCode.first[n + 1] - kCode.first[n]))
      continue;
    const std::uint16_t symbol = kCode.symbols[kCode.first[n] + place];
    if (symbol == kEndOfText) return std::nullopt;
    bits.use(n);
    return static_cast<std::uint8_t>(symbol);
  }
  return std::nullopt;
}

}  // namespace

bool huffman_decode(Bytes coded, SlabString& out, std::size_t most) {
  Bits bits;
  std::size_t next = 0;
  while (true) {
    while (bits.count <= 56 && next < coded.size()) {
      bits.word |= std::uint64_t{coded[next++]} << (56 - bits.count);
      bits.count += 8;
    }
    const auto head = static_cast<std::size_t>(bits.word >> (64 - kAtOnce));
    const unsigned length = kCode.length[head];
    std::uint8_t symbol = 0;
    if (length != 0 && length <= bits.count) {
      symbol = kCode.symbol[head];
      bits.use(length);
    } else if (const auto found = length == 0 ? long_symbol(bits) : std::nullopt) {
      symbol = *found;
    } else {
      // What is left fills the last byte: fewer than eight bits, all set.
      return bits.count < 8 && (bits.count == 0 || bits.word >> (64 - bits.count) == (1U << bits.count) - 1);
    }
    if (out.size() < most) out.push_back(static_cast<char>(symbol));
  }
}

}  // namespace weir::http2
