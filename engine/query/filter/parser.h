// Filters as trees of tests: "src in 10.0.0.0/8 and (dport 443 or not answered)".
//
//   filter     alternative { ("or" | "||") alternative }; nothing at all is "any"
//   alternative  part { ("and" | "&&") part }
//   part       { "not" | "!" } ( "(" filter ")" | test )
//   test       [ends] word [value] | ends value, with the words of words.def
//   ends       "src" | "dst" | "src or dst" | "src and dst"
//   value      ["=" | "==" | "!=" | "<" | ">" | "<=" | ">=" | "in"] (item | "[" item { [","] item } "]")
//   item       one value, or a range of numbers: 80-90
#pragma once

#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "engine/query/filter/scanner.h"
#include "engine/query/filter/test.h"

namespace weir::engine::filter {

// How deep parentheses may stand in each other, and how many tests there may be.
inline constexpr std::size_t kMaxFilterDepth = 100;
inline constexpr std::size_t kMaxFilterTests = 4096;

struct Node {
  enum class Kind : std::uint8_t { test, negation, all, one };
  Kind kind = Kind::test;
  Test test;                // of Kind::test
  std::vector<Node> parts;  // of the others: of a negation one, else at least two
};

tl::expected<Node, FilterError> parse_filter(std::string_view text);

}  // namespace weir::engine::filter
