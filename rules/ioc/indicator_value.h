// What a text means as an indicator.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/ioc/indicator_table.h"
#include "rules/language/diagnostic.h"

namespace weir::rules {

// An address or network, with or without a port ("192.0.2.1", "192.0.2.0/24:443", "[2001:db8::1]:443"), a name ("evil.example",
// "*.evil.example": both stand for what lies below, too), or a fingerprint: JA4, or 32, 40 or 64 hexadecimal digits, with or without
// colons between pairs. Of the result kind, network and port are set; `value` is how it is shown. Fails with what is wrong.
struct IndicatorValue {
  IndicatorKind kind = IndicatorKind::address;
  IpNetwork network;
  std::uint16_t port = 0;
  std::string value;
};
Parsed<IndicatorValue> parse_indicator(std::string_view text);

// "2026-12-01", "20261201", "2026-12-01T10:00:00Z", "2026-12-01 10:00:00+02:00" or seconds since 1970, as a time; without a zone
// it is UTC.
std::optional<TimeUs> parse_feed_time(std::string_view text);
// 0 to 100, with or without %, as 1 to 100 (0 stands for what is not said); "low", "medium", "high" are 25, 50 and 75.
std::optional<std::uint8_t> parse_confidence(std::string_view text);

}  // namespace weir::rules
