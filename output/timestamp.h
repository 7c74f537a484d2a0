// Times as logs print them, in the process's time zone (TZ), as Suricata does.
//
// Cheap: the zone's offset is asked of the C library once per quarter of an hour of log time (offsets change
// on such boundaries only), the date is worked out once a day of log time, the rest is arithmetic. Each worker has a formatter of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "decoders/types.h"

namespace weir::output {

class TimestampFormatter {
 public:
  static constexpr std::size_t kIsoBytes = 31;   // "2016-07-13T22:42:07.199672+0000"
  static constexpr std::size_t kFastBytes = 26;  // "07/13/2016-22:42:07.199672"

  // Write exactly so many characters, without a terminating zero. Years are four digits: times outside of
  // 1970..9999 are clamped.
  void iso(TimeUs time, char* to);
  void fast(TimeUs time, char* to);

 private:
  struct Parts;
  Parts split(TimeUs time);

  std::int64_t block_ = std::numeric_limits<std::int64_t>::min();  // quarter of an hour that offset_s_ is of
  std::int64_t offset_s_ = 0;
  std::chrono::sys_days day_{};  // that date_ is of
  std::chrono::year_month_day date_{day_};
};

// The time of a text as iso() writes it; also with fewer digits of the second or none, and with "Z" or "+01:00" as the zone. None: it is
// something else. Costs no call of the C library.
std::optional<TimeUs> parse_iso_time(std::string_view text);

}  // namespace weir::output
