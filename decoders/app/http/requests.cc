// The phases of HttpParser that read the head of a request.
#include <algorithm>

#include "decoders/app/http/parser.h"
#include "decoders/app/http/uri.h"
#include "decoders/text.h"

namespace weir::http {
namespace {

bool is_space_or_tab(std::uint8_t c) {
  return c == ' ' || c == '\t';
}

// A request line without protocol: headers may follow all the same. They do when the next bytes look like a name and a
// colon; no answer while that cannot be told yet. `scanned`: bytes of `rest` that earlier calls have looked at.
std::optional<bool> header_follows(Bytes rest, std::size_t& scanned) {
  for (; scanned < std::min(rest.size(), kLongLineBytes); ++scanned) {
    const std::uint8_t c = rest[scanned];
    if (c == ':') return true;
    const bool after_blank = scanned > 0 && is_space_or_tab(rest[scanned - 1]);
    if (!is_space_or_tab(c) && (is_blank_byte(c) || after_blank)) return false;
  }
  if (scanned == kLongLineBytes) return false;
  return std::nullopt;
}

void check_authorization(HttpTransaction& t) {
  const auto value = t.request.header("authorization");
  if (!value) return;
  for (const std::string_view scheme : {"basic", "digest", "bearer"})
    if (equals_nocase(value->substr(0, scheme.size()), scheme)) return;
  note(t, Event::request_auth_unrecognized);
}

}  // namespace

Step HttpParser::start_request(Feed& feed) {
  make_room();
  begin(request_, transactions_.add<HttpTransaction>(), feed, FrameKind::request);
  return Step::again;
}

Step HttpParser::request_line(Feed& feed) {
  const auto line = head_line(request_, feed);
  if (!line) return Step::wait;
  HttpTransaction& t = *tx(request_);
  const Bytes raw = feed.take(line->size);
  if (raw.back() != '\n' && !request_.cut_line) note(t, Event::request_line_incomplete);
  parse_request_line(raw.first(line->text), settings_, t);
  normalise_uri(settings_, t);
  reach(t, Direction::to_server, State::line);
  request_.headers.start(Direction::to_server, false);
  request_.scanned = 0;
  request_.phase = t.request.protocol().empty() ? Phase::after_line : Phase::headers;
  return Step::again;
}

Step HttpParser::after_request_line(Feed& feed) {
  if (request_.cut_line && !skip_line(request_, feed)) return Step::wait;
  HttpTransaction& t = *tx(request_);
  const std::optional<bool> headers = header_follows(feed.rest(), request_.scanned);
  if (!headers && !feed.eof()) return Step::wait;
  if (!headers.value_or(false)) return end_simple_request(t, feed.files());
  note(t, Event::request_line_missing_protocol);
  t.request.protocol_number = 0;
  request_.scanned = 0;
  request_.phase = Phase::headers;
  return Step::again;
}

// HTTP/0.9: nothing more comes from the client.
Step HttpParser::end_simple_request(HttpTransaction& t, const FileOpening& files) {
  complete(request_, t, true, files);
  request_.phase = Phase::ignore;
  return Step::again;
}

Step HttpParser::request_headers_done(HttpTransaction& t, Feed& feed) {
  Request& r = t.request;
  apply_host_header(t);
  check_authorization(t);
  reach(t, Direction::to_server, State::headers);
  if (t.is_method("connect")) {
    complete(request_, t, true, feed.files());
    request_.phase = Phase::wait_tunnel;
    return Step::again;
  }
  const auto encoding = r.header("transfer-encoding");
  const auto length = r.header("content-length");
  if (encoding) {
    if (contains_nocase(*encoding, "chunked")) return begin_body(request_, t, Phase::chunk_size, 0);
    note(t, Event::invalid_transfer_encoding_in_request);
  }
  if (length) {
    const auto bytes = content_length(*length);
    if (!bytes)
      note(t, Event::invalid_content_length_in_request);
    else if (*bytes != 0)
      return begin_body(request_, t, Phase::fixed_body, *bytes);
  }
  request_.body.start(t);
  return complete(request_, t, true, feed.files());
}

}  // namespace weir::http
