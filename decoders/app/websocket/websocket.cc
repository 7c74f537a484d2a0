#include "decoders/app/websocket/websocket.h"

#include <algorithm>

#include "decoders/byte_cursor.h"

namespace weir::websocket {
namespace {

constexpr std::uint8_t kMasked = 0x80, kLengthBits = 0x7f, kLength16 = 126, kLength64 = 127;
constexpr std::size_t kPiece = 4096;  // of a payload, unmasked at a time
// Of one message; one that becomes longer is no longer decompressed.
constexpr std::uint64_t kMaxInflated = std::uint64_t{16} << 20U;
// What a sender has taken off the end of a compressed message (RFC 7692 7.2.2).
constexpr std::array<std::uint8_t, 4> kFlushEnd{0, 0, 0xff, 0xff};

void raise(WebSocketTransaction& tx, Event e) {
  tx.raise(static_cast<std::uint8_t>(e));
}

// Appends up to `most` bytes in all; false: there were more.
bool append(SlabVector<std::uint8_t>& to, Bytes from, std::size_t most) {
  const std::size_t room = most - std::min(most, to.size());
  const Bytes kept = from.first(std::min(room, from.size()));
  to.insert(to.end(), kept.begin(), kept.end());
  return kept.size() == from.size();
}

}  // namespace

std::size_t head_size(std::uint8_t second) {
  const std::uint8_t length = second & kLengthBits;
  std::size_t size = 2;
  if (length == kLength16) size += 2;
  if (length == kLength64) size += 8;
  if ((second & kMasked) != 0) size += 4;
  return size;
}

std::optional<FrameHead> parse_head(Bytes bytes) {
  ByteCursor in{bytes};
  const std::uint8_t first = in.u8(), second = in.u8();
  FrameHead out;
  out.flags = first & 0xf0U;
  out.opcode = first & 0x0fU;
  out.length = second & kLengthBits;
  if (out.length == kLength16)
    out.length = in.be16();
  else if (out.length == kLength64)
    out.length = in.be64();
  if ((second & kMasked) != 0) out.mask = in.be32();
  out.size = head_size(second);
  return in.failed() ? std::nullopt : std::optional(out);
}

ParseOutcome WebSocketParser::parse(const AppInput& in) {
  Side& s = sides_[index(in.direction)];
  Bytes rest = in.data;
  ParseOutcome out;
  while (!rest.empty()) {
    if (s.reading) {
      rest = rest.subspan(read_payload(s, rest));
      continue;
    }
    if (transactions_.batch_full() || in.frames.full()) {
      out.paused = true;
      break;
    }
    const std::optional<FrameHead> head = parse_head(rest);
    if (!head) {
      out.need = rest.size() < 2 ? 2 : head_size(rest[1]);
      break;
    }
    if (head->length > static_cast<std::uint64_t>(INT64_MAX)) return ParseOutcome::failure();  // RFC 6455 5.2
    begin_frame(in, s, *head, rest);
    rest = rest.subspan(head->size);
    if (head->length == 0) end_frame(s);
  }
  out.consumed = in.data.size() - rest.size();
  if (in.eof && !out.paused && s.reading) end_frame(s);
  return out;
}

bool WebSocketParser::on_gap(Direction d, std::uint64_t length) {
  Side& s = sides_[index(d)];
  if (!s.reading || length > s.head.length - s.at) return false;
  s.at += length;
  if (s.joins && s.compressed) s.broken = true;
  if (s.at == s.head.length) end_frame(s);
  return true;
}

void WebSocketParser::begin_frame(const AppInput& in, Side& s, const FrameHead& head, Bytes at) {
  auto& tx = transactions_.add<WebSocketTransaction>(in.direction);
  tx.head = head;
  tx.under_way[index(in.direction)] = true;
  FrameSink frames = in.frames;
  frames.begin(FrameKind::header, at, head.size, tx.id);
  frames.begin(FrameKind::pdu, at, head.size + head.length, tx.id);
  if (head.length != 0) frames.begin(FrameKind::data, at.subspan(head.size), head.length, tx.id);

  s.reading = true;
  s.shown = s.joins = false;
  s.head = head;
  s.tx_id = tx.id;
  s.at = 0;
  if (head.is_control()) return;  // may stand between the frames of a message, and is none of it
  if (head.opcode != kContinuation) {
    s.message.clear();
    s.compressed = (head.flags & kCompressed) != 0;
    s.cut = false;
    s.inflated = 0;
    if (s.compressed && s.codec == nullptr) s.codec = make_inflate();
    if (s.compressed && s.broken) s.codec->reset();
    s.broken = false;
  }
  s.joins = s.compressed || !head.fin() || head.opcode == kContinuation;
}

// Returns how many bytes it has taken, at least one.
std::size_t WebSocketParser::read_payload(Side& s, Bytes rest) {
  std::array<std::uint8_t, kPiece> plain;
  const std::uint64_t left = s.head.length - s.at;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>({left, rest.size(), plain.size()}));
  const std::uint32_t mask = s.head.mask.value_or(0);
  for (std::size_t i = 0; i < size; ++i) {
    const auto place = static_cast<unsigned>((s.at + i) % 4);
    plain[i] = rest[i] ^ static_cast<std::uint8_t>(mask >> (24U - 8U * place));
  }
  s.at += size;
  const Bytes bytes = Bytes{plain}.first(size);
  if (s.joins) to_message(s, bytes);
  if (auto* tx = open_transaction(s)) {
    append(tx->payload, bytes, max_payload_);
    transactions_.charge(*tx);
    if (tx->payload.size() == max_payload_ && s.head.length > max_payload_) {
      raise(*tx, Event::skip_end_of_payload);
      complete(s, *tx);
    }
  }
  if (s.at == s.head.length) end_frame(s);
  return size;
}

