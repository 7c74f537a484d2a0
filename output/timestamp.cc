#include "output/timestamp.h"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace weir::output {
namespace {

constexpr std::int64_t kSecondsPerBlock = 900;
constexpr std::int64_t kSecondsPerDay = 86400;
constexpr TimeUs kLatest = 253402214400LL * 1'000'000 - 1;  // 9999-12-31: a day for the zone's sake

std::int64_t utc_offset(std::int64_t seconds) {
  const auto when = static_cast<std::time_t>(seconds);
  std::tm local{};
  return ::localtime_r(&when, &local) == nullptr ? 0 : local.tm_gmtoff;
}

// The last `digits` decimal digits of value.
char* put_digits(char* to, std::uint64_t value, std::size_t digits) {
  for (std::size_t i = digits; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
  return to + digits;
}

}  // namespace

struct TimestampFormatter::Parts {
  std::uint64_t year, month, day, hour, minute, second, micros;
  std::int64_t offset_s;

  char* put_time(char* to) const {
    to = put_digits(to, hour, 2);
    *to++ = ':';
    to = put_digits(to, minute, 2);
    *to++ = ':';
    to = put_digits(to, second, 2);
    *to++ = '.';
    return put_digits(to, micros, 6);
  }
};

TimestampFormatter::Parts TimestampFormatter::split(TimeUs time) {
  time = std::clamp<TimeUs>(time, 0, kLatest);
  const std::int64_t utc = time / 1'000'000;
  if (const std::int64_t block = utc / kSecondsPerBlock; block != block_) {
    block_ = block;
    offset_s_ = utc_offset(utc);
  }
  const std::int64_t local = std::max<std::int64_t>(utc + offset_s_, 0);
  const std::chrono::sys_days days{std::chrono::days{local / kSecondsPerDay}};
  const std::chrono::year_month_day date{days};
  const auto in_day = static_cast<std::uint64_t>(local % kSecondsPerDay);
  return {static_cast<std::uint64_t>(static_cast<int>(date.year())),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          in_day / 3600,
          in_day / 60 % 60,
          in_day % 60,
          static_cast<std::uint64_t>(time % 1'000'000),
          offset_s_};
}

void TimestampFormatter::iso(TimeUs time, char* to) {
  const Parts p = split(time);
  to = put_digits(to, p.year, 4);
  *to++ = '-';
  to = put_digits(to, p.month, 2);
  *to++ = '-';
  to = put_digits(to, p.day, 2);
  *to++ = 'T';
  to = p.put_time(to);
  *to++ = p.offset_s < 0 ? '-' : '+';
  const auto minutes = static_cast<std::uint64_t>(std::abs(p.offset_s) / 60);
  to = put_digits(to, minutes / 60, 2);
  put_digits(to, minutes % 60, 2);
}

void TimestampFormatter::fast(TimeUs time, char* to) {
  const Parts p = split(time);
  to = put_digits(to, p.month, 2);
  *to++ = '/';
  to = put_digits(to, p.day, 2);
  *to++ = '/';
  to = put_digits(to, p.year, 4);
  *to++ = '-';
  p.put_time(to);
}

}  // namespace weir::output
