#include <brotli/decode.h>
#include <lzma.h>
#define ZSTD_STATIC_LINKING_ONLY  // ZSTD_createDCtx_advanced
#include <zlib.h>
#include <zstd.h>

#include "decoders/app/decompress_layer.h"

namespace weir {
namespace {

using Buffer = std::array<std::uint8_t, 16384>;

// The libraries' own memory, from slabs too.
void* zlib_take(void*, uInt items, uInt size) {
  return Slab::take_sized(std::size_t{items} * size);
}
void* lzma_take(void*, std::size_t items, std::size_t size) {
  return size != 0 && items > SIZE_MAX / size ? nullptr : Slab::take_sized(items * size);
}
void* brotli_take(void*, std::size_t size) {
  return Slab::take_sized(size);
}
void give(void*, void* at) {
  Slab::give_sized(at);
}
constexpr ZSTD_customMem kZstdMemory{brotli_take, give, nullptr};
constexpr lzma_allocator kLzmaMemory{lzma_take, give, nullptr};

class Inflate final : public Codec {
 public:
  Inflate() {
    z_.zalloc = zlib_take;
    z_.zfree = give;
    ready_ = inflateInit2(&z_, -MAX_WBITS) == Z_OK;
  }
  ~Inflate() override { inflateEnd(&z_); }
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;
  void reset() override { inflateReset(&z_); }

  Step decode(Bytes& in, Bytes& out) override {
    if (!ready_) return Step::broken;
    z_.next_in = const_cast<Bytef*>(in.data());  // zlib does not write to it
    z_.avail_in = static_cast<uInt>(in.size());
    z_.next_out = buffer_.data();
    z_.avail_out = static_cast<uInt>(buffer_.size());
    const int result = inflate(&z_, Z_NO_FLUSH);
    in = in.subspan(in.size() - z_.avail_in);
    out = Bytes{buffer_}.first(buffer_.size() - z_.avail_out);
    if (result == Z_STREAM_END) return Step::ended;
    if (result != Z_OK && result != Z_BUF_ERROR) return Step::broken;
    return z_.avail_out == 0 ? Step::more : Step::needs_input;
  }

 private:
  z_stream z_{};
  bool ready_ = false;
  Buffer buffer_;
};

class Brotli final : public Codec {
 public:
  Brotli() { reset(); }
  ~Brotli() override { BrotliDecoderDestroyInstance(state_); }
  Brotli(const Brotli&) = delete;
  Brotli& operator=(const Brotli&) = delete;
  void reset() override {
    BrotliDecoderDestroyInstance(state_);
    state_ = BrotliDecoderCreateInstance(brotli_take, give, nullptr);
  }

  Step decode(Bytes& in, Bytes& out) override {
    if (state_ == nullptr) return Step::broken;
    std::size_t in_left = in.size(), out_left = buffer_.size();
    const std::uint8_t* next_in = in.data();
    std::uint8_t* next_out = buffer_.data();
    const auto result =
        BrotliDecoderDecompressStream(state_, &in_left, &next_in, &out_left, &next_out, nullptr);
    in = in.last(in_left);
    out = Bytes{buffer_}.first(buffer_.size() - out_left);
    switch (result) {
      case BROTLI_DECODER_RESULT_SUCCESS: return Step::ended;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: return Step::more;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT: return Step::needs_input;
      default: return Step::broken;
    }
  }

 private:
  BrotliDecoderState* state_ = nullptr;
  Buffer buffer_;
};

// Frames follow upon each other; some are there to be skipped. Receivers take windows of up to 8 MB (RFC 9659).
class Zstd final : public Codec {
 public:
  Zstd() { reset(); }
  ~Zstd() override { ZSTD_freeDCtx(state_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;
  void reset() override {
    if (state_ == nullptr) state_ = ZSTD_createDCtx_advanced(kZstdMemory);
    if (state_ == nullptr) return;
    ZSTD_DCtx_reset(state_, ZSTD_reset_session_and_parameters);
    ZSTD_DCtx_setParameter(state_, ZSTD_d_windowLogMax, kZstdWindowLog);
  }

  Step decode(Bytes& in, Bytes& out) override {
    if (state_ == nullptr) return Step::no_memory;
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{buffer_.data(), buffer_.size(), 0};
    const std::size_t result = ZSTD_decompressStream(state_, &to, &from);
    in = in.subspan(from.pos);
    out = Bytes{buffer_}.first(to.pos);
    if (ZSTD_isError(result)) return Step::broken;
    return to.pos == to.size || !in.empty() ? Step::more : Step::needs_input;
  }

 private:
  static constexpr int kZstdWindowLog = 23;
  ZSTD_DCtx* state_ = nullptr;
  Buffer buffer_;
};

class Lzma final : public Codec {
 public:
  explicit Lzma(std::uint64_t memory_limit) : memory_limit_(memory_limit) {
    stream_.allocator = &kLzmaMemory;
    reset();
  }
  ~Lzma() override { lzma_end(&stream_); }
  Lzma(const Lzma&) = delete;
  Lzma& operator=(const Lzma&) = delete;
  void reset() override { ready_ = lzma_alone_decoder(&stream_, memory_limit_) == LZMA_OK; }

  Step decode(Bytes& in, Bytes& out) override {
    if (!ready_) return Step::broken;
    stream_.next_in = in.data();
    stream_.avail_in = in.size();
    stream_.next_out = buffer_.data();
    stream_.avail_out = buffer_.size();
    const lzma_ret result = lzma_code(&stream_, LZMA_RUN);
    in = in.last(stream_.avail_in);
    out = Bytes{buffer_}.first(buffer_.size() - stream_.avail_out);
    if (result == LZMA_STREAM_END) return Step::ended;
    if (result == LZMA_MEMLIMIT_ERROR) return Step::no_memory;
    if (result != LZMA_OK && result != LZMA_BUF_ERROR) return Step::broken;
    return stream_.avail_out == 0 ? Step::more : Step::needs_input;
  }

 private:
  std::uint64_t memory_limit_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ready_ = false;
  Buffer buffer_;
};

}  // namespace

std::unique_ptr<Codec> make_inflate() {
  return std::make_unique<Inflate>();
}
std::unique_ptr<Codec> make_brotli() {
  return std::make_unique<Brotli>();
}
std::unique_ptr<Codec> make_zstd() {
  return std::make_unique<Zstd>();
}
std::unique_ptr<Codec> make_lzma(std::uint64_t memory_limit) {
  return std::make_unique<Lzma>(memory_limit);
}

}  // namespace weir
