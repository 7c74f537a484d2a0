// Packs pages with zstd, and unpacks what pages are packed with.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "output/parquet/bit_packing.h"
#include "output/parquet/format.h"

struct ZSTD_CCtx_s;

namespace weir::output::parquet {

class PagePacker {
 public:
  explicit PagePacker(int level);
  ~PagePacker();
  PagePacker(const PagePacker&) = delete;
  PagePacker& operator=(const PagePacker&) = delete;
  // Appends `content`, packed. False: there is no memory.
  bool pack(Bytes content, Buffer& out);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  int level_;
};

std::string_view codec_name(Codec codec);
bool is_known_codec(Codec codec);
// Fills `out` with what `packed` has, exactly. False: it is broken, or has another size.
bool unpack_page(Codec codec, Bytes packed, std::span<std::uint8_t> out);

}  // namespace weir::output::parquet
