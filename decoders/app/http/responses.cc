// The phases of HttpParser that read the head of a response.
#include <algorithm>
#include <utility>

#include "decoders/app/http/parser.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"

namespace weir::http {
namespace {

bool interim(const Response& r) {
  const auto length = r.header("content-length");
  return r.status_number >= 100 && r.status_number < 200 && r.status_number != 101 &&
         !r.header("transfer-encoding") && (!length || content_length(*length).value_or(0) == 0);
}

// A change of protocol that nobody asked for: clients look for the response behind it, and show what else comes.
bool is_unasked_change(const HttpTransaction& t) {
  return t.response.status_number == 101 && !t.request_missing && !t.request.header("upgrade") &&
         !t.is_method("connect");
}

// No status line begins so. Blanks do not tell yet.
bool is_no_head(Bytes rest) {
  const auto text =
      std::find_if(rest.begin(), rest.end(), [](std::uint8_t c) { return !is_blank_byte(c) && c != 0; });
  return rest.end() - text >= 4 && !looks_like_status_line(rest);
}

// Of its head receivers may take another length for the right one.
bool names_several_lengths(const HttpTransaction& t, std::string_view length) {
  constexpr std::string_view kDigits = "0123456789";
  const std::size_t first = length.find_first_of(kDigits);
  const std::size_t behind = length.find_first_not_of(kDigits, std::min(first, length.size()));
  const bool two =
      behind != std::string_view::npos && length.find_first_of(kDigits, behind) != std::string_view::npos;
  return two || std::any_of(t.events.begin(), t.events.end(), [](const AppEvent& e) {
           return e.code == static_cast<std::uint8_t>(Event::duplicate_content_length_in_response);
         });
}

}  // namespace

// The oldest request without a response; requests that have ended for want of room are older still. Null: there is none.
HttpTransaction* HttpParser::next_request() {
  if (answered_lost_ < lost_requests_) return nullptr;
  while (next_response_ < transactions_.next_id()) {
    auto* t = tx_cast<HttpTransaction>(transactions_.find(next_response_++));
    if (t != nullptr && !t->stands_alone && !t->ended()) return t;
  }
  return nullptr;
}

// The response to no request that is known.
HttpTransaction& HttpParser::add_unasked() {
  bool head = false;
  if (answered_lost_ < lost_requests_) {
    head = !lost_heads_.empty() && lost_heads_.front() == answered_lost_;
    if (head) lost_heads_.erase(lost_heads_.begin());
    ++answered_lost_;
  }
  make_room();
  auto& t = transactions_.add<HttpTransaction>();
  t.request_missing = t.stands_alone = true;
  t.head_request = head;
  note(t, Event::unable_to_match_response_to_request);
  end_unasked();
  unasked_ = t.id;
  if (!request_.had_message) end_unasked();  // one side is all there is, maybe
  return t;
}

// What its client sends next is another request.
void HttpParser::end_unasked() {
  if (!unasked_) return;
  if (auto* t = tx_cast<HttpTransaction>(transactions_.find(*unasked_)))
    reach(*t, Direction::to_server, State::complete);
  unasked_.reset();
}

Step HttpParser::start_response(Feed& feed) {
  HttpTransaction* t = next_request();
  if (t == nullptr) t = &add_unasked();
  begin(response_, *t, feed, FrameKind::response);
  response_.continue_seen = false;
  response_.after_bare_lf = response_.mixed_ends = response_.doubtful_length = false;
  const bool short_request = !t->request_missing && t->request.protocol_number == 9 &&
                             t->request.protocol().empty() &&
                             t->state(Direction::to_server) == State::complete;
  if (short_request) return begin_body(response_, *t, Phase::open_body, 0);
  return Step::again;
}

Step HttpParser::response_line(Feed& feed) {
  const auto line = find_response_line(feed.rest(), response_.scanned, feed.eof());
  HttpTransaction& t = *tx(response_);
  if (feed.files().at_once && is_no_head(feed.rest())) return begin_no_head(t);
  if (!line && feed.rest().size() <= kLongLineBytes) return Step::wait;
  if (!line || line->size > kLongLineBytes) return headless_body(t);
  if (!looks_like_status_line(feed.rest().first(line->size))) return body_without_head(t, feed, *line);
  const Bytes raw = feed.take(line->size);
  response_.after_bare_lf = raw.back() == '\n' && (raw.size() < 2 || raw[raw.size() - 2] != '\r');
  parse_status_line(raw.first(line->text), t);
  // Of an interim response rules see nothing: the one that counts is still to come.
  if (t.response.status_number == 0 || t.response.status_number >= 200)
    reach(t, Direction::to_client, State::line);
  response_.headers.start(Direction::to_client, false);
  response_.phase = Phase::headers;
  return Step::again;
}

// A line that is no status line: browsers skip it when a status line follows, and else show all of it as a
// body.
Step HttpParser::body_without_head(HttpTransaction& t, Feed& feed, const Line& line) {
  const Bytes rest = feed.rest();
  const bool blank =
      std::all_of(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(line.text), is_blank_byte);
  if (line.size < rest.size() ? rest[line.size] == 'H' || line.size <= 2 : !feed.eof() && line.size <= 2) {
    feed.take(line.size);
    response_.scanned = 0;
    return Step::again;
  }
  if (line.size == rest.size() && !feed.eof()) {
    response_.scanned = line.size - 1;  // the byte behind it decides
    return Step::wait;
  }
  if (blank && feed.eof()) feed.take(line.size);
  return headless_body(t);
}

// Inline what is no head is looked at as it comes. When a status line follows upon its first line, nothing has come so far.
Step HttpParser::begin_no_head(HttpTransaction& t) {
  response_.scanned = 0;
  response_.mid_line = true;
  return begin_body(response_, t, Phase::no_head, 0);
}

Step HttpParser::no_head(Feed& feed) {
  HttpTransaction& t = *tx(response_);
  const Bytes rest = feed.rest();
  if (rest.empty()) return Step::wait;
  if (!response_.mid_line) {
    const bool head_follows = rest[0] == 'H';
    response_.phase = head_follows ? Phase::line : Phase::open_body;
    if (!head_follows) {
      note(t, Event::response_invalid_protocol);
      return Step::again;
    }
    response_.body.finish(t, false, feed.files());
    t.response = Response{};
    return Step::again;
  }
  const auto end = std::find(rest.begin(), rest.end(), std::uint8_t{'\n'});
  const auto most = static_cast<std::size_t>(end - rest.begin()) + (end != rest.end() ? 1 : 0);
  const std::size_t taken = body_bytes(response_, feed, most);
  response_.mid_line = taken != most || end == rest.end();
  return response_.body.waits() ? pause(true) : Step::again;
}

Step HttpParser::headless_body(HttpTransaction& t) {
  note(t, Event::response_invalid_protocol);
  response_.scanned = 0;
  return begin_body(response_, t, Phase::open_body, 0);
}

Step HttpParser::switch_protocol(AppProto next, bool check) {
  outcome_.status = ParseOutcome::Status::change;
  outcome_.next_protocol = next;
  outcome_.check_next = check;
  return Step::stop;
}

// Of an interim response: the final one begins.
void HttpParser::begin_anew(Response& r) {
  r.fields.clear();
  r.raw_headers.clear();
  r.joined.clear();
  response_.scanned = 0;
  response_.phase = Phase::line;
}

// The connection is no longer HTTP behind this response: what it changes to, as far as its head says.
Step HttpParser::leave_http(HttpTransaction& t, bool connected, Feed& feed) {
  response_.body.start(t);
  complete(response_, t, true, feed.files());
  const auto upgrade = t.response.header("upgrade");
  if (connected || !upgrade) return switch_protocol(AppProto::unknown);
  if (contains_nocase(*upgrade, "websocket")) return switch_protocol(AppProto::websocket);
  if (contains_nocase(*upgrade, "h2c")) {
    unfinished_ = std::make_unique<HttpTransaction>(t.id);
    unfinished_->request.line = t.request.line;
    unfinished_->request.method = t.request.method;
    unfinished_->request.uri = t.request.uri;
    unfinished_->request.raw_headers = t.request.raw_headers;
    unfinished_->request.joined = t.request.joined;
    unfinished_->request.fields = t.request.fields;
    return switch_protocol(AppProto::http2);
  }
  if (contains_nocase(*upgrade, "tls/1.")) return switch_protocol(AppProto::tls, true);  // RFC 2817 3.3
  note(t,
       Event::failed_protocol_change);  // to one that has no parser here: what follows has to be recognised
  return switch_protocol(AppProto::unknown);
}

Step HttpParser::response_headers_done(HttpTransaction& t, Feed& feed) {
  if (response_.mixed_ends) {
    response_.phase = Phase::body_start;
    return Step::again;
  }
  Response& r = t.response;
  if (interim(r) || is_unasked_change(t)) {
    if (r.status_number == 100 && std::exchange(response_.continue_seen, true))
      note(t, Event::continue_already_seen);
    begin_anew(r);
    return Step::again;
  }
  reach(t, Direction::to_client, State::headers);
  const bool connected = t.is_method("connect") && r.status_number >= 200 && r.status_number < 300;
  if (connected || r.status_number == 101) return leave_http(t, connected, feed);
  if (request_.phase == Phase::wait_tunnel && request_.tx_id == t.id) {
    request_.phase = Phase::idle;
    outcome_.wakes_other = true;
  }

  const auto encoding = r.header("transfer-encoding");
  const auto length = r.header("content-length");
  const auto type = r.header("content-type");
  const bool no_body = t.is_head() ||
                       (r.status_number >= 100 && r.status_number < 200 && !length && !encoding) ||
                       r.status_number == 204 || r.status_number == 304;
  if (no_body) {
    response_.body.start(t);
    return complete(response_, t, true, feed.files());
  }
  if (encoding) {
    if (contains_nocase(*encoding, "chunked")) {
      if (r.protocol_number < 101) note(t, Event::response_chunked_old_proto);
      if (!equals_nocase(*encoding, "chunked")) note(t, Event::response_abnormal_transfer_encoding);
      return begin_body(response_, t, Phase::chunk_size, 0);
    }
    note(t, Event::invalid_transfer_encoding_in_response);
  }
  if (length) {
    if (const auto bytes = content_length(*length)) {
      response_.doubtful_length = names_several_lengths(t, *length);
      return begin_body(response_, t, Phase::fixed_body, *bytes);
    }
    note(t, Event::invalid_content_length_in_response);
  } else if (type && contains_nocase(*type, "multipart/byteranges")) {
    note(t, Event::response_multipart_byteranges);
  }
  return begin_body(response_, t, Phase::open_body, 0);
}

}  // namespace weir::http
