// Frames, and what is done with each.
#include "decoders/app/http2/parser.h"

#include <algorithm>

#include "decoders/app/http/head.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/base64.h"
#include "decoders/text.h"

namespace weir::http2 {

using http::FramedExchange;
using http::HttpTransaction;
using http::State;

namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kFrameHead = 9, kPriority = 5;
constexpr std::uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4, kPadded = 8, kHasPriority = 0x20;
constexpr std::uint32_t kStreamBits = 0x7fffffff;
constexpr unsigned kSettingBytes = 6, kMaxSettings = kMaxWholeFrame / kSettingBytes;  // of one frame

// The sizes that frames of a type must have; none: any.
bool right_length(Type type, std::uint8_t flags, std::uint32_t length) {
  switch (type) {
    case Type::priority: return length == kPriority;
    case Type::rst_stream:
    case Type::window_update: return length == 4;
    case Type::ping: return length == 8;
    case Type::goaway: return length >= 8;
    case Type::settings: return (flags & kAck) != 0 ? length == 0 : length % 6 == 0;
    default: return true;
  }
}

// Whether frames of a type belong to a stream, or to the connection (RFC 9113, 6); WINDOW_UPDATE is for both.
bool right_stream(Type type, std::uint32_t stream) {
  switch (type) {
    case Type::headers:
    case Type::priority:
    case Type::rst_stream:
    case Type::push_promise:
    case Type::continuation: return stream != 0;
    case Type::settings:
    case Type::ping:
    case Type::goaway: return stream == 0;
    default: return true;
  }
}

// Takes padding off; false: there is more of it than there are bytes.
bool strip_padding(Bytes& payload, bool padded) {
  if (!padded) return true;
  if (payload.empty() || payload[0] >= payload.size()) return false;
  payload = payload.subspan(1, payload.size() - 1 - payload[0]);
  return true;
}

}  // namespace

Http2Parser::Http2Parser(const Http2Settings& settings)
    : settings_(settings), sides_{Side(settings.max_table_bytes), Side(settings.max_table_bytes)} {
  transactions_.set_limits({.open = settings.max_streams,
                            .bytes = settings.http.max_transaction_bytes,
                            .event = static_cast<std::uint8_t>(Event::too_many_streams)});
}

bool Http2Parser::begin_midway() {
  midway_ = true;
  return false;
}

// The request of HTTP/1 that asked for this protocol is that of stream 1, and brings the client's settings (RFC 7540, 3.2).
void Http2Parser::begin_unfinished(const Transaction& request) {
  const auto* from = tx_cast<HttpTransaction>(&request);
  if (from == nullptr) return;
  Stream& first = stream_for(1);
  copy_request(from->request, *transaction(first));
  end_head(Direction::to_server, *transaction(first));
  transactions_.charge(*transaction(first));
  end_side(first, Direction::to_server, true, opening_);
  side(Direction::to_server).last_opened = 1;
  const auto coded = from->request.header("http2-settings");
  if (!coded) return;
  SlabString text(*coded);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  std::string settings;
  decode_base64(as_bytes(text), settings, Base64Mode::strict);
  HttpTransaction& tx = transaction_for({}, Direction::to_server);
  if (settings.empty() || settings.size() % 6 != 0) return raise(tx, Event::invalid_http1_settings);
  apply_settings(Direction::to_server, tx, as_bytes(settings));
}

ParseOutcome Http2Parser::parse(const AppInput& in) {
  made_output_ = false;
  opening_ = {in.time, in.requested->files, in.joiner, settings_.http.at_once(in.requested->at_once)};
  ParseOutcome out =
      records_.run(in.direction, in.data, kFrameHead, [&](Bytes rest) { return record(in, rest); });
  out.made_output = out.paused && made_output_;
  const Side& s = side(in.direction);
  if (s.body_left != 0 || s.padding_left != 0) out.need = 0;  // no head of a frame: any byte will do
  if (has_dns_) out.turns_out = AppProto::doh2;
  if (!in.eof || out.paused) return out;
  for (std::size_t i = streams_.size(); i-- > 0;) end_side(*streams_[i], in.direction, false, opening_);
  return out;
}

