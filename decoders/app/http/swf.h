// Takes the compression off a Flash file that is a body, so that rules see what a player sees: zlib ("CWS") or LZMA
// ("ZWS") behind a header, which then says "FWS". What is no such file, and what stands behind the compressed data, is
// shown as it is.
#pragma once

#include <array>
#include <memory>

#include "decoders/app/decompress_layer.h"
#include "decoders/app/http/settings.h"
#include "decoders/app/streamed_body.h"
#include "decoders/slab.h"

namespace weir::http {

class SwfReader : public Slabbed {
 public:
  explicit SwfReader(const SwfSettings& settings) : settings_(settings) {}

  // A body that starts with this byte may be such a file.
  static bool may_begin(const SwfSettings& settings, std::uint8_t first);
  // The next bytes of the body; what is to be seen of them goes into `out`.
  void data(Bytes chunk, StreamedBody& out);
  // Nothing follows.
  void finish(StreamedBody& out);

 private:
  // behind: the limits are reached, no more is shown.
  enum class State : std::uint8_t { head, compressed, as_it_is, behind };

  [[nodiscard]] Bytes held() const { return Bytes{head_}.first(held_); }
  [[nodiscard]] bool is_lzma() const { return head_[0] == 'Z'; }
  [[nodiscard]] std::size_t head_size() const;
  // The bytes of the head so far are those of such a file.
  [[nodiscard]] bool fits() const;
  void begin(StreamedBody& out);
  void decode(Bytes in, StreamedBody& out);
  void show_as_it_is(Bytes rest, StreamedBody& out);
  void pass(Bytes rest, StreamedBody& out);

  const SwfSettings& settings_;
  State state_ = State::head;
  std::array<std::uint8_t, 17> head_{};
  std::size_t held_ = 0;
  std::size_t checksum_ = 0;             // so many bytes of one are still to come
  std::uint64_t taken_ = 0, shown_ = 0;  // compressed bytes, and what they gave
  std::unique_ptr<Codec> codec_;
};

}  // namespace weir::http
