// One-shot MD5, SHA-1 and SHA-256. No heap traffic: each thread keeps a context of each kind.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir {

enum class Hash : std::uint8_t { md5, sha1, sha256 };

struct DigestValue {
  std::array<std::uint8_t, 32> bytes{};
  std::size_t size = 0;  // 0: the hash cannot be had (a FIPS provider without MD5)
  [[nodiscard]] Bytes view() const { return Bytes{bytes}.first(size); }
};

DigestValue digest(Hash kind, Bytes data);

// Two lower case digits a byte.
SlabString hex(Bytes bytes);

}  // namespace weir
