// When a log file is begun anew, and how the files of one log are called.
//
// A log's name may hold conversions of strftime(3) ("eve-%Y-%m-%d.json", local time): then the next file has
// the name of its time. Otherwise, and when that would be the same name, the full file is renamed and gets
// the time as a suffix: "eve.json.20260701-120000", with ".1", ".2" ... when there is one already.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace weir::output {

// `rotate-interval`: "minute", "hour" and "day" begin when the clock's do (local time), "30s", "5m", "12h",
// "1d" and "2w" when the run does.
struct RotationInterval {
  enum class Kind : std::uint8_t { never, every, minute, hour, day };
  Kind kind = Kind::never;
  std::time_t seconds = 0;  // of `every`

  // Fails with a text that says what is wrong with it.
  static tl::expected<RotationInterval, std::string> parse(std::string_view text);
  // The first time after `now`.
  [[nodiscard]] std::time_t next(std::time_t now) const;
};

inline constexpr std::size_t kLongestLogName = 4096;

// Whether a name holds conversions.
bool has_time(std::string_view name);
// With the conversions replaced; a result that would be longer than kLongestLogName leaves them as they are.
std::string log_name(const std::string& pattern, std::time_t now);
// The name that a full file gets; `number` is for the case that those before exist.
std::string rotated_name(const std::string& path, std::time_t now, unsigned number);

// Files that rotation has left behind, oldest first by the time of their last change: what is called like
// `pattern` at some time, or like a rotated one of those, without `current`. Of a pattern with conversions in
// its folders there are none. A suffix that was added since (".gz") does not matter.
std::vector<std::string> earlier_files(const std::string& pattern, const std::string& current);

}  // namespace weir::output
