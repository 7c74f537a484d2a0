// Takes the content encodings off a body that arrives in chunks: gzip, deflate (with or without zlib's
// wrapping), brotli, Zstandard and, if wanted, LZMA, in layers.
//
// Receivers are lenient, so is this: a layer whose claim is not true passes its bytes through; checksums and
// missing trailers are ignored; a stream that breaks after some output keeps that output. Output is bounded:
// from `bomb_limit` bytes on it must not be more than kBombRatio times the input, and never more than
// kMaxOutputBytes in one body. It comes in pieces of some ten kilobytes, and no more of it once its taker is full
// (DecompressSink), so that what the taker holds is bounded however little input says it. Its owner frees it with the
// body, as it holds tens of kilobytes, which come from slabs. Used by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir {

enum class Encoding : std::uint8_t { gzip, deflate, brotli, zstd, lzma };

struct DecompressLimits {
  std::uint64_t bomb_limit = 1024 * 1024;
  std::uint64_t lzma_memory = 1024 * 1024;
};

inline constexpr std::uint64_t kBombRatio = 2048;
inline constexpr std::uint64_t kMaxOutputBytes = std::uint64_t{256} << 20U;
// Input kept until a layer has put something out, so that it can be passed through or tried in another way.
inline constexpr std::size_t kMaxHeldBytes = 64 * 1024;

// Where the decoded bytes go; called with chunks that are valid during the call.
class DecompressSink {
 public:
  virtual void on_decoded(Bytes chunk) = 0;
  // It takes one piece at most before it has had time to let go of what it has; see Decompressor::resume().
  [[nodiscard]] virtual bool is_full() const { return false; }

 protected:
  ~DecompressSink() = default;
};

class Decompressor : public Slabbed {
 public:
  Decompressor();
  ~Decompressor();
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  // A new body. `layers` in the order in which they are taken off. No layers: bytes pass through.
  void start(std::span<const Encoding> layers, const DecompressLimits& limits);
  // All of `in` is taken; what cannot be put out now is kept. Only to be called when idle().
  void feed(Bytes in, DecompressSink& out);
  // Goes on with what is kept.
  void resume(DecompressSink& out);
  // Nothing is kept for want of room at the taker.
  [[nodiscard]] bool idle() const;
  // The body is over: what was held to find out about its encoding is put out.
  void finish(DecompressSink& out);

  [[nodiscard]] bool failed() const {
    return failed_;
  }                                                  // some layer's data was broken or not what was claimed
  [[nodiscard]] bool bomb() const { return bomb_; }  // stopped: the output grew beyond all bounds
  [[nodiscard]] bool out_of_memory() const { return out_of_memory_; }  // LZMA asked for more than it may have

  struct Layer;

 private:
  void push(std::size_t layer, Bytes in, DecompressSink& out);
  void try_with(std::size_t layer, Bytes in, DecompressSink& out);
  void run(std::size_t layer, Bytes in, DecompressSink& out);
  bool stop(Layer& layer, Bytes rest, const DecompressSink& out) const;
  void emit_tentative(std::size_t layer, DecompressSink& out);
  bool within_bounds(std::size_t produced);

  SlabVector<std::unique_ptr<Layer>> layers_;
  std::size_t used_ = 0;
  DecompressLimits limits_;
  std::uint64_t in_bytes_ = 0, out_bytes_ = 0;
  bool failed_ = false, bomb_ = false, out_of_memory_ = false;
};

}  // namespace weir
