#include "decoders/app/decompress.h"

#include <algorithm>

#include "decoders/app/decompress_layer.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace {

constexpr std::size_t kGzipHeader = 10, kGzipTrailer = 8;
enum GzipFlag : std::uint8_t { has_crc = 2, has_extra = 4, has_name = 8, has_comment = 16 };

// Skips a text that ends with a zero byte; false: its end is not there yet.
bool skip_text(ByteCursor& in) {
  const Bytes rest = in.peek(in.remaining());
  const auto end = std::find(rest.begin(), rest.end(), std::uint8_t{0});
  if (end == rest.end()) return false;
  in.skip(static_cast<std::size_t>(end - rest.begin()) + 1);
  return true;
}

// RFC 1952, 2.3. Reserved flags are ignored: receivers do.
Opening gzip_fields(Bytes data) {
  constexpr Opening kMore{Opening::Kind::need_more};
  ByteCursor in{data};
  in.skip(3);
  const std::uint8_t flags = in.u8();
  in.skip(6);
  if ((flags & has_extra) != 0) in.skip(in.le16());
  if (in.failed()) return kMore;
  if ((flags & has_name) != 0 && !skip_text(in)) return kMore;
  if ((flags & has_comment) != 0 && !skip_text(in)) return kMore;
  if ((flags & has_crc) != 0) in.skip(2);
  if (in.failed()) return kMore;
  const bool plain = (flags & (has_crc | has_extra | has_name | has_comment)) == 0;
  return {Opening::Kind::at, in.offset(), plain};
}

bool gzip_magic(Bytes d) {
  return d.size() >= 2 && d[0] == 0x1f && d[1] == 0x8b;
}

// RFC 1950, 2.2: method 8 and a check over the two bytes.
bool zlib_magic(Bytes d) {
  return d.size() >= 2 && (d[0] & 0x0fU) == 8 && ((d[0] << 8U) | d[1]) % 31 == 0;
}

}  // namespace

Opening inflate_opening(unsigned way, Bytes data) {
  if (data.empty() || (data.size() < 2 && (data[0] == 0x1f || (data[0] & 0x0fU) == 8)))
    return {Opening::Kind::need_more};
  switch (way) {
    case 0: return gzip_magic(data) ? gzip_fields(data) : Opening{};
    case 1:
      if (!gzip_magic(data)) return {};
      if (data.size() < kGzipHeader) return {Opening::Kind::need_more};
      return {Opening::Kind::at, kGzipHeader, true};
    case 2: return zlib_magic(data) ? Opening{Opening::Kind::at, 2, true} : Opening{};
    default: return {Opening::Kind::at, 0, false};
  }
}

// The magic numbers of a frame, and of one that is to be skipped (RFC 8878, 3.1).
Opening zstd_opening(Bytes data) {
  constexpr std::size_t kMagicSize = 4;
  if (data.size() < kMagicSize) return {Opening::Kind::need_more};
  const bool frame = data[0] == 0x28 && data[1] == 0xb5 && data[2] == 0x2f && data[3] == 0xfd;
  const bool skipped = (data[0] & 0xf0) == 0x50 && data[1] == 0x2a && data[2] == 0x4d && data[3] == 0x18;
  return frame || skipped ? Opening{Opening::Kind::at, 0, true} : Opening{};
}

void Decompressor::Layer::start(Encoding e, const DecompressLimits& limits) {
  const bool same_codec =
      codec != nullptr && (e == encoding || (e <= Encoding::deflate && encoding <= Encoding::deflate));
  if (!same_codec) {
    if (e <= Encoding::deflate)
      codec = make_inflate();
    else if (e == Encoding::brotli)
      codec = make_brotli();
    else if (e == Encoding::zstd)
      codec = make_zstd();
    else
      codec = make_lzma(limits.lzma_memory);
  }
  encoding = e;
  state = State::trying;
  way = 0;
  active = certain = stopped = false;
  rest.clear();
  held.clear();
  tentative.clear();
}

