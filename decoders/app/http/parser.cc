#include "decoders/app/http/parser.h"

#include <algorithm>

namespace weir::http {
HttpParser::HttpParser(const HttpSettings& settings)
    : settings_(settings),
      request_(settings, Direction::to_server, files_),
      response_(settings, Direction::to_client, files_) {
  transactions_.set_limits({.open = settings.max_transactions,
                            .bytes = settings.max_transaction_bytes,
                            .event = static_cast<std::uint8_t>(Event::too_many_transactions)});
}

ParseOutcome HttpParser::parse(const AppInput& in) {
  outcome_ = {};
  Side& side = in.direction == Direction::to_server ? request_ : response_;
  wanted_of_files_ = in.requested->files;
  const FileOpening files{in.time, wanted_of_files_, in.joiner, settings_.at_once(in.requested->at_once)};
  side.body.look_at_once(files.at_once);
  Feed feed{in.data, in.eof, files, in.frames};
  end_frame(side, feed);  // of a message that a gap has ended
  if (&side == &request_) end_unasked();
  // A server that answers has the whole request.
  if (&side == &response_ && !in.data.empty() && request_.phase == Phase::after_line)
    if (HttpTransaction* t = tx(request_)) end_simple_request(*t, files);
  while (step(side, feed) == Step::again) end_frame(side, feed);
  end_frame(side, feed);
  outcome_.consumed = feed.consumed();
  if (in.eof && outcome_.status == ParseOutcome::Status::ok && !outcome_.paused)
    end_of_stream(side, files, in.is_cut);
  if (HttpTransaction* t = tx(side)) transactions_.charge(*t);
  return outcome_;
}

Step HttpParser::step(Side& side, Feed& feed) {
  if (!between_messages(side) && tx(side) == nullptr) {  // its transaction was taken away
    side.phase = Phase::resync;
    side.scanned = 0;
  }
  const bool server = side.direction == Direction::to_server;
  switch (side.phase) {
    case Phase::idle: return idle(side, feed);
    case Phase::resync: return resync(side, feed);
    case Phase::line: return server ? request_line(feed) : response_line(feed);
    case Phase::after_line: return after_request_line(feed);
    case Phase::headers: return headers(side, feed, false);
    case Phase::no_head: return no_head(feed);
    case Phase::body_start: return body_start(feed);
    case Phase::fixed_body: return fixed_body(side, feed);
    case Phase::open_body: return open_body(side, feed);
    case Phase::chunk_size: return chunk_size(side, feed);
    case Phase::chunk_data: return chunk_data(side, feed);
    case Phase::chunk_end: return chunk_end(side, feed);
    case Phase::trailers: return headers(side, feed, true);
    case Phase::leftover: return leftover(side, feed);
    case Phase::wait_tunnel: return wait_tunnel(feed);
    case Phase::ignore: feed.take(feed.rest().size()); return Step::wait;
  }
  return Step::wait;
}

bool HttpParser::between_messages(const Side& side) {
  return side.phase == Phase::idle || side.phase == Phase::resync || side.phase == Phase::ignore ||
         side.phase == Phase::wait_tunnel;
}

void HttpParser::end_frame(Side& side, Feed& feed) {
  if (side.frame == kNoFrame || !between_messages(side)) return;
  feed.end_frame(side.frame);
  side.frame = kNoFrame;
}

Step HttpParser::pause(bool made_output) {
  outcome_.paused = true;
  outcome_.made_output = made_output;
  return Step::stop;
}

// Side `side` reads `t` from here on; its phase is that of the start line.
void HttpParser::begin(Side& side, HttpTransaction& t, Feed& feed, FrameKind frame) {
  t.under_way[index(side.direction)] = true;
  side.tx_id = t.id;
  side.phase = Phase::line;
  side.scanned = 0;
  side.cut_line = false;
  side.frame = feed.begin_frame(frame, t.id);
}

// Before a transaction is added: the one that ends for it may be a request whose response is still to come.
void HttpParser::make_room() {
  if (!transactions_.full()) return;
  const auto* t = tx_cast<HttpTransaction>(transactions_.next_to_end());
  if (t == nullptr || t->id < next_response_ || t->stands_alone) return;
  if (t->is_head() && lost_heads_.size() < kMaxLostHeads) lost_heads_.push_back(lost_requests_);
  ++lost_requests_;
}

void HttpParser::reach(HttpTransaction& tx, Direction d, State state) {
  std::uint8_t& progress = tx.progress[index(d)];
  if (progress < static_cast<std::uint8_t>(state)) progress = static_cast<std::uint8_t>(state);
}

std::optional<Line> HttpParser::find_line_of(Side& side, const Feed& feed) {
  return side.direction == Direction::to_client ? find_response_line(feed.rest(), side.scanned, feed.eof())
                                                : find_line(feed.rest(), side.scanned, feed.eof());
}

// The next line of a head, or none yet. Of one that is too long so much as is kept, its end missing; the rest is passed
// over.
std::optional<Line> HttpParser::head_line(Side& side, Feed& feed) {
  if (side.cut_line && !skip_line(side, feed)) return std::nullopt;
  auto line = find_line_of(side, feed);
  const std::size_t size = line ? line->size : feed.rest().size();
  if (size > kLongLineBytes)
    note(*tx(side), side.direction == Direction::to_server ? Event::request_field_too_long
                                                           : Event::response_field_too_long);
  if (size <= kMaxLineBytes) return line;
  side.cut_line = true;
  side.scanned = 0;
  return Line{kMaxLineBytes, kMaxLineBytes};
}

// Passes over the rest of a line that was cut; false: its end is not there yet.
bool HttpParser::skip_line(Side& side, Feed& feed) {
  const auto line = find_line_of(side, feed);
  side.cut_line = !line;
  // What stands at the end may be the first byte of two that end the line.
  const std::size_t size = line ? line->size : side.scanned;
  feed.take(size);
  side.scanned = 0;
  return line.has_value();
}

Step HttpParser::headers(Side& side, Feed& feed, bool trailers) {
  const bool response = side.direction == Direction::to_client;
  if (response && side.after_bare_lf && !feed.empty()) {
    side.after_bare_lf = false;
    if (feed.rest()[0] == '\r') {
      feed.take(1);
      side.mixed_ends = true;
      side.scanned = 0;
    }
  }
  const auto line = head_line(side, feed);
  if (!line) return Step::wait;
  HttpTransaction& t = *tx(side);
  if (ends_head(side, feed, *line)) {
    side.headers.finish(t, feed.take(line->size));
    side.after_bare_lf = false;
    if (trailers) {
      reach(t, side.direction, State::trailer);
      return end_message(side, t, feed);
    }
    return response ? response_headers_done(t, feed) : request_headers_done(t, feed);
  }
  // A blank line that needs the byte behind it to be told from a folded one.
  if (line->size == 2 && line->size == feed.rest().size() && !feed.eof() && feed.rest()[1] == '\n' &&
      line->text == 1 && (feed.rest()[0] == ' ' || feed.rest()[0] == '\t'))
    return Step::wait;
  const Bytes raw = feed.take(line->size);
  side.after_bare_lf = raw.back() == '\n' && (raw.size() < 2 || raw[raw.size() - 2] != '\r');
  side.headers.line(t, raw, line->text);
  return Step::again;
}

// An empty line; also a blank with LF that no LF follows, which some servers send.
bool HttpParser::ends_head(const Side&, Feed& feed, const Line& line) const {
  if (line.text == 0) return line.size <= 2;
  const Bytes rest = feed.rest();
  return line.size == 2 && line.text == 1 && rest[1] == '\n' && (rest[0] == ' ' || rest[0] == '\t') &&
         rest.size() > 2 && rest[2] != '\n';
}

Step HttpParser::complete(Side& side, HttpTransaction& t, bool whole, const FileOpening& files) {
  side.body.finish(t, whole, files);
  reach(t, side.direction, State::complete);
  t.under_way[index(side.direction)] = false;
  side.phase = Phase::idle;
  side.scanned = 0;
  side.had_message = true;
  outcome_.flush_stream_inspection = true;
  return Step::again;
}

void HttpParser::end_of_stream(Side& side, const FileOpening& files, bool is_cut) {
  if (between_messages(side)) return;
  HttpTransaction* t = tx(side);
  if (t == nullptr) return;
  if (side.phase == Phase::headers || side.phase == Phase::trailers) side.headers.finish(*t, {});
  const bool can_end_here =
      side.phase == Phase::open_body || side.phase == Phase::leftover || side.phase == Phase::trailers;
  complete(side, *t, can_end_here && !is_cut, files);
}

bool HttpParser::begin_midway() {
  request_.phase = response_.phase = Phase::resync;
  return true;
}

// Inside a body the missing bytes belong to it. Anywhere else (a head, the frame of a chunk) the message ends
// here, and the next one is looked for.
bool HttpParser::on_gap(Direction direction, std::uint64_t length) {
  Side& side = direction == Direction::to_server ? request_ : response_;
  if (side.phase == Phase::ignore) return true;
  HttpTransaction* t = tx(side);
  const FileOpening files{t != nullptr ? t->first_seen : 0, wanted_of_files_};
  const bool fixed = side.phase == Phase::fixed_body;
  const bool in_body =
      fixed || side.phase == Phase::open_body || (side.phase == Phase::chunk_data && length <= side.left);
  if (t == nullptr || !in_body) {
    if (!between_messages(side) && t != nullptr) complete(side, *t, false, files);
    side.phase = Phase::resync;
    side.scanned = 0;
    return true;
  }
  // What is missing beyond a fixed body may have been line ends; the next message will tell.
  if (side.phase != Phase::open_body) {
    length = std::min(length, side.left);
    side.left -= length;
  }
  side.body.gap(*t, length, files);
  t->message(direction).wire_body_bytes += length;
  if (side.left == 0 && fixed) complete(side, *t, true, files);
  return true;
}

}  // namespace weir::http
