#include "engine/query/answer_text.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>

#include "tests/engine/query/kept_records.h"

namespace weir::engine {

TEST_CASE("answer text: one thing is not many") {
  CHECK(count_text(1, "client", "clients") == "1 client");
  CHECK(count_text(0, "client", "clients") == "0 clients");
}

TEST_CASE("answer text: hours begin when they do here") {
  setenv("TZ", "HERE-5:30", 1);
  tzset();
  CHECK(hour_begin(kMidnight + 9 * kHourOfDay) == kMidnight + 8 * kHourOfDay + 30 * kMinuteOfDay);
  CHECK(hour_begin(kMidnight + 9 * kHourOfDay + 30 * kMinuteOfDay) ==
        kMidnight + 9 * kHourOfDay + 30 * kMinuteOfDay);
  setenv("TZ", "UTC", 1);
  tzset();
  CHECK(hour_begin(kMidnight + kHourOfDay - 1) == kMidnight);
}

TEST_CASE("answer text: times are local") {
  setenv("TZ", "UTC", 1);
  tzset();
  CHECK(clock_text(kMidnight + 9 * kHourOfDay + 5 * kSecondOfDay, false) == "09:00:05");
  CHECK(clock_text(kMidnight + 9 * kHourOfDay, true) == "2023-11-15 09:00:00");
  CHECK(hour_text(kMidnight + 8 * kHourOfDay + 59 * kMinuteOfDay) == "08:00 and 09:00");
  CHECK(is_same_day(kMidnight, kMidnight + 24 * kHourOfDay - 1));
  CHECK_FALSE(is_same_day(kMidnight, kMidnight + 24 * kHourOfDay));
}

}  // namespace weir::engine
