// The streams of a connection, and the transactions that stand for them.
#include <algorithm>

#include "decoders/app/http2/parser.h"

namespace weir::http2 {

using http::HttpTransaction;
using http::State;

namespace {

constexpr std::array<std::uint8_t, 256> make_event_codes() {
  std::array<std::uint8_t, 256> out{};
  out.fill(HttpTransaction::kNoEvent);
  const auto is = [&out](http::Event from, Event to) {
    out[static_cast<std::size_t>(from)] = static_cast<std::uint8_t>(to);
  };
  is(http::Event::gzip_decompression_failed, Event::failed_decompression);
  is(http::Event::compression_bomb, Event::failed_decompression);
  is(http::Event::lzma_memlimit_reached, Event::failed_decompression);
  is(http::Event::range_invalid, Event::invalid_range);
  is(http::Event::host_header_ambiguous, Event::authority_host_mismatch);
  return out;
}

}  // namespace

constinit const std::array<std::uint8_t, 256> kEventCodes = make_event_codes();

std::size_t Http2Parser::place_of(std::uint32_t id) const {
  const auto at = std::lower_bound(streams_.begin(), streams_.end(), id,
                                   [](const auto& s, std::uint32_t wanted) { return s->id < wanted; });
  return static_cast<std::size_t>(at - streams_.begin());
}

Http2Parser::Stream* Http2Parser::stream(std::uint32_t id) {
  const std::size_t at = place_of(id);
  return at != streams_.size() && streams_[at]->id == id ? streams_[at].get() : nullptr;
}

// Opens it. At the limit the oldest one is forgotten.
Http2Parser::Stream& Http2Parser::stream_for(std::uint32_t id) {
  if (streams_.size() >= settings_.max_streams) reset_stream(streams_.front()->id);
  auto made = std::make_unique<Stream>();
  made->id = id;
  made->tx_id = add_transaction(id).id;
  const auto at = streams_.begin() + static_cast<std::ptrdiff_t>(place_of(id));
  return **streams_.insert(at, std::move(made));
}

// It is there.
void Http2Parser::forget(std::uint32_t id) {
  streams_.erase(streams_.begin() + static_cast<std::ptrdiff_t>(place_of(id)));
}

HttpTransaction* Http2Parser::transaction(const Stream& s) {
  return tx_cast<HttpTransaction>(transactions_.find(s.tx_id));
}

HttpTransaction& Http2Parser::add_transaction(std::uint32_t stream_id) {
  auto& tx = transactions_.add<HttpTransaction>();
  tx.framed = std::make_unique<http::FramedExchange>();
  tx.framed->stream = stream_id;
  tx.event_codes = kEventCodes.data();
  made_output_ = true;
  return tx;
}

// A stream that has a priority and may begin later is told of as one, which takes no other's place for it.
bool Http2Parser::is_idle(const FrameHead& head, Direction d) const {
  return head.type == Type::priority && d == Direction::to_server && head.stream > side(d).last_opened &&
         idle_streams_ < kMaxIdleStreams && streams_.size() < settings_.max_streams;
}

// One of its own is complete on both sides, though one has spoken: the other says nothing.
HttpTransaction& Http2Parser::transaction_for(const FrameHead& head, Direction d) {
  Stream* of = head.stream != 0 ? stream(head.stream) : nullptr;
  const bool was_there = of == nullptr && head.stream <= side(d).last_opened;
  // Other frames are about a stream that is there, was, or will be.
  const bool begins = head.type == Type::headers;
  const bool idle = of == nullptr && is_idle(head, d);
  if (idle) ++idle_streams_;
  if (of == nullptr && (begins || idle) && head.stream != 0) of = &stream_for(head.stream);
  HttpTransaction* tx = of != nullptr ? transaction(*of) : nullptr;
  if (tx == nullptr) {
    tx = &add_transaction(head.stream);
    tx->progress.fill(static_cast<std::uint8_t>(State::complete));
  }
  if (begins && d == Direction::to_server) {
    if (was_there) raise(*tx, Event::stream_id_reuse);
    side(d).last_opened = std::max(side(d).last_opened, head.stream);
  }
  return *tx;
}

http::BodyReader& Http2Parser::body(Stream& s, Direction d, HttpTransaction& tx) {
  auto& reader = s.bodies[index(d)];
  if (reader == nullptr) {
    reader = std::make_unique<http::BodyReader>(settings_.http, d, files_);
    reader->look_at_once(opening_.at_once);
    reader->start(tx);
  }
  return *reader;
}

// `s` may be gone afterwards.
void Http2Parser::end_side(Stream& s, Direction d, bool whole, const FileOpening& files) {
  if (s.ended[index(d)]) return;
  s.ended[index(d)] = true;
  if (HttpTransaction* tx = transaction(s)) {
    if (s.bodies[index(d)] != nullptr) s.bodies[index(d)]->finish(*tx, whole, files);
    reach(*tx, d, State::complete);
    if (whole && s.has_dns[index(d)]) add_dns(d, *tx);
  }
  if (s.ended[index(opposite(d))]) forget(s.id);
}

void Http2Parser::reach(HttpTransaction& tx, Direction d, State state) {
  std::uint8_t& progress = tx.progress[index(d)];
  progress = std::max(progress, static_cast<std::uint8_t>(state));
}

}  // namespace weir::http2
