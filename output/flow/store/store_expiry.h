// What goes from a store when it gets too old or too large: whole files, the oldest first.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/settings.h"
#include "decoders/types.h"

namespace weir::output {

struct ExpiryLimits {
  TimeUs max_age = 0;           // microseconds; 0: none. A file goes when its day is over for so long
  std::uint64_t max_bytes = 0;  // of all files; 0: none
  [[nodiscard]] bool any() const { return max_age != 0 || max_bytes != 0; }

  // weir.flows.store.max-age, .max-size
  static ExpiryLimits from(const Settings& root);
};

struct Expired {
  std::uint64_t files = 0, bytes = 0;
  std::string until;                  // the last day that something went of
  std::vector<std::string> problems;  // of files that could not be removed
};

// May be called while the store is written and read. Fails with a text: there is no such folder.
tl::expected<Expired, std::string> expire_store(const std::string& folder, const ExpiryLimits& limits,
                                                TimeUs now);

// The disk has less room than what is written next may take.
bool is_disk_full(const std::string& folder);
// Removes the oldest file. None when there is none.
Expired expire_oldest(const std::string& folder);

}  // namespace weir::output