std::size_t Decompressor::Layer::step(std::size_t in) const {
  if (state != State::trying || certain || in == 0) return in;
  const std::size_t taken = held.size() - in;
  return taken < kBelievedBytes ? std::min(in, kBelievedBytes - taken) : 1;
}

std::optional<Bytes> Decompressor::Layer::begin() {
  for (; way < ways(); ++way) {
    const Opening opening = encoding == Encoding::zstd ? zstd_opening(held)
                            : ways() == 1              ? Opening{Opening::Kind::at, 0, false}
                                                       : inflate_opening(way, held);
    if (opening.kind == Opening::Kind::need_more) return std::nullopt;
    if (opening.kind == Opening::Kind::not_this) continue;
    codec->reset();
    tentative.clear();
    active = true;
    certain = opening.certain;
    return Bytes{held}.subspan(opening.skip);
  }
  state = State::passing;
  return std::nullopt;
}

bool Decompressor::Layer::begin_member(Bytes& in, SlabVector<std::uint8_t>& joined) {
  if (!held.empty()) {
    held.insert(held.end(), in.begin(), in.end());
    joined.swap(held);
    held.clear();
    in = joined;
  }
  const Bytes header = in.subspan(std::min(in.size(), kGzipTrailer));
  const Opening opening = header.size() < 2 ? Opening{Opening::Kind::need_more} : inflate_opening(0, header);
  if (opening.kind == Opening::Kind::need_more && in.size() < kMaxHeldBytes) {
    held.assign(in.begin(), in.end());
    return false;
  }
  state = opening.kind == Opening::Kind::at ? State::flowing : State::done;
  if (state == State::done) return false;
  codec->reset();
  in = header.subspan(opening.skip);
  return true;
}

Decompressor::Decompressor() = default;
Decompressor::~Decompressor() = default;

void Decompressor::start(std::span<const Encoding> layers, const DecompressLimits& limits) {
  while (layers_.size() < layers.size()) layers_.push_back(std::make_unique<Layer>());
  used_ = layers.size();
  limits_ = limits;
  for (std::size_t i = 0; i < used_; ++i) layers_[i]->start(layers[i], limits);
  in_bytes_ = out_bytes_ = 0;
  failed_ = bomb_ = out_of_memory_ = false;
}

void Decompressor::feed(Bytes in, DecompressSink& out) {
  in_bytes_ += in.size();
  push(0, in, out);
}

bool Decompressor::idle() const {
  return bomb_ || std::none_of(layers_.begin(), layers_.begin() + static_cast<std::ptrdiff_t>(used_),
                               [](const std::unique_ptr<Layer>& layer) { return layer->stopped; });
}

// The last layer first: what it keeps came before what the others do.
void Decompressor::resume(DecompressSink& out) {
  for (std::size_t i = used_; i-- > 0 && !bomb_ && !out.is_full();) {
    Layer& layer = *layers_[i];
    if (!layer.stopped) continue;
    SlabVector<std::uint8_t> rest;
    rest.swap(layer.rest);
    layer.stopped = false;
    run(i, rest, out);
  }
}

// True: the taker is full, so that the layer stops with `rest` still to be decoded.
bool Decompressor::stop(Layer& layer, Bytes rest, const DecompressSink& out) const {
  if (bomb_ || !out.is_full()) return false;
  layer.rest.assign(rest.begin(), rest.end());
  layer.stopped = true;
  return true;
}

bool Decompressor::within_bounds(std::size_t produced) {
  out_bytes_ += produced;
  if (out_bytes_ > kMaxOutputBytes ||
      (out_bytes_ > limits_.bomb_limit && out_bytes_ / kBombRatio > in_bytes_))
    bomb_ = true;
  return !bomb_;
}

