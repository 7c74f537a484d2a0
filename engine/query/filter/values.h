// Single values in filters, as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/query/filter/words.h"

namespace weir::engine::filter {

// "1500", "1.5M", "64Ki", "10GB": k, M, G, T in either case are thousands, Ki, Mi, Gi, Ti are 1024; a B may follow.
std::optional<std::uint64_t> parse_amount(std::string_view text);
// Microseconds: "200ms", "5s", "1.5h", "30us", "2d"; a number alone is milliseconds.
std::optional<std::uint64_t> parse_duration(std::string_view text);
// "tcp", "ICMP6", "47".
std::optional<std::uint64_t> parse_protocol(std::string_view text);
// "SA", "0x12", "18": letters CEUAPRSF in any order and case.
std::optional<std::uint8_t> parse_flags(std::string_view text);

// Of kinds that are numbers: the value, at most `most`.
std::optional<std::uint64_t> parse_value(ValueKind kind, std::uint64_t most, std::string_view text);
// "a port", ... for what comes wrong, by the subject.
std::string_view expected_value(Subject subject);

}  // namespace weir::engine::filter
