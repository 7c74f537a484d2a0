// Unpacks Snappy, which other engines pack pages with; without a library, as it is so little (github.com/google/snappy,
// format_description.txt).
#pragma once

#include <cstdint>
#include <span>

#include "decoders/types.h"

namespace weir::output::parquet {

// Fills `out`, whose size is that of the content. False: it is not `packed` that makes so much, or it is broken.
bool unpack_snappy(Bytes packed, std::span<std::uint8_t> out);

}  // namespace weir::output::parquet
