// What files are called, by the handles that calls are about: learnt from answers that name both.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "decoders/app/recent.h"
#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::nfs {

// The CRC-32 of a handle, by which logs tell files from each other.
std::uint32_t hash_of(Bytes handle);

// At most kGroups * kMostInGroup are remembered on a flow: of a full group by hash the one that was used longest ago is
// forgotten.
class HandleNames {
 public:
  static constexpr std::size_t kGroups = 128, kMostInGroup = 8;
  static constexpr std::size_t kMaxKept = 255;  // bytes of a name: no file system has longer ones

  // "." and ".." say less than what may be known already.
  void learn(Bytes handle, std::string_view name);
  // Empty: not known. Valid until the next is learnt.
  [[nodiscard]] std::string_view name_of(Bytes handle);

 private:
  RecentByHash<SlabString, SlabString, std::hash<std::string_view>, kGroups, kMostInGroup> names_;
};

}  // namespace weir::nfs
