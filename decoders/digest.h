// MD5, SHA-1 and SHA-256. All but finish() throw std::bad_alloc when there is no memory for it, so that what rules and logs ask
// for is never missing without a word.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "decoders/slab.h"
#include "decoders/types.h"

struct evp_md_ctx_st;

namespace weir {

enum class Hash : std::uint8_t { md5, sha1, sha256 };

struct DigestValue {
  std::array<std::uint8_t, 32> bytes{};
  std::size_t size = 0;  // 0: the hash cannot be had (a FIPS provider without MD5)
  [[nodiscard]] Bytes view() const { return Bytes{bytes}.first(size); }
};

struct FreeDigestContext {
  void operator()(evp_md_ctx_st* context) const;
};
using DigestContext = std::unique_ptr<evp_md_ctx_st, FreeDigestContext>;

// Looks the hashes up, once for the whole program: at start, when there is memory. Without it the first one asked for does.
void look_up_digests();

// Of bytes that are there. Each thread keeps a context of each kind.
DigestValue digest(Hash kind, Bytes data);

// Of bytes that come one after the other.
class RunningDigest {
 public:
  explicit RunningDigest(Hash kind);
  void add(Bytes data);
  // Nothing is added any more.
  DigestValue finish() noexcept;

 private:
  DigestContext context_;  // null: the hash cannot be had
};

// Two lower case digits a byte.
SlabString hex(Bytes bytes);

}  // namespace weir
