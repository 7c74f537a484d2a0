// Checksums of what Parquet has none for: the footer, and Bloom filters. They stand where other readers do not look: before the footer
// 12 bytes, "WSUM" and the checksum of the footer; in such a file, behind each Bloom filter 8 bytes, its checksum. XXH64 with seed 0,
// the lowest byte first.
#pragma once

#include <cstdint>
#include <optional>

#include "output/parquet/bit_packing.h"

namespace weir::output::parquet {

// Appends what comes before `footer`.
void put_footer_seal(Bytes footer, Buffer& out);
// Whether `before`, all of the file that comes before `footer`, ends with its seal. None: there is one, and it is not that of this footer.
std::optional<bool> has_footer_seal(Bytes before, Bytes footer);

// Appends what comes behind a Bloom filter.
void put_bloom_seal(Bytes filter, Buffer& out);
bool is_bloom_seal(Bytes filter, Bytes behind);

}  // namespace weir::output::parquet
