#include "decoders/app/http/swf.h"

#include <algorithm>

namespace weir::http {
namespace {

constexpr std::size_t kPlainHead = 8;              // "FWS", the version, the length without compression
constexpr std::size_t kZlibHead = kPlainHead + 2;  // and what zlib begins with
constexpr std::size_t kZlibChecksum = 4;
constexpr std::size_t kLzmaProperties = kPlainHead + 4;  // behind the compressed length
constexpr std::size_t kLzmaHead = kLzmaProperties + 5;
constexpr std::uint64_t kMostShown = std::uint64_t{4} << 20U;  // where the limit is 0
constexpr std::uint64_t kLzmaMemory = std::uint64_t{16} << 20U;

}  // namespace

bool SwfReader::may_begin(const SwfSettings& settings, std::uint8_t first) {
  return (settings.deflate && first == 'C') || (settings.lzma && first == 'Z');
}

std::size_t SwfReader::head_size() const {
  return is_lzma() ? kLzmaHead : kZlibHead;
}

bool SwfReader::fits() const {
  return may_begin(settings_, head_[0]) && (held_ < 2 || head_[1] == 'W') && (held_ < 3 || head_[2] == 'S');
}

void SwfReader::data(Bytes chunk, StreamedBody& out) {
  while (state_ == State::head && !chunk.empty()) {
    head_[held_++] = chunk[0];
    chunk = chunk.subspan(1);
    if (!fits())
      show_as_it_is({}, out);
    else if (held_ == head_size())
      begin(out);
  }
  if (chunk.empty() || state_ == State::behind) return;
  if (state_ == State::compressed)
    decode(chunk, out);
  else
    pass(chunk, out);
}

void SwfReader::finish(StreamedBody& out) {
  if (state_ == State::head) show_as_it_is({}, out);
}

void SwfReader::begin(StreamedBody& out) {
  state_ = State::compressed;
  codec_ = is_lzma() ? make_lzma(kLzmaMemory) : make_inflate();
  if (!is_lzma()) return;
  std::array<std::uint8_t, 13> lzma_head;  // properties, and a length that is not known
  lzma_head.fill(0xff);
  std::copy(head_.begin() + kLzmaProperties, head_.end(), lzma_head.begin());
  Bytes in = lzma_head, made;
  if (codec_->decode(in, made) != Codec::Step::needs_input) show_as_it_is({}, out);
}

void SwfReader::decode(Bytes in, StreamedBody& out) {
  const std::uint64_t most_in = settings_.compress_depth == 0 ? UINT64_MAX : settings_.compress_depth;
  const std::uint64_t most_out = settings_.decompress_depth == 0 ? kMostShown : settings_.decompress_depth;
  const Bytes all = in;
  in = in.first(static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), most_in - taken_)));
  taken_ += in.size();
  const bool last = taken_ == most_in;
  for (;;) {
    Bytes made;
    const Codec::Step step = codec_->decode(in, made);
    made = made.first(static_cast<std::size_t>(std::min<std::uint64_t>(made.size(), most_out - shown_)));
    if (!made.empty() && shown_ == 0) {
      constexpr std::array<std::uint8_t, 3> kPlain{'F', 'W', 'S'};
      out.append(kPlain);
      out.append(held().subspan(kPlain.size(), kPlainHead - kPlain.size()));
    }
    out.append(made);
    shown_ += made.size();
    if (shown_ == most_out) break;
    if (step == Codec::Step::ended) {
      if (!is_lzma()) checksum_ = kZlibChecksum;
      return show_as_it_is(in, out);
    }
    if (step == Codec::Step::broken || step == Codec::Step::no_memory)
      return show_as_it_is(shown_ == 0 ? all : in, out);
    if (step != Codec::Step::needs_input) continue;
    if (!last) return;
    break;
  }
  state_ = State::behind;
  codec_.reset();
}

void SwfReader::show_as_it_is(Bytes rest, StreamedBody& out) {
  if (shown_ == 0) out.append(held());
  pass(rest, out);
  state_ = State::as_it_is;
  codec_.reset();
}

void SwfReader::pass(Bytes rest, StreamedBody& out) {
  const std::size_t of_checksum = std::min(checksum_, rest.size());
  checksum_ -= of_checksum;
  out.append(rest.subspan(of_checksum));
}

}  // namespace weir::http
