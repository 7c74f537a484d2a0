// Times and spans as people write them on the command line.
#pragma once

#include <optional>
#include <string_view>

#include "decoders/types.h"

namespace weir::engine {

// "2026-11-30T14:00:00.5Z", "2026-11-30 14:00", "2026-11-30", "14:00" (of the day of `now`), "-2h" (before `now`), "now"; without
// "Z" or an offset ("+0100") in local time. None: it is none of them.
std::optional<TimeUs> parse_query_time(std::string_view text, TimeUs now);
inline constexpr const char* kQueryTimeExpected = "a time such as 2026-11-30T14:00:00Z, 14:00 or -2h";

}  // namespace weir::engine
