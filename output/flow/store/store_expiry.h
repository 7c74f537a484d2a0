// What goes from a store when it gets too old or too large: whole files, the oldest first, and what rollups are made of them before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/settings.h"
#include "decoders/types.h"
#include "output/flow/store/rollup_keys.h"
#include "output/flow/store/store_files.h"

namespace weir::output {

// How long and how much of one level is kept.
struct KeepLimits {
  TimeUs max_age = 0;           // microseconds; 0: none. A file goes when its day is over for so long
  std::uint64_t max_bytes = 0;  // of all files of the level; 0: none
  [[nodiscard]] bool any() const { return max_age != 0 || max_bytes != 0; }
};

// Sums that are made of what goes.
struct RollupRule {
  StoreLevel level = StoreLevel::five_minutes;
  RollupKeys keys = RollupKeys::usual();
  KeepLimits keep;

  // "5m:src,dst,proto,port:365d", "1h", "1h::520w": without keys the usual ones. Fails with a text that says what is wrong.
  static tl::expected<RollupRule, std::string> parse(std::string_view text);
};

struct ExpiryLimits {
  KeepLimits records;
  std::vector<RollupRule> rollups;  // of each level one at most, the finer one first
  [[nodiscard]] bool any() const;

  // weir.flows.store.max-age, .max-size, .rollups
  static ExpiryLimits from(const Settings& root);
  // Fails with a text: there is one of its level.
  tl::expected<void, std::string> add(const RollupRule& rule);
  // The sums that a file of this level goes into; null: none.
  [[nodiscard]] const RollupRule* next(StoreLevel level) const;
};

struct Expired {
  std::uint64_t files = 0, bytes = 0;
  std::string until;                            // the last day that something went of
  std::uint64_t rollups = 0, rollup_bytes = 0;  // files of sums that were made
  std::uint64_t without_rollup = 0;  // of `files`: those that should have had one, and went without
  std::vector<std::string>
      problems;  // of files that could not be removed, or stay as there is no rollup of them
  std::vector<std::string> notes;  // what of rollups is coarser than it should be
};

// May be called while the store is written and read. A file of which no rollup can be made stays, until the next time. Fails with a text:
// there is no such folder.
tl::expected<Expired, std::string> expire_store(const std::string& folder, const ExpiryLimits& limits,
                                                TimeUs now);

// The disk has less room than what is written next may take.
bool is_disk_full(const std::string& folder);
// Removes the oldest file of records, or of sums when there are none, with or without a rollup: `rolls_up` says whether to try one. Does
// nothing when there is no file.
Expired expire_oldest(const std::string& folder, const ExpiryLimits& limits, bool rolls_up);

}  // namespace weir::output
