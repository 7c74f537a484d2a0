// Numbers as a person reads them.
#pragma once

#include <string>

#include "decoders/types.h"

namespace weir::engine {

// "12.3 MB", three significant digits, powers of 1000.
std::string human_bytes(double bytes);
// "45 s", "3 min 20 s", "2 h 5 min".
std::string human_time(double seconds);
// "250us", "12ms", "1.5s", "1m20s", "2h5m", "3d4h"; nothing below zero.
std::string human_span(TimeUs us);
// 0 to 1: "12 %", "0.3 %"; never 0 % or 100 % of what is not.
std::string human_ratio(double ratio);

}  // namespace weir::engine
