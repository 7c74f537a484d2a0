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

namespace {

// The number of exactly so many digits at the begin of the text, which are taken off; -1: there is none.
int take_number(std::string_view& text, std::size_t digits) {
  int out = 0;
  if (text.size() < digits) return -1;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return -1;
    out = 10 * out + (c - '0');
  }
  text.remove_prefix(digits);
  return out;
}
bool take_letter(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// Seconds east of UTC of "Z", "+0100", "+01:00", which is all of the text.
std::optional<std::int64_t> zone_offset(std::string_view text) {
  if (text == "Z") return 0;
  const bool is_west = text.starts_with('-');
  if (!take_letter(text, '-') && !take_letter(text, '+')) return std::nullopt;
  const int hours = take_number(text, 2);
  take_letter(text, ':');
  const int minutes = take_number(text, 2);
  if (hours < 0 || minutes < 0 || minutes > 59 || !text.empty()) return std::nullopt;
  const std::int64_t offset = hours * 3600 + minutes * 60;
  return is_west ? -offset : offset;
}

// Microseconds of ".25", which is taken off; 0 for none.
TimeUs take_fraction(std::string_view& text) {
  TimeUs out = 0;
  if (!take_letter(text, '.')) return out;
  for (TimeUs unit = 100'000; !text.empty() && text.front() >= '0' && text.front() <= '9'; unit /= 10) {
    out += (text.front() - '0') * unit;
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace

std::optional<TimeUs> parse_iso_time(std::string_view text) {
  const int year = take_number(text, 4);
  const bool has_month = take_letter(text, '-');
  const int month = take_number(text, 2);
  const bool has_day = take_letter(text, '-');
  const int day = take_number(text, 2);
  const bool has_clock = take_letter(text, 'T');
  const int hour = take_number(text, 2);
  const bool has_minute = take_letter(text, ':');
  const int minute = take_number(text, 2);
  const bool has_second = take_letter(text, ':');
  const int second = take_number(text, 2);
  const TimeUs fraction = take_fraction(text);
  const auto offset = zone_offset(text);
  if (!has_month || !has_day || !has_clock || !has_minute || !has_second || year < 0 || month < 0 || day < 0)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!offset || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 60)
    return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  const std::int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - *offset;
  return seconds * 1'000'000 + fraction;
}

}  // namespace weir::output
