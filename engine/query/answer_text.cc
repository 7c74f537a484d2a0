#include "engine/query/answer_text.h"

#include <ctime>

#include <fmt/format.h>

namespace weir::engine {
namespace {

constexpr TimeUs kSecondUs = 1'000'000;

std::tm local_time(TimeUs time) {
  const std::time_t seconds = time / kSecondUs;
  std::tm out{};
  localtime_r(&seconds, &out);
  return out;
}

}  // namespace

std::string clock_text(TimeUs time, bool with_date) {
  const std::tm t = local_time(time);
  const std::string clock = fmt::format("{:02}:{:02}:{:02}", t.tm_hour, t.tm_min, t.tm_sec);
  if (!with_date) return clock;
  return fmt::format("{:04}-{:02}-{:02} {}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, clock);
}

std::string hour_text(TimeUs time) {
  const int hour = local_time(time).tm_hour;
  return fmt::format("{:02}:00 and {:02}:00", hour, hour + 1);
}

TimeUs hour_begin(TimeUs time) {
  const std::tm t = local_time(time);
  return time - time % kSecondUs - (TimeUs{t.tm_min} * 60 + t.tm_sec) * kSecondUs;
}

bool is_same_day(TimeUs a, TimeUs b) {
  const std::tm one = local_time(a), other = local_time(b);
  return one.tm_year == other.tm_year && one.tm_yday == other.tm_yday;
}

std::string count_text(std::uint64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace weir::engine
