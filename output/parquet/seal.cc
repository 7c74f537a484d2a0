#include "output/parquet/seal.h"

#include <xxhash.h>

#include <string_view>

#include "decoders/text.h"
#include "output/parquet/little_endian.h"

namespace weir::output::parquet {
namespace {

constexpr std::string_view kSealMagic = "WSUM";
constexpr std::size_t kSumBytes = 8;

std::uint64_t sum_of(Bytes bytes) {
  return XXH64(bytes.data(), bytes.size(), 0);
}

void put_sum(Bytes bytes, Buffer& out) {
  out.resize(out.size() + kSumBytes);
  store_le64(out.data() + out.size() - kSumBytes, sum_of(bytes));
}

}  // namespace

void put_footer_seal(Bytes footer, Buffer& out) {
  const Bytes magic = as_bytes(kSealMagic);
  out.insert(out.end(), magic.begin(), magic.end());
  put_sum(footer, out);
}

std::optional<bool> has_footer_seal(Bytes before, Bytes footer) {
  if (before.size() < kSealMagic.size() + kSumBytes) return false;
  const Bytes seal = before.last(kSealMagic.size() + kSumBytes);
  if (as_text(seal.first(kSealMagic.size())) != kSealMagic) return false;
  if (load_le64(seal.data() + kSealMagic.size()) != sum_of(footer)) return std::nullopt;
  return true;
}

void put_bloom_seal(Bytes filter, Buffer& out) {
  put_sum(filter, out);
}

bool is_bloom_seal(Bytes filter, Bytes behind) {
  return behind.size() >= kSumBytes && load_le64(behind.data()) == sum_of(filter);
}

}  // namespace weir::output::parquet
