#include "rules/prefilter/pattern_choice.h"

#include <doctest/doctest.h>

#include <string_view>

#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;

namespace {

struct Row {
  std::string_view options;
  std::string_view pattern;
  std::uint32_t first, last;
};
constexpr std::uint32_t kAnywhere = UINT32_MAX;

void check(const ChosenPattern& p, const Row& row) {
  CHECK(std::string_view(reinterpret_cast<const char*>(p.bytes.data()), p.bytes.size()) == row.pattern);
  CHECK(p.bounds.first == row.first);
  CHECK(p.bounds.last == row.last);
}

}  // namespace

TEST_CASE("pattern choice: where the pattern may end follows from what stands before it") {
  constexpr Row rows[] = {
      {"content:\"zq7pattern\";", "zq7pattern", 10, kAnywhere},
      {"content:\"zq7pattern\"; depth:12;", "zq7pattern", 10, 12},
      {"content:\"zq7pattern\"; offset:3; depth:12;", "zq7pattern", 13, 15},
      {"content:\"zq7pattern\"; startswith;", "zq7pattern", 10, 10},
      {"content:\"a\"; depth:1; content:\"zq7pattern\"; distance:2; within:10;", "zq7pattern", 13, 13},
      {"content:\"a\"; depth:1; content:\"zq7pattern\"; within:30;", "zq7pattern", 11, 31},
      {"content:\"a\"; depth:1; content:\"zq7pattern\"; distance:4;", "zq7pattern", 15, kAnywhere},
      {"content:\"a\"; depth:3; content:!\"b\"; distance:0; content:\"zq7pattern\"; within:12;", "zq7pattern", 11, 15},
      // A chain that begins with a relative content begins anywhere in a stream.
      {"content:\"zq7pattern\"; within:12;", "zq7pattern", 10, kAnywhere},
      // The place behind these is not known.
      {"content:\"a\"; depth:1; pcre:\"/b/R\"; content:\"zq7pattern\"; within:12;", "zq7pattern", 10, kAnywhere},
      {"content:\"a\"; depth:1; byte_jump:1,0,relative; content:\"zq7pattern\"; within:12;", "zq7pattern", 10, kAnywhere},
      {"content:\"a\"; depth:1; byte_extract:1,0,n,relative; content:\"zq7pattern\"; within:n;", "zq7pattern", 10, kAnywhere},
      {"content:\"0123zq7pattern56\"; depth:20; fast_pattern:4,10;", "zq7pattern", 14, 18},
  };
  for (const Row& row : rows) {
    CAPTURE(row.options);
    const auto one = test::with_options(row.options);
    REQUIRE_MESSAGE(one.signature, one.error);
    const auto chosen = choose_pattern(one.signature->payload);
    REQUIRE(chosen);
    check(*chosen, row);
  }
}

TEST_CASE("pattern choice: near the start is preferred when it is rare enough there") {
  constexpr Row rows[] = {
      {"content:\"zq7|01 fe|\"; depth:5; content:\"a much longer pattern\"; fast_pattern;", "zq7\x01\xfe", 5, 5},
      {"content:\"HTTP/1.\"; depth:7; content:\"a much longer pattern\";", "", 0, 0},
      {"content:\"http/1.1 200 ok\"; startswith; nocase; content:\"a much longer pattern\";", "", 0, 0},
      {"content:\"|16|\"; depth:1; content:\"a much longer pattern\";", "", 0, 0},
      {"content:\"|00 00|\"; depth:2; content:\"a much longer pattern\";", "", 0, 0},
      {"content:\"zq7|01 fe|\"; depth:500; content:\"a much longer pattern\";", "", 0, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.options);
    const auto one = test::with_options(row.options);
    REQUIRE_MESSAGE(one.signature, one.error);
    const auto chosen = choose_head_pattern(one.signature->payload);
    CHECK(chosen.has_value() == !row.pattern.empty());
    if (chosen && !row.pattern.empty()) check(*chosen, row);
  }
}