void WebSocketParser::end_frame(Side& s) {
  s.reading = false;
  const bool ends_message = s.joins && s.head.fin();
  if (ends_message && s.compressed) inflate(s, kFlushEnd);
  if (auto* tx = open_transaction(s)) complete(s, *tx);
  if (!ends_message) return;
  SlabVector<std::uint8_t>().swap(s.message);
  s.compressed = false;
}

void WebSocketParser::to_message(Side& s, Bytes plain) {
  if (s.compressed)
    inflate(s, plain);
  else
    keep(s, plain);
}

// Goes on behind what is kept, because later messages may refer to it.
void WebSocketParser::inflate(Side& s, Bytes in) {
  while (!s.broken) {
    Bytes out;
    const Codec::Step step = s.codec->decode(in, out);
    keep(s, out);
    s.inflated += out.size();
    if (s.inflated > kMaxInflated) s.cut = s.broken = true;
    if (step == Codec::Step::broken || step == Codec::Step::no_memory) s.broken = true;
    if (step == Codec::Step::needs_input) return;
    if (step != Codec::Step::ended) continue;
    s.codec->reset();
    if (in.empty()) return;
  }
}

void WebSocketParser::keep(Side& s, Bytes plain) {
  if (!append(s.message, plain, max_payload_)) s.cut = true;
}

void WebSocketParser::complete(Side& s, WebSocketTransaction& tx) {
  if (s.joins && s.head.fin() && !s.message.empty()) tx.payload.swap(s.message);
  if (s.joins && s.cut) raise(tx, Event::reassembly_limit_reached);
  transactions_.charge(tx);
  tx.progress = {kComplete, kComplete};
  tx.under_way = {};
  s.shown = true;
}

WebSocketTransaction* WebSocketParser::open_transaction(const Side& s) {
  return s.shown ? nullptr : tx_cast<WebSocketTransaction>(transactions_.find(s.tx_id));
}

}  // namespace weir::websocket