// Recursion is as deep as there are layers, which the configuration bounds.
void Decompressor::push(std::size_t index, Bytes in, DecompressSink& out) {
  if (in.empty() || bomb_) return;
  if (index == used_) return out.on_decoded(in);
  Layer& layer = *layers_[index];
  if (layer.stopped) {
    layer.rest.insert(layer.rest.end(), in.begin(), in.end());
    return;
  }
  switch (layer.state) {
    case Layer::State::done: return;
    case Layer::State::passing: return push(index + 1, in, out);
    case Layer::State::between:
    case Layer::State::flowing: return run(index, in, out);
    case Layer::State::trying: break;
  }
  // What is held is tried at the same places, whatever the pieces are in which it comes.
  while (layer.state == Layer::State::trying && !in.empty()) {
    const std::size_t place = layer.held.size() < kBelievedBytes ? kBelievedBytes : kMaxHeldBytes;
    const Bytes next = in.first(std::min(in.size(), place - layer.held.size()));
    in = in.subspan(next.size());
    try_with(index, next, out);
  }
  push(index, in, out);
}

void Decompressor::try_with(std::size_t index, Bytes in, DecompressSink& out) {
  Layer& layer = *layers_[index];
  layer.held.insert(layer.held.end(), in.begin(), in.end());
  if (!layer.active) {
    const auto first = layer.begin();
    if (!first && layer.state == Layer::State::trying && layer.held.size() < kMaxHeldBytes) return;
    if (!first) layer.state = Layer::State::passing;
    in = first.value_or(Bytes{});
  }
  run(index, in, out);
  if (layer.state == Layer::State::trying && layer.held.size() >= kMaxHeldBytes)
    layer.state = Layer::State::done;
  if (layer.state == Layer::State::trying) return;
  SlabVector<std::uint8_t> held;
  held.swap(layer.held);
  if (layer.state == Layer::State::passing) push(index + 1, held, out);
}

// Decodes what is in `in` (which may be a view of the layer's held bytes).
void Decompressor::run(std::size_t index, Bytes in, DecompressSink& out) {
  Layer& layer = *layers_[index];
  SlabVector<std::uint8_t> joined;
  while (layer.state != Layer::State::done && layer.state != Layer::State::passing) {
    if (layer.state == Layer::State::between && !layer.begin_member(in, joined)) return;
    Bytes produced, now = in.first(layer.step(in.size()));
    const std::size_t given = now.size();
    const Codec::Step step = layer.codec->decode(now, produced);
    in = in.subspan(given - now.size());
    const bool bad = step == Codec::Step::broken || step == Codec::Step::no_memory;
    out_of_memory_ |= step == Codec::Step::no_memory;
    failed_ |= bad;
    if (bad && layer.state == Layer::State::trying && !(layer.certain && !produced.empty())) {
      ++layer.way;
      layer.active = false;
      const auto again = layer.begin();
      if (!again) return;  // nothing left to try, or too few bytes to tell
      in = *again;
      continue;
    }
    if (layer.state == Layer::State::trying && !layer.believed(step, in.size())) {
      layer.tentative.insert(layer.tentative.end(), produced.begin(), produced.end());
    } else if (!produced.empty() || !layer.tentative.empty()) {
      layer.state = Layer::State::flowing;
      if (!within_bounds(produced.size() + layer.tentative.size())) return;
      emit_tentative(index, out);
      push(index + 1, produced, out);
    }
    if (bad || step == Codec::Step::ended)
      layer.state = !bad && layer.has_members() ? Layer::State::between : Layer::State::done;
    if (step == Codec::Step::needs_input && in.empty()) return;
    if (layer.state == Layer::State::flowing && stop(layer, in, out)) return;
  }
}

void Decompressor::emit_tentative(std::size_t index, DecompressSink& out) {
  SlabVector<std::uint8_t> tentative;
  tentative.swap(layers_[index]->tentative);
  push(index + 1, tentative, out);
}

void Decompressor::finish(DecompressSink& out) {
  for (std::size_t i = 0; i < used_; ++i) {
    Layer& layer = *layers_[i];
    if (layer.state != Layer::State::trying) continue;
    if (!layer.tentative.empty()) {
      emit_tentative(i, out);
      continue;
    }
    layer.state = Layer::State::passing;
    failed_ |= !layer.held.empty();
    SlabVector<std::uint8_t> held;
    held.swap(layer.held);
    push(i + 1, held, out);
  }
}

}  // namespace weir
