// Finding one literal in a span. No allocation; reads only inside the span.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "decoders/types.h"

namespace weir::rules {

// Position of the first occurrence; none when there is none. `needle` has at least one byte. With `nocase` the needle
// must be lower case already. Linear in practice: candidates are found 16 at a time by their first and last byte.
std::optional<std::size_t> find_bytes(Bytes haystack, Bytes needle, bool nocase);
// The needle stands right at `position`.
bool bytes_at(Bytes haystack, std::size_t position, Bytes needle, bool nocase);

}  // namespace weir::rules
