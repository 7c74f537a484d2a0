// The secret that cache files are signed with: whoever may write into the folder, but does not know it, cannot have the
// pattern library read what he made.
//
// It lies in the folder, in a file of 32 random bytes ("key") that only its owner may read, and is made when it is missing. A
// file that is a link, somebody else's, or open to others is not used.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <tl/expected.hpp>

#include "decoders/types.h"

namespace weir::rules {

class CacheKey {
 public:
  static constexpr std::size_t kBytes = 32;
  using Mac = std::array<std::uint8_t, 32>;

  // Makes the folder, too, should it be missing. Fails with a text that names the folder or the file.
  static tl::expected<CacheKey, std::string> open(const std::string& folder);

  // HMAC-SHA256. Zeros when the library cannot make one (check() is false of all then).
  [[nodiscard]] Mac sign(Bytes data) const;
  // In time that does not depend on where they differ.
  [[nodiscard]] bool check(Bytes data, const Mac& mac) const;

 private:
  [[nodiscard]] bool make(Bytes data, Mac& mac) const;
  std::array<std::uint8_t, kBytes> key_{};
};

// Whether a file that is open is a plain one of ours, and nobody else's to write. `secret`: nor to read.
bool is_our_file(int fd, bool secret);

}  // namespace weir::rules
