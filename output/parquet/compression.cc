#include "output/parquet/compression.h"

#include <lz4.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>

#include "output/parquet/snappy.h"

namespace weir::output::parquet {
namespace {

struct FreeUnpacker {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

bool unpack_zstd(Bytes packed, std::span<std::uint8_t> out) {
  // One a thread: it is larger than most pages.
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeUnpacker> context{ZSTD_createDCtx()};
  if (context == nullptr) return false;
  const std::size_t size =
      ZSTD_decompressDCtx(context.get(), out.data(), out.size(), packed.data(), packed.size());
  return ZSTD_isError(size) == 0 && size == out.size();
}

// One member or several, as gzip allows.
bool unpack_gzip(Bytes packed, std::span<std::uint8_t> out) {
  constexpr int kGzipOrZlib = 15 + 32;
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOrZlib) != Z_OK) return false;
  stream.next_in = const_cast<Bytef*>(packed.data());  // zlib only reads it
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  int result = inflate(&stream, Z_FINISH);
  while (result == Z_STREAM_END && stream.avail_in > 0 && stream.avail_out > 0) {  // each takes bytes
    if (inflateReset(&stream) != Z_OK) break;
    result = inflate(&stream, Z_FINISH);
  }
  inflateEnd(&stream);
  return result == Z_STREAM_END && stream.avail_out == 0;
}

bool unpack_lz4(Bytes packed, std::span<std::uint8_t> out) {
  const int size =
      LZ4_decompress_safe(reinterpret_cast<const char*>(packed.data()), reinterpret_cast<char*>(out.data()),
                          static_cast<int>(packed.size()), static_cast<int>(out.size()));
  return size >= 0 && static_cast<std::size_t>(size) == out.size();
}

}  // namespace

PagePacker::PagePacker(int level) : context_(ZSTD_createCCtx()), level_(level) {}
PagePacker::~PagePacker() = default;
void PagePacker::Free::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}

bool PagePacker::pack(Bytes content, Buffer& out) {
  if (context_ == nullptr) return false;
  const std::size_t begin = out.size();
  out.resize(begin + ZSTD_compressBound(content.size()));
  const std::size_t size = ZSTD_compressCCtx(context_.get(), out.data() + begin, out.size() - begin,
                                             content.data(), content.size(), level_);
  const bool good = ZSTD_isError(size) == 0;
  out.resize(begin + (good ? size : 0));
  return good;
}

std::string_view codec_name(Codec codec) {
  static constexpr std::array<std::string_view, 8> kNames{"none",   "SNAPPY", "GZIP", "LZO",
                                                          "BROTLI", "LZ4",    "ZSTD", "LZ4_RAW"};
  const auto at = static_cast<std::size_t>(codec);
  return at < kNames.size() ? kNames[at] : "an unknown one";
}

bool is_known_codec(Codec codec) {
  return codec == Codec::uncompressed || codec == Codec::snappy || codec == Codec::gzip ||
         codec == Codec::zstd || codec == Codec::lz4_raw;
}

bool unpack_page(Codec codec, Bytes packed, std::span<std::uint8_t> out) {
  switch (codec) {
    case Codec::uncompressed:
      if (packed.size() == out.size()) std::copy(packed.begin(), packed.end(), out.begin());
      return packed.size() == out.size();
    case Codec::snappy: return unpack_snappy(packed, out);
    case Codec::gzip: return unpack_gzip(packed, out);
    case Codec::zstd: return unpack_zstd(packed, out);
    case Codec::lz4_raw: return unpack_lz4(packed, out);
    default: return false;
  }
}

}  // namespace weir::output::parquet
