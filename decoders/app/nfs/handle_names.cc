#include "decoders/app/nfs/handle_names.h"

#include <zlib.h>

#include "decoders/text.h"

namespace weir::nfs {

std::uint32_t hash_of(Bytes handle) {
  return static_cast<std::uint32_t>(crc32(0, handle.data(), static_cast<uInt>(handle.size())));
}

void HandleNames::learn(Bytes handle, std::string_view name) {
  if (handle.empty() || name.empty() || name == "..") return;
  if (name == "." && !name_of(handle).empty()) return;
  names_.put(SlabString{as_text(handle)}, SlabString{name.substr(0, kMaxKept)});
}

std::string_view HandleNames::name_of(Bytes handle) {
  const SlabString* const known = names_.find(as_text(handle));
  return known != nullptr ? std::string_view{*known} : std::string_view{};
}

}  // namespace weir::nfs