RecordStep Http2Parser::record(const AppInput& in, Bytes rest) {
  Side& s = side(in.direction);
  if (s.body_left != 0) return body_bytes(in, rest);
  if (s.padding_left != 0) return RecordStep::skip(std::exchange(s.padding_left, 0));
  if (awaits_preface_ && in.direction == Direction::to_server) return preface(in, rest);
  if (rest.size() < kFrameHead) return RecordStep::wants(kFrameHead);
  if (transactions_.batch_full() || in.frames.full()) return RecordStep::pause();
  ByteCursor cursor{rest};
  FrameHead head;
  head.length = cursor.be24();
  head.type = static_cast<Type>(cursor.u8());
  head.flags = cursor.u8();
  head.stream = cursor.be32() & kStreamBits;
  return frame(in, head, rest);
}

// Decided when all of it is there, so that it does not matter how it comes; of what is under way, by the first byte.
RecordStep Http2Parser::preface(const AppInput& in, Bytes rest) {
  const bool may_be = !midway_ || rest.front() == kPreface.front();
  if (may_be && rest.size() < kPreface.size()) return RecordStep::wants(kPreface.size());
  awaits_preface_ = false;
  if (may_be && as_text(rest).starts_with(kPreface)) return RecordStep::took(kPreface.size());
  if (midway_) return record(in, rest);
  raise(transaction_for({}, in.direction), Event::invalid_client_magic);
  return RecordStep::broken();
}

RecordStep Http2Parser::frame(const AppInput& in, const FrameHead& head, Bytes rest) {
  if (head.type == Type::data) return begin_body(in, head, rest);
  const std::uint64_t size = kFrameHead + std::uint64_t{head.length};
  if (head.length > kMaxWholeFrame) {
    raise(transaction_for(head, in.direction), Event::invalid_frame_length);
    const bool carries_fields =
        head.type == Type::headers || head.type == Type::push_promise || head.type == Type::continuation;
    return carries_fields ? RecordStep::broken() : RecordStep::skip(size);
  }
  if (rest.size() < size) return RecordStep::wants(size);
  const Bytes whole = rest.first(static_cast<std::size_t>(size));
  return whole_frame(in, head, whole) ? RecordStep::took(size) : RecordStep::broken();
}

// A body's frame is not waited for.
RecordStep Http2Parser::begin_body(const AppInput& in, const FrameHead& head, Bytes rest) {
  const std::size_t fixed = kFrameHead + (head.has(kPadded) ? 1 : 0);
  if (rest.size() < fixed && head.length != 0) return RecordStep::wants(fixed);
  Side& s = side(in.direction);
  HttpTransaction& tx = transaction_for(head, in.direction);
  note_frame(in, head, rest, &tx);
  if (head.stream == 0) raise(tx, Event::data_stream_zero);
  if (head.length > s.max_frame) raise(tx, Event::long_frame_data);
  s.body_stream = head.stream;
  s.ends_stream = head.has(kEndStream);
  s.body_left = head.length;
  s.padding_left = 0;
  const bool padded = head.has(kPadded) && head.length != 0;
  if (padded) {
    s.padding_left = std::min<std::uint32_t>(rest[kFrameHead], head.length - 1);
    if (rest[kFrameHead] >= head.length) raise(tx, Event::invalid_frame_data);
    s.body_left = head.length - 1 - s.padding_left;
  }
  if (s.body_left == 0 && s.ends_stream)
    if (Stream* of = stream(head.stream)) end_side(*of, in.direction, true, opening_);
  return RecordStep::took(kFrameHead + (padded ? 1 : 0));
}

RecordStep Http2Parser::body_bytes(const AppInput& in, Bytes rest) {
  Side& s = side(in.direction);
  const Bytes chunk = rest.first(std::min<std::size_t>(rest.size(), s.body_left));
  Stream* const of = stream(s.body_stream);
  HttpTransaction* const tx = of != nullptr ? transaction(*of) : nullptr;
  std::size_t taken = chunk.size();
  if (tx != nullptr && !of->ended[index(in.direction)]) {
    http::BodyReader& reader = body(*of, in.direction, *tx);
    reader.look_at_once(opening_.at_once);
    taken = reader.data(*tx, chunk, opening_);
    tx->message(in.direction).wire_body_bytes += taken;
    gather_dns(*of, in.direction, *tx, chunk.first(taken));
    transactions_.charge(*tx);
    reach(*tx, in.direction, State::body);
    made_output_ = true;
  }
  s.body_left -= static_cast<std::uint32_t>(taken);
  if (s.body_left == 0 && s.ends_stream && of != nullptr) end_side(*of, in.direction, true, opening_);
  return taken == 0 ? RecordStep::pause() : RecordStep::took(taken);
}

