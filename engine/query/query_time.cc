#include "engine/query/query_time.h"

#include <chrono>
#include <ctime>
#include <string>

#include "decoders/settings.h"
#include "decoders/text.h"

namespace weir::engine {
namespace {

constexpr TimeUs kSecond = 1'000'000;

// The number at the begin of `text`, of exactly `digits` digits, which are taken off.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  const auto number = parse_number<int>(text.substr(0, digits));
  if (!number || *number < 0) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// "14:00", "14:00:05", "14:00:05.25"; microseconds since midnight.
std::optional<TimeUs> take_clock(std::string_view& text) {
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 24 || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  TimeUs out = (TimeUs{*hour} * 3600 + TimeUs{*minute} * 60) * kSecond;
  const auto within_day = [](TimeUs time) {
    constexpr TimeUs kDay = TimeUs{86'400} * kSecond;
    return time <= kDay ? std::optional(time) : std::nullopt;
  };
  if (!take(text, ':')) return within_day(out);
  const auto second = take_digits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  out += *second * kSecond;
  if (!take(text, '.')) return within_day(out);
  TimeUs unit = kSecond / 10;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), unit /= 10)
    out += (text.front() - '0') * unit;
  return within_day(out);
}

// Seconds east of UTC; none: local time, when `text` is empty.
struct Zone {
  bool is_local = true;
  TimeUs offset_s = 0;
};
std::optional<Zone> take_zone(std::string_view& text) {
  if (text.empty()) return Zone{};
  if (text == "Z" || text == "z") return Zone{.is_local = false};
  const bool is_west = text.front() == '-';
  if (!is_west && text.front() != '+') return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_digits(text, 2);
  take(text, ':');
  const auto minutes = take_digits(text, 2);
  if (!hours || !minutes || !text.empty()) return std::nullopt;
  const TimeUs offset = TimeUs{*hours} * 3600 + TimeUs{*minutes} * 60;
  return Zone{.is_local = false, .offset_s = is_west ? -offset : offset};
}

std::optional<TimeUs> time_of(std::tm day, TimeUs in_day, const Zone& zone) {
  day.tm_hour = day.tm_min = day.tm_sec = 0;
  day.tm_isdst = -1;
  if (!zone.is_local) return (TimeUs{timegm(&day)} - zone.offset_s) * kSecond + in_day;
  // So that hours are right on the days on which clocks are changed.
  day.tm_hour = static_cast<int>(in_day / (3600 * kSecond));
  day.tm_min = static_cast<int>(in_day / (60 * kSecond) % 60);
  day.tm_sec = static_cast<int>(in_day / kSecond % 60);
  return TimeUs{mktime(&day)} * kSecond + in_day % kSecond;
}

std::optional<TimeUs> parse_date(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || *month < 1 || *month > 12 || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  const auto last = std::chrono::year_month_day_last(
      std::chrono::year(*year),
      std::chrono::month_day_last(std::chrono::month(static_cast<unsigned>(*month))));
  if (!day || *day < 1 || *day > static_cast<int>(static_cast<unsigned>(last.day()))) return std::nullopt;
  std::tm date{};
  date.tm_year = *year - 1900;
  date.tm_mon = *month - 1;
  date.tm_mday = *day;
  std::optional<TimeUs> clock = 0;
  if (take(text, 'T') || take(text, ' ')) clock = take_clock(text);
  const auto zone = clock ? take_zone(text) : std::nullopt;
  if (!zone) return std::nullopt;
  return time_of(date, *clock, *zone);
}

}  // namespace

std::optional<TimeUs> parse_query_time(std::string_view text, TimeUs now) {
  if (text == "now") return now;
  if (text.starts_with('-')) {
    const auto span = parse_span(text.substr(1));
    return span ? std::optional<TimeUs>{now - *span} : std::nullopt;
  }
  if (text.size() > 4 && text[4] == '-') return parse_date(text);
  const auto clock = take_clock(text);
  const auto zone = clock ? take_zone(text) : std::nullopt;
  if (!zone) return std::nullopt;
  std::time_t seconds = now / kSecond + zone->offset_s;
  std::tm day{};
  if (zone->is_local)
    localtime_r(&seconds, &day);
  else
    gmtime_r(&seconds, &day);
  return time_of(day, *clock, *zone);
}

}  // namespace weir::engine
