// Makes a file of sums from a file of records, or from one of finer sums, before that one goes.
//
// It has the day and the numbers of the file that it was made from, so that both together count once (store_files.h), and is written
// under another name and renamed when the disk has it. So it may be made again after a crash at any moment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "output/flow/store/rollup_keys.h"
#include "output/flow/store/store_files.h"

namespace weir::output {

// What a rollup file says of itself, in notes of its footer.
inline constexpr const char* kRollupStepNote = "weir.rollup";     // "5m"
inline constexpr const char* kRollupKeysNote = "weir.rollup.by";  // "src,dst,proto,port"

struct RolledUp {
  std::uint64_t records_in = 0, records_out = 0, bytes = 0;
  std::vector<std::string> notes;  // what is coarser than it should be
};

// Makes the file of `level` by `keys`, or by those of them that the finer sums still have. It takes up to 150 MB. Fails with a text: the
// disk is full, or `file` cannot be read whole; then nothing was made.
tl::expected<RolledUp, std::string> roll_up(const std::string& folder, const StoreFile& file,
                                            StoreLevel level, const RollupKeys& keys);

}  // namespace weir::output