// `tx`: that it belongs to, or null.
void Http2Parser::note_frame(const AppInput& in, const FrameHead& head, Bytes whole, HttpTransaction* tx) {
  const std::uint64_t id = tx != nullptr ? tx->id : AppFrame::kUnknown;
  FrameSink frames = in.frames;
  frames.begin(FrameKind::pdu, whole, kFrameHead + std::uint64_t{head.length}, id);
  frames.begin(FrameKind::hdr, whole, kFrameHead, id);
  if (head.length != 0) frames.begin(FrameKind::data, whole.subspan(kFrameHead), head.length, id);
  if (tx != nullptr &&
      !FramedExchange::keep(tx->framed->side(in.direction).types, static_cast<std::uint8_t>(head.type)))
    raise(*tx, Event::too_many_frames);
}

// False: nothing that follows can be read.
bool Http2Parser::whole_frame(const AppInput& in, const FrameHead& head, Bytes whole) {
  if (head.type == Type::continuation) return continuation(in, head, whole);
  if (head.type == Type::settings && head.has(kAck) && head.length == 0) {  // it says nothing
    note_frame(in, head, whole, nullptr);
    return true;
  }
  const Bytes payload = whole.subspan(kFrameHead);
  HttpTransaction& tx = transaction_for(head, in.direction);
  note_frame(in, head, whole, &tx);
  http::FramedSide& facts = tx.framed->side(in.direction);
  if (side(in.direction).in_block || !right_stream(head.type, head.stream))
    raise(tx, Event::invalid_frame_header);
  if (!right_length(head.type, head.flags, head.length)) {
    raise(tx, Event::invalid_frame_length);
    return true;
  }
  ByteCursor cursor{payload};
  switch (head.type) {
    case Type::headers: return headers(in, head, payload, tx);
    case Type::push_promise: return push_promise(in, head, payload, tx);
    case Type::settings: apply_settings(in.direction, tx, payload); return true;
    case Type::priority:
      cursor.skip(4);
      FramedExchange::keep(facts.priorities, cursor.u8());
      return true;
    case Type::window_update: FramedExchange::keep(facts.windows, cursor.be32() & kStreamBits); return true;
    case Type::goaway:
      cursor.skip(4);
      FramedExchange::keep(facts.errors, cursor.be32());
      return true;
    case Type::rst_stream:
      FramedExchange::keep(facts.errors, cursor.be32());
      reset_stream(head.stream);
      return true;
    default: return true;
  }
}

void Http2Parser::apply_settings(Direction d, HttpTransaction& tx, Bytes payload) {
  ByteCursor cursor{payload};
  const Direction other = opposite(d);
  for (unsigned i = 0; i < kMaxSettings && cursor.remaining() >= kSettingBytes; ++i) {
    const http::Setting setting{cursor.be16(), cursor.be32()};
    FramedExchange::keep(tx.framed->side(d).settings, setting);
    if (setting.id == static_cast<std::uint16_t>(SettingId::header_table_size))
      side(other).hpack.allow(setting.value);
    if (setting.id == static_cast<std::uint16_t>(SettingId::max_frame_size))
      side(other).max_frame = setting.value;
  }
}

// Neither side says more.
void Http2Parser::reset_stream(std::uint32_t id) {
  for (const Direction d : {Direction::to_server, Direction::to_client})
    if (Stream* of = stream(id)) end_side(*of, d, false, opening_);
}

bool Http2Parser::headers(const AppInput& in, const FrameHead& head, Bytes payload, HttpTransaction& tx) {
  bool readable = strip_padding(payload, head.has(kPadded));
  if (readable && head.has(kHasPriority)) {
    ByteCursor cursor{payload};
    cursor.skip(4);
    const std::uint8_t weight = cursor.u8();
    readable = !cursor.failed();
    if (readable) FramedExchange::keep(tx.framed->side(in.direction).priorities, weight);
    payload = cursor.rest();
  }
  if (readable) return begin_block(in, head, payload);
  raise(tx, Event::invalid_frame_data);
  return false;
}

