#include "rules/prefilter/pattern_padding.h"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <string_view>

namespace weir::rules {
namespace {

constexpr std::size_t kLongest = 70;  // longer literals take no part
// Nodes of a prefix tree up to which the library begins a second automaton. It makes one tree of the case-sensitive
// literals and one of the others.
constexpr std::size_t kMaxNodes = 8000;
constexpr std::size_t kMaxKept = 1 << 20;  // bytes; a larger automaton is dropped
constexpr std::uint64_t kSeed = 0x9e3779b97f4a7c15;

std::size_t tree_nodes(const std::vector<Literal>& literals, bool nocase) {
  std::vector<std::string_view> texts;
  for (const Literal& l : literals)
    if (l.nocase == nocase && l.bytes.size() <= kLongest) texts.push_back(l.bytes);
  std::sort(texts.begin(), texts.end());
  std::size_t nodes = 0;
  std::string_view last;
  for (const std::string_view text : texts) {
    const auto [end, unused] = std::mismatch(text.begin(), text.end(), last.begin(), last.end());
    nodes += static_cast<std::size_t>(text.end() - end);
    last = text;
  }
  return nodes;
}

std::size_t alphabet_size(const std::vector<Literal>& literals) {
  std::bitset<256> seen;
  for (const Literal& l : literals)
    for (const char c : l.bytes) seen.set(static_cast<unsigned char>(c));
  return seen.count();
}

}  // namespace

std::vector<std::string> padding_for(const std::vector<Literal>& literals) {
  const std::size_t sensitive = tree_nodes(literals, false), others = tree_nodes(literals, true);
  if (std::max(sensitive, others) > kMaxNodes) return {};
  if ((sensitive + others) * alphabet_size(literals) * sizeof(std::uint16_t) <= kMaxKept) return {};
  std::vector<std::string> out((kMaxNodes - sensitive) / (kLongest - 1) + 1);
  std::uint64_t state = kSeed;
  for (std::string& text : out)
    for (std::size_t i = 0; i < kLongest; ++i) {
      state ^= state << 13U;  // xorshift: the same bytes each time, all from 0x80 on
      state ^= state >> 7U;
      state ^= state << 17U;
      text.push_back(static_cast<char>(0x80U | (state >> 56U)));
    }
  return out;
}

}  // namespace weir::rules
