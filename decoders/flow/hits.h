// Which rules and indicators hit a flow, as the texts that a record has of it (Detail::hit_rules and hit_indicators).
//
//   hit_rules        "2000001 3:17": numbers of rules between blanks, with the group before one that is of no group 1
//   hit_indicators   a line each, the name of the feed and a tab before the indicator
//
// Each is there once, in the order in which they hit; so many, and how often something hit stands in the record beside them.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "decoders/text.h"

namespace weir::flow {

inline constexpr std::size_t kMaxHitRules = 16, kMaxHitIndicators = 6;

struct RuleHit {
  std::uint32_t gid = 1, sid = 0;
  friend bool operator==(const RuleHit&, const RuleHit&) = default;
};

struct IndicatorHit {
  std::string_view feed, value;
  friend bool operator==(const IndicatorHit&, const IndicatorHit&) = default;
};

namespace hits {

inline std::uint32_t number(std::string_view text) {
  std::uint32_t out = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

inline RuleHit rule_of(std::string_view word) {
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) return {1, number(word)};
  return {number(word.substr(0, colon)), number(word.substr(colon + 1))};
}

template <class Text>
void append(Text& to, std::uint32_t number) {
  char digits[10];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  to.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace hits

// Calls visit(RuleHit) for each. A text that somebody else made may say anything: numbers of rules that are none are 0.
template <class Visit>
void for_each_rule_hit(std::string_view text, const Visit& visit) {
  for (std::size_t i = 0; !text.empty() && i < kMaxHitRules; ++i) visit(hits::rule_of(cut(text, ' ')));
}

// Calls visit(IndicatorHit) for each; texts are views.
template <class Visit>
void for_each_indicator_hit(std::string_view text, const Visit& visit) {
  for (std::size_t i = 0; !text.empty() && i < kMaxHitIndicators; ++i) {
    std::string_view line = cut(text, '\n');
    const std::string_view feed = cut(line, '\t');
    visit(IndicatorHit{feed, line});
  }
}

// Appends what is not there yet, as long as there is room. `Text` is a string.
template <class Text>
void add_hit(Text& to, const RuleHit& hit) {
  std::size_t count = 0;
  bool is_there = false;
  for_each_rule_hit(std::string_view(to), [&](const RuleHit& other) {
    ++count;
    is_there = is_there || other == hit;
  });
  if (is_there || count == kMaxHitRules) return;
  if (count != 0) to.push_back(' ');
  if (hit.gid != 1) {
    hits::append(to, hit.gid);
    to.push_back(':');
  }
  hits::append(to, hit.sid);
}

// The same; tabs and ends of lines in a name become blanks.
template <class Text>
void add_hit(Text& to, const IndicatorHit& hit) {
  const auto plain = [](char c) { return c == '\t' || c == '\n' ? ' ' : c; };
  const auto same = [&](std::string_view kept, std::string_view text) {
    return std::equal(kept.begin(), kept.end(), text.begin(), text.end(),
                      [&](char a, char b) { return a == plain(b); });
  };
  std::size_t count = 0;
  bool is_there = false;
  for_each_indicator_hit(std::string_view(to), [&](const IndicatorHit& other) {
    ++count;
    is_there = is_there || (same(other.feed, hit.feed) && same(other.value, hit.value));
  });
  if (is_there || count == kMaxHitIndicators) return;
  const auto put = [&](std::string_view text) {
    for (const char c : text) to.push_back(plain(c));
  };
  if (count != 0) to.push_back('\n');
  put(hit.feed);
  to.push_back('\t');
  put(hit.value);
}

}  // namespace weir::flow
