#include "engine/query/query_time.h"

#include <doctest/doctest.h>

namespace weir::engine {
namespace {

constexpr TimeUs kNow = TimeUs{1'700'006'400} * 1'000'000;  // 2023-11-15 00:00:00 UTC

}  // namespace

TEST_CASE("query times: days and clocks as there are") {
  constexpr TimeUs kHour = TimeUs{3600} * 1'000'000;
  CHECK(parse_query_time("2023-11-15T00:00:00Z", kNow) == kNow);
  CHECK(parse_query_time("2023-11-14T24:00Z", kNow) == kNow);
  CHECK(parse_query_time("2023-11-15T01:00+0100", kNow) == kNow);
  CHECK(parse_query_time("-1h", kNow) == kNow - kHour);
  CHECK(parse_query_time("2024-02-29T00:00:00Z", kNow));
  for (const char* const wrong : {"2026-02-31", "2023-02-29", "2026-04-31T00:00:00Z", "2026-13-01",
                                  "2026-01-00", "24:59", "24:00:01", "23:59:60", "25:00", "12:60", "12", ""})
    CHECK_MESSAGE(!parse_query_time(wrong, kNow), wrong);
}

}  // namespace weir::engine
