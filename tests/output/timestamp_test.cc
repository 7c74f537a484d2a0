#include "output/timestamp.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <limits>
#include <string>

using namespace weir;
using namespace weir::output;

namespace {

void use_zone(const char* zone) {
  ::setenv("TZ", zone, 1);
  ::tzset();
}

std::string iso(TimestampFormatter& f, TimeUs time) {
  std::string text(TimestampFormatter::kIsoBytes, '\0');
  f.iso(time, text.data());
  return text;
}

}  // namespace

TEST_CASE("timestamps: the process's zone is used, summer time and half hours included") {
  struct Row {
    const char* zone;
    TimeUs time;
    std::string_view text;
  };
  for (const Row& row :
       {Row{"UTC", 1'468'449'727'199'672, "2016-07-13T22:42:07.199672+0000"},
        Row{"UTC", 0, "1970-01-01T00:00:00.000000+0000"},
        Row{"UTC", 951'782'400'000'001, "2000-02-29T00:00:00.000001+0000"},
        Row{"UTC", -5, "1970-01-01T00:00:00.000000+0000"},
        Row{"CET-1CEST,M3.5.0,M10.5.0/3", 1'468'449'727'199'672, "2016-07-14T00:42:07.199672+0200"},
        Row{"CET-1CEST,M3.5.0,M10.5.0/3", 1'459'039'999'000'000, "2016-03-27T01:53:19.000000+0100"},
        Row{"<+0545>-5:45", 1'468'449'727'000'000, "2016-07-14T04:27:07.000000+0545"},
        Row{"EST5", 1'468'449'727'000'000, "2016-07-13T17:42:07.000000-0500"}}) {
    use_zone(row.zone);
    TimestampFormatter f;
    CHECK(iso(f, row.time) == row.text);
  }
  use_zone("UTC");
}

TEST_CASE("timestamps: one formatter jumps between times and never leaves four-digit years") {
  use_zone("CET-1CEST,M3.5.0,M10.5.0/3");
  TimestampFormatter f;
  CHECK(iso(f, 1'459'040'399'000'000) == "2016-03-27T01:59:59.000000+0100");
  CHECK(iso(f, 1'459'040'400'000'000) == "2016-03-27T03:00:00.000000+0200");
  CHECK(iso(f, 1'459'040'399'000'000) == "2016-03-27T01:59:59.000000+0100");
  CHECK(iso(f, std::numeric_limits<TimeUs>::max()).substr(0, 4) == "9999");
  CHECK(iso(f, std::numeric_limits<TimeUs>::min()).substr(0, 4) == "1970");
  use_zone("UTC");
  std::string fast(TimestampFormatter::kFastBytes, '\0');
  TimestampFormatter g;
  g.fast(1'468'449'727'199'672, fast.data());
  CHECK(fast == "07/13/2016-22:42:07.199672");
}

TEST_CASE("times are read as they are written, and in other forms of ISO 8601") {
  struct Row {
    const char* text;
    TimeUs time;
  };
  constexpr Row kRows[] = {{"2023-11-14T22:13:20.000000+0000", 1'700'000'000'000'000},
                           {"2023-11-14T23:13:20.123456+0100", 1'700'000'000'123'456},
                           {"2023-11-14T19:43:20.5-02:30", 1'700'000'000'500'000},
                           {"2023-11-14T22:13:20Z", 1'700'000'000'000'000},
                           {"1970-01-01T00:00:00.000001+0000", 1},
                           {"2024-02-29T00:00:00Z", 1'709'164'800'000'000}};
  for (const Row& row : kRows) CHECK(parse_iso_time(row.text) == row.time);
  for (const char* text : {"", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14 22:13:20Z",
                           "2023-02-29T00:00:00Z", "2023-11-14T24:13:20Z", "2023-11-14T22:60:20Z",
                           "2023-11-14T22:13:20Zx", "2023-11-14T22:13:20+01", "x023-11-14T22:13:20Z"})
    CHECK_FALSE(parse_iso_time(text).has_value());
}
