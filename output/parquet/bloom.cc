#include "output/parquet/bloom.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>

#include "output/parquet/little_endian.h"
#include "output/parquet/thrift_reader.h"
#include "output/parquet/thrift_writer.h"

namespace weir::output::parquet {
namespace {

constexpr std::size_t kLanes = 8;
// Of BloomFilter.md.
constexpr std::array<std::uint32_t, kLanes> kSalts{0x47b6137bU, 0x44974d91U, 0x8824ad5bU, 0xa2b7289dU,
                                                   0x705495c7U, 0x2df1424bU, 0x9efc4947U, 0x5c6bfb31U};
// With n bits for each value (1 - e ^ (-8 / n)) ^ 8 of what is not there is taken for what is: 2.5 % for 8, 0.2 % for 16.
constexpr std::size_t kLeastBitsAValue = 8;
constexpr std::size_t kMaxBloomHeaderBytes = 64;

std::size_t block_at(std::uint64_t hash, std::size_t blocks) {
  return static_cast<std::size_t>(((hash >> 32U) * blocks) >> 32U) * kBloomBlockBytes;
}

std::uint32_t lane_bit(std::uint64_t hash, std::size_t lane) {
  return std::uint32_t{1} << ((static_cast<std::uint32_t>(hash) * kSalts[lane]) >> 27U);
}

// A union of which one empty struct, the first, is all that there is yet.
void put_choice(ThriftWriter& to, int id) {
  to.begin(id);
  to.begin(1);
  to.end();
  to.end();
}

bool is_first_choice(ThriftReader& in, ThriftType type) {
  in.expect_structure(type);
  ThriftField field;
  bool is_first = false;
  while (in.next(field)) {
    is_first = field.id == 1;
    in.skip(field.type);
  }
  return is_first;
}

}  // namespace

std::uint64_t bloom_hash(std::string_view value) {
  return XXH64(value.data(), value.size(), 0);
}

BloomFilter::BloomFilter(std::size_t values) {
  // Readers (Arrow, and ClickHouse with it) want a power of two, and fail a query over a filter of another size.
  bits_.resize(std::clamp(std::bit_ceil(values * kLeastBitsAValue / 8), kBloomBlockBytes, kMaxBloomBytes), 0);
}

void BloomFilter::add(std::uint64_t hash) {
  std::uint8_t* block = bits_.data() + block_at(hash, bits_.size() / kBloomBlockBytes);
  for (std::size_t lane = 0; lane < kLanes; ++lane)
    store_le32(block + 4 * lane, load_le32(block + 4 * lane) | lane_bit(hash, lane));
}

void BloomFilter::put(Buffer& out) const {
  ThriftWriter to{out};
  to.i32(1, static_cast<std::int32_t>(bits_.size()));
  for (const int id : {2, 3, 4}) put_choice(to, id);  // algorithm, hash, compression
  to.end();
  out.insert(out.end(), bits_.begin(), bits_.end());
}

std::optional<Bytes> bloom_bits(Bytes bytes) {
  ThriftReader in{bytes.first(std::min(bytes.size(), kMaxBloomHeaderBytes))};
  ThriftField field;
  std::int64_t size = 0;
  int choices = 0;
  while (in.next(field)) switch (field.id) {
      case 1: size = in.integer(field.type); break;
      case 2:
      case 3:
      case 4: choices += is_first_choice(in, field.type) ? 1 : 0; break;
      default: in.skip(field.type);
    }
  if (in.failed() || choices != 3 || size <= 0 || size % std::int64_t{kBloomBlockBytes} != 0 ||
      static_cast<std::uint64_t>(size) > std::min(bytes.size() - in.position(), kMaxBloomBytes))
    return std::nullopt;
  return bytes.subspan(in.position(), static_cast<std::size_t>(size));
}

bool bloom_may_have(Bytes bits, std::uint64_t hash) {
  const std::uint8_t* block = bits.data() + block_at(hash, bits.size() / kBloomBlockBytes);
  std::uint32_t missing = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane)
    missing |= lane_bit(hash, lane) & ~load_le32(block + 4 * lane);
  return missing == 0;
}

}  // namespace weir::output::parquet
