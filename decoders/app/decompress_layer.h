// One layer of Decompressor: a codec, and what it needs to find out whether the claimed encoding is true.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "decoders/app/decompress.h"

namespace weir {

// A decoder for one format. `decode` takes from the front of `in` and shows what it put out.
class Codec : public Slabbed {
 public:
  enum class Step : std::uint8_t { more, needs_input, ended, broken, no_memory };
  virtual ~Codec() = default;
  // Starts anew.
  virtual void reset() = 0;
  // `more`: call again, there may be further output. `out` is valid until the next call.
  virtual Step decode(Bytes& in, Bytes& out) = 0;
};

std::unique_ptr<Codec> make_inflate();  // raw deflate, without any wrapping
std::unique_ptr<Codec> make_brotli();
std::unique_ptr<Codec> make_zstd();
std::unique_ptr<Codec> make_lzma(std::uint64_t memory_limit);

// Where the compressed data begins in `data`, read in one of several ways.
struct Opening {
  enum class Kind : std::uint8_t { at, not_this, need_more } kind = Kind::not_this;
  std::size_t skip = 0;
  bool certain = false;  // a wrapping was found: output counts even when the data breaks later
};
// Ways 0 (gzip, its header fields honoured), 1 (gzip, flags ignored), 2 (zlib), 3 (raw).
inline constexpr unsigned kInflateWays = 4;
// Raw data is believed once so many bytes of it made sense.
inline constexpr std::size_t kBelievedBytes = 64;
Opening inflate_opening(unsigned way, Bytes data);
Opening zstd_opening(Bytes data);

struct Decompressor::Layer : Slabbed {
  // between: behind the end of a gzip member, where another one may follow; `held` has what has come of it.
  enum class State : std::uint8_t { trying, flowing, between, done, passing };
  Encoding encoding = Encoding::gzip;
  State state = State::trying;
  unsigned way = 0;
  bool active = false;  // this way has begun, its codec has seen all of `held`
  bool certain = false;
  bool stopped =
      false;  // the taker was full: `rest` is still to be decoded, and the codec may have more to put out
  SlabVector<std::uint8_t> rest;
  SlabVector<std::uint8_t> held;
  SlabVector<std::uint8_t> tentative;  // output of a way that may still turn out to be wrong
  std::unique_ptr<Codec> codec;

  void start(Encoding e, const DecompressLimits& limits);
  [[nodiscard]] unsigned ways() const {
    return encoding == Encoding::gzip || encoding == Encoding::deflate ? kInflateWays : 1;
  }
  // It is gzip, whatever is claimed.
  [[nodiscard]] bool has_members() const { return ways() == kInflateWays && way <= 1; }
  // Begins the first way that fits what is held; the bytes that its codec shall see, or none: no way (state
  // is `passing`) or not enough bytes to tell.
  std::optional<Bytes> begin();
  // `in` stands behind the end of a member: leaves of it what the codec shall see of the next one. False: there is none, or not
  // yet. `joined` keeps the bytes that `in` may then be a view of.
  bool begin_member(Bytes& in, SlabVector<std::uint8_t>& joined);
  // What its output is worth when `left` bytes of what is held have not been decoded.
  [[nodiscard]] bool believed(Codec::Step step, std::size_t left) const {
    return certain || step == Codec::Step::ended || held.size() - left >= kBelievedBytes;
  }
  // So many of the next `in` bytes, the end of what is held, are decoded at once. Output that is believed stays when the data
  // breaks later: whether it is must not depend on the pieces in which it came.
  [[nodiscard]] std::size_t step(std::size_t in) const;
};

}  // namespace weir