// The request that the server answers without having been asked.
bool Http2Parser::push_promise(const AppInput& in, const FrameHead& head, Bytes payload,
                               HttpTransaction& tx) {
  bool readable = strip_padding(payload, head.has(kPadded));
  ByteCursor cursor{payload};
  FrameHead promised = head;
  promised.stream = cursor.be32() & kStreamBits;
  promised.flags |= kEndStream;
  // A client makes none, and none is about a request that the client has made.
  readable = readable && !cursor.failed() && promised.stream != 0 && in.direction == Direction::to_client &&
             stream(promised.stream) == nullptr;
  if (readable) return begin_block(in, promised, cursor.rest());
  raise(tx, Event::invalid_frame_data);
  return false;
}

bool Http2Parser::begin_block(const AppInput& in, const FrameHead& head, Bytes fragment) {
  if (head.has(kEndHeaders)) return end_block(in, head, fragment);
  Side& s = side(in.direction);
  s.in_block = true;
  s.block_head = head;
  s.block.assign(fragment.begin(), fragment.end());
  return true;
}

bool Http2Parser::continuation(const AppInput& in, const FrameHead& head, Bytes whole) {
  const Bytes payload = whole.subspan(kFrameHead);
  Side& s = side(in.direction);
  HttpTransaction& tx = transaction_for(s.in_block ? s.block_head : head, in.direction);
  note_frame(in, head, whole, &tx);
  if (!s.in_block || head.stream != s.block_head.stream) {
    raise(tx, Event::invalid_frame_header);
    return true;
  }
  if (payload.size() >
      settings_.max_reassembly_bytes - std::min(settings_.max_reassembly_bytes, s.block.size())) {
    raise(tx, Event::reassembly_limit_reached);
    return false;
  }
  s.block.insert(s.block.end(), payload.begin(), payload.end());
  if (!head.has(kEndHeaders)) return true;
  s.in_block = false;
  const SlabVector<std::uint8_t> block = std::move(s.block);
  s.block.clear();
  return end_block(in, s.block_head, block);
}

bool Http2Parser::end_block(const AppInput& in, const FrameHead& head, Bytes block) {
  // A promise speaks for the client.
  const Direction d = head.type == Type::push_promise ? Direction::to_server : in.direction;
  Stream* const known = stream(head.stream);
  Stream& of = known != nullptr ? *known : stream_for(head.stream);
  HttpTransaction* const tx = transaction(of);
  if (tx == nullptr) return true;  // it has ended for want of room
  const bool informed = d == Direction::to_client && of.has_head[index(d)] &&
                        tx->response.status_number < 200 && tx->response.status_number >= 100;
  const bool trailers = of.has_head[index(d)] && !informed;
  if (of.ended[index(d)]) raise(*tx, Event::extra_header_data);
  if (informed) begin_anew(*tx);
  HpackDecoder& hpack = side(in.direction).hpack;
  const HpackResult r = read_block(block, hpack, d, *tx, trailers);
  if (r == HpackResult::integer_overflow) raise(*tx, Event::header_integer_overflow);
  if (r == HpackResult::malformed) raise(*tx, Event::invalid_header);
  if (r == HpackResult::too_long) raise(*tx, Event::reassembly_limit_reached);
  of.has_head[index(d)] = true;
  if (trailers)
    reach(*tx, d, State::trailer);
  else
    end_head(d, *tx);
  if (!trailers) look_for_dns(of, d, *tx);
  transactions_.charge(*tx);
  if (head.has(kEndStream)) end_side(of, d, true, opening_);
  return r == HpackResult::ok;
}

// The bytes that are missing belong to a body; else there is no way to find the next frame, or to read its fields.
bool Http2Parser::on_gap(Direction direction, std::uint64_t length) {
  if (records_.skip_gap(direction, length)) return true;
  Side& s = side(direction);
  if (length > s.body_left) return false;
  s.body_left -= static_cast<std::uint32_t>(length);
  Stream* const of = stream(s.body_stream);
  if (of == nullptr || of->ended[index(direction)]) return true;
  if (HttpTransaction* const tx = transaction(*of); tx != nullptr) {
    forget_dns(*of, direction, *tx);
    body(*of, direction, *tx).gap(*tx, length, opening_);
    tx->message(direction).wire_body_bytes += length;
  }
  if (s.body_left == 0 && s.ends_stream) end_side(*of, direction, true, opening_);
  return true;
}

}  // namespace weir::http2
