#include "output/timestamp.h"

#include <algorithm>
#include <array>
#include <cstring>
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

// "00" to "99", one behind the other.
constexpr auto kPairs = [] {
  std::array<char, 200> out{};
  for (std::size_t i = 0; i < 100; ++i) {
    out[2 * i] = static_cast<char>('0' + i / 10);
    out[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return out;
}();

// The last 2 * pairs decimal digits of value.
template <std::size_t pairs>
char* put_digits(char* to, std::uint64_t value) {
  for (std::size_t i = pairs; i-- > 0; value /= 100) std::memcpy(to + 2 * i, &kPairs[value % 100 * 2], 2);
  return to + 2 * pairs;
}

}  // namespace

struct TimestampFormatter::Parts {
  std::uint64_t year, month, day, hour, minute, second, micros;
  std::int64_t offset_s;

  char* put_time(char* to) const {
    to = put_digits<1>(to, hour);
    *to++ = ':';
    to = put_digits<1>(to, minute);
    *to++ = ':';
    to = put_digits<1>(to, second);
    *to++ = '.';
    return put_digits<3>(to, micros);
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
  const std::chrono::sys_days day{std::chrono::days{local / kSecondsPerDay}};
  if (day != day_) {
    day_ = day;
    date_ = day;
  }
  const auto in_day = static_cast<std::uint64_t>(local % kSecondsPerDay);
  return {static_cast<std::uint64_t>(static_cast<int>(date_.year())),
          static_cast<unsigned>(date_.month()),
          static_cast<unsigned>(date_.day()),
          in_day / 3600,
          in_day / 60 % 60,
          in_day % 60,
          static_cast<std::uint64_t>(time % 1'000'000),
          offset_s_};
}

void TimestampFormatter::iso(TimeUs time, char* to) {
  const Parts p = split(time);
  to = put_digits<2>(to, p.year);
  *to++ = '-';
  to = put_digits<1>(to, p.month);
  *to++ = '-';
  to = put_digits<1>(to, p.day);
  *to++ = 'T';
  to = p.put_time(to);
  *to++ = p.offset_s < 0 ? '-' : '+';
  const auto minutes = static_cast<std::uint64_t>(std::abs(p.offset_s) / 60);
  to = put_digits<1>(to, minutes / 60);
  put_digits<1>(to, minutes % 60);
}

void TimestampFormatter::fast(TimeUs time, char* to) {
  const Parts p = split(time);
  to = put_digits<1>(to, p.month);
  *to++ = '/';
  to = put_digits<1>(to, p.day);
  *to++ = '/';
  to = put_digits<2>(to, p.year);
  *to++ = '-';
  p.put_time(to);
}

}  // namespace weir::output
