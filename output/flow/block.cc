#include "output/flow/block.h"

#include <xxhash.h>
#include <zstd.h>

#include <algorithm>

#include "decoders/byte_cursor.h"

namespace weir::output {
namespace {

constexpr std::uint32_t kBlockMagic = 0x57464231;  // "WFB1"
constexpr int kPackingLevel = -1;  // records are packed faster than they come, to some 60 % of their bytes
constexpr std::size_t kChecksumAt = 36;

void put_be(std::uint8_t* to, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * (bytes - 1 - i)));
}

void put_header(std::uint8_t* to, const BlockHeader& h) {
  std::fill_n(to, kBlockHeaderBytes, std::uint8_t{0});
  put_be(to, kBlockMagic, 4);
  to[4] = static_cast<std::uint8_t>(h.kind);
  put_be(to + 8, h.stored_bytes, 4);
  put_be(to + 12, h.content_bytes, 4);
  put_be(to + 16, h.count, 4);
  put_be(to + 20, static_cast<std::uint64_t>(h.first), 8);
  put_be(to + 28, static_cast<std::uint64_t>(h.last), 8);
}

// Of all but the checksum itself.
std::uint64_t checksum_of(Bytes block) {
  const std::uint64_t head = XXH3_64bits(block.data(), kChecksumAt);
  return XXH3_64bits_withSeed(block.data() + kBlockHeaderBytes, block.size() - kBlockHeaderBytes, head);
}

}  // namespace

std::optional<BlockHeader> parse_block_header(Bytes header) {
  ByteCursor in{header};
  BlockHeader out;
  const std::uint32_t magic = in.be32();
  out.kind = static_cast<BlockKind>(in.u8());
  in.skip(3);
  out.stored_bytes = in.be32();
  out.content_bytes = in.be32();
  out.count = in.be32();
  out.first = static_cast<TimeUs>(in.be64());
  out.last = static_cast<TimeUs>(in.be64());
  out.checksum = in.be64();
  if (in.failed() || magic != kBlockMagic || out.stored_bytes > kMaxBlockBytes ||
      out.content_bytes > kMaxBlockBytes)
    return std::nullopt;
  return out;
}

BlockPacker::BlockPacker() : context_(ZSTD_createCCtx()) {}
BlockPacker::~BlockPacker() = default;
void BlockPacker::Free::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}

Bytes BlockPacker::pack(BlockHeader header, Bytes content) {
  if (context_ == nullptr) return {};
  const std::size_t room = ZSTD_compressBound(content.size());
  if (block_.size() < kBlockHeaderBytes + room) block_.resize(kBlockHeaderBytes + room);
  const std::size_t stored = ZSTD_compressCCtx(context_.get(), block_.data() + kBlockHeaderBytes, room,
                                               content.data(), content.size(), kPackingLevel);
  if (ZSTD_isError(stored) != 0) return {};
  header.stored_bytes = static_cast<std::uint32_t>(stored);
  header.content_bytes = static_cast<std::uint32_t>(content.size());
  put_header(block_.data(), header);
  const Bytes block = Bytes{block_}.first(kBlockHeaderBytes + stored);
  put_be(block_.data() + kChecksumAt, checksum_of(block), 8);
  return block;
}

BlockUnpacker::BlockUnpacker() : context_(ZSTD_createDCtx()) {}
BlockUnpacker::~BlockUnpacker() = default;
BlockUnpacker::BlockUnpacker(BlockUnpacker&&) noexcept = default;
BlockUnpacker& BlockUnpacker::operator=(BlockUnpacker&&) noexcept = default;
void BlockUnpacker::Free::operator()(ZSTD_DCtx_s* context) const {
  ZSTD_freeDCtx(context);
}

std::optional<Bytes> BlockUnpacker::unpack(const BlockHeader& header, Bytes block) {
  if (context_ == nullptr || block.size() != kBlockHeaderBytes + header.stored_bytes ||
      header.content_bytes > kMaxBlockBytes || checksum_of(block) != header.checksum)
    return std::nullopt;
  content_.resize(header.content_bytes);
  const std::size_t size = ZSTD_decompressDCtx(context_.get(), content_.data(), content_.size(),
                                               block.data() + kBlockHeaderBytes, header.stored_bytes);
  if (ZSTD_isError(size) != 0 || size != content_.size()) return std::nullopt;
  return Bytes{content_};
}

}  // namespace weir::output
