#include "output/rotation.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/output/log_folder.h"

using namespace weir::output;
using weir::output_test::LogFolder;

TEST_CASE("rotation: intervals are read as Suricata's are, and others are refused") {
  for (const char* good : {"minute", "hour", "day", "30s", "5m", "12h", "1d", "2w"}) {
    CAPTURE(good);
    CHECK(RotationInterval::parse(good).has_value());
  }
  for (const char* bad : {"", "month", "10", "s", "0s", "-1h", "5x", "99999999999999999999d"}) {
    CAPTURE(bad);
    CHECK_FALSE(RotationInterval::parse(bad).has_value());
  }
}

TEST_CASE("rotation: the next time is the clock's for names of it, else counted from the start") {
  constexpr std::time_t kNow = 1'700'000'123;
  CHECK(RotationInterval::parse("30s")->next(kNow) == kNow + 30);
  CHECK(RotationInterval::parse("1d")->next(kNow) == kNow + 86400);
  const std::time_t minute = RotationInterval::parse("minute")->next(kNow);
  CHECK(minute > kNow);
  CHECK(minute <= kNow + 60);
  CHECK(minute % 60 == 0);
  const std::time_t day = RotationInterval::parse("day")->next(kNow);
  CHECK(day > kNow);
  CHECK(day <= kNow + 90000);  // a day of 25 hours
}

TEST_CASE("rotation: names with conversions are the time's, others get it as a suffix") {
  CHECK(has_time("eve-%Y.json"));
  CHECK_FALSE(has_time("eve.json"));
  CHECK(log_name("eve-%s.json", 1'700'000'000) == "eve-1700000000.json");
  const std::string name = rotated_name("eve.json", 1'700'000'000, 0);
  CHECK(name.rfind("eve.json.", 0) == 0);
  CHECK(rotated_name("eve.json", 1'700'000'000, 2) == name + ".2");
}

TEST_CASE("rotation: earlier files are those of the same log, compressed ones too") {
  const LogFolder folder;
  const std::string old = rotated_name(folder.file("eve.json"), 1'700'000'000, 0);
  for (const std::string& name :
       {folder.file("eve.json"), old, old + ".gz", folder.file("eve.json.bak"), folder.file("other.json")})
    std::ofstream(name) << "x";
  CHECK(earlier_files(folder.file("eve.json"), folder.file("eve.json")).size() == 2);
}
