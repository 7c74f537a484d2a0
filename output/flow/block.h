// The blocks that a journal's files consist of: a header with a checksum over all of the block, and what it holds, packed by zstd.
//
//   4 magic "WFB1"   1 kind   3 zero   4 bytes that follow the header   4 bytes when unpacked   4 records   8 first and
//   8 last time, microseconds   8 checksum (XXH3) of all the others; most significant byte first
//
// A file is read from its begin to its end; a block that is not whole, or whose checksum is another one, can be nothing but the
// end of a file that was being written, or damage.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "decoders/types.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace weir::output {

enum class BlockKind : std::uint8_t {
  records = 1,
  accounts = 3
};  // 2: accounts of an earlier form, not read

struct BlockHeader {
  BlockKind kind = BlockKind::records;
  std::uint32_t stored_bytes = 0, content_bytes = 0, count = 0;
  TimeUs first = 0, last = 0;
  std::uint64_t checksum = 0;
};

inline constexpr std::size_t kBlockHeaderBytes = 44;
// A block that claims more is damaged.
inline constexpr std::size_t kMaxBlockBytes = std::size_t{4} << 20U;

// None when it cannot be one.
std::optional<BlockHeader> parse_block_header(Bytes header);

class BlockPacker {
 public:
  BlockPacker();
  ~BlockPacker();
  BlockPacker(const BlockPacker&) = delete;
  BlockPacker& operator=(const BlockPacker&) = delete;
  // The whole block; valid until the next call. Of `header`, sizes and checksum are filled here. Empty: there is no memory.
  Bytes pack(BlockHeader header, Bytes content);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  std::vector<std::uint8_t> block_;
};

class BlockUnpacker {
 public:
  BlockUnpacker();
  ~BlockUnpacker();
  BlockUnpacker(BlockUnpacker&&) noexcept;
  BlockUnpacker& operator=(BlockUnpacker&&) noexcept;
  // `block` begins with its header and is whole. The content is valid until the next call. None: it is damaged.
  std::optional<Bytes> unpack(const BlockHeader& header, Bytes block);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
  std::vector<std::uint8_t> content_;
};

}  // namespace weir::output
