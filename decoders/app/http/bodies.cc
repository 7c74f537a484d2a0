// The phases of HttpParser in which a body arrives.
#include <algorithm>
#include <array>

#include "decoders/app/http/parser.h"
#include "decoders/text.h"

namespace weir::http {
namespace {

constexpr std::array<std::string_view, 27> kMethods{"GET",
                                                    "POST",
                                                    "HEAD",
                                                    "PUT",
                                                    "DELETE",
                                                    "CONNECT",
                                                    "OPTIONS",
                                                    "TRACE",
                                                    "PATCH",
                                                    "MOVE",
                                                    "COPY",
                                                    "LOCK",
                                                    "UNLOCK",
                                                    "MKCOL",
                                                    "PROPFIND",
                                                    "PROPPATCH",
                                                    "VERSION-CONTROL",
                                                    "CHECKOUT",
                                                    "MERGE",
                                                    "CHECKIN",
                                                    "UNCHECKOUT",
                                                    "MKWORKSPACE",
                                                    "UPDATE",
                                                    "LABEL",
                                                    "REPORT",
                                                    "MKACTIVITY",
                                                    "BASELINE-CONTROL"};

std::string_view first_word(Bytes line) {
  std::string_view text = as_text(line);
  text = trim_left(text);
  std::size_t size = 0;
  while (size < text.size() && !is_blank(text[size])) ++size;
  return text.substr(0, size);
}

bool known_method(std::string_view word) {
  return std::find(kMethods.begin(), kMethods.end(), word) != kMethods.end();
}

// What the bytes behind a body are: the start of a message, more of the body, or too few to say.
enum class Behind : std::uint8_t { message, body, unclear };

Behind behind_request(const Feed& feed, std::size_t& scanned) {
  const auto line = find_line(feed.rest(), scanned, feed.eof());
  if (!line && feed.rest().size() <= kMaxLineBytes) return Behind::unclear;
  return known_method(first_word(feed.rest())) ? Behind::message : Behind::body;
}

Behind behind_response(const Feed& feed) {
  const Bytes rest = feed.rest();
  std::size_t blanks = 0;
  while (blanks < rest.size() && (is_blank_byte(rest[blanks]) || rest[blanks] == 0)) {
    if (rest[blanks++] == '\n') return Behind::body;  // a line of nothing but blanks
  }
  if (rest.size() - blanks < 4 && !feed.eof()) return Behind::unclear;
  return looks_like_status_line(rest) ? Behind::message : Behind::body;
}

}  // namespace

void HttpParser::body_bytes(Side& side, HttpTransaction& t, Bytes chunk, const FileOpening& files) {
  t.message(side.direction).wire_body_bytes += chunk.size();
  side.body.data(t, chunk, files);
}

Step HttpParser::begin_body(Side& side, HttpTransaction& t, Phase phase, std::uint64_t length) {
  side.body.start(t);
  reach(t, side.direction, State::body);
  side.left = length;
  side.first_chunk = true;
  side.phase = phase;
  return Step::again;
}

Step HttpParser::fixed_body(Side& side, Feed& feed) {
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(side.left, feed.rest().size()));
  if (size != 0) body_bytes(side, *tx(side), feed.take(size), feed.files());
  side.left -= size;
  if (side.left != 0) return Step::wait;
  side.phase = Phase::finish;
  return Step::again;
}

Step HttpParser::open_body(Side& side, Feed& feed) {
  if (!feed.empty()) body_bytes(side, *tx(side), feed.take(feed.rest().size()), feed.files());
  return Step::wait;
}

Step HttpParser::chunk_size(Side& side, Feed& feed) {
  HttpTransaction& t = *tx(side);
  const bool response = side.direction == Direction::to_client;
  const auto line = find_line(feed.rest(), side.scanned, feed.eof());
  const bool hopeless = feed.rest().size() > kMaxLineBytes ||
                        !may_be_chunk_length(feed.rest().first(std::min<std::size_t>(feed.rest().size(), 8)));
  if (!line && !hopeless) return Step::wait;
  const ChunkLength length = line ? parse_chunk_length(feed.rest().first(line->size)) : ChunkLength{};
  if (line && !length.valid &&
      std::all_of(feed.rest().begin(), feed.rest().begin() + static_cast<std::ptrdiff_t>(line->size),
                  is_blank_byte)) {
    t.message(side.direction).wire_body_bytes += line->size;
    feed.take(line->size);  // empty lines before a size
    return Step::again;
  }
  if (!length.valid) {
    note(t, response ? Event::invalid_response_chunk_len : Event::invalid_request_chunk_len);
    side.scanned = 0;
    side.phase = Phase::open_body;  // browsers show what comes as it is
    return Step::again;
  }
  if (length.has_extension)
    note(t, response ? Event::response_chunk_extension : Event::request_chunk_extension);
  t.message(side.direction).wire_body_bytes += line->size;
  feed.take(line->size);
  side.left = length.value;
  side.phase = Phase::chunk_data;
  if (side.left == 0) {
    side.headers.start(side.direction, true);
    side.phase = Phase::trailers;
  }
  return Step::again;
}

Step HttpParser::chunk_data(Side& side, Feed& feed) {
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(side.left, feed.rest().size()));
  if (size != 0) body_bytes(side, *tx(side), feed.take(size), feed.files());
  side.left -= size;
  if (side.left != 0) return Step::wait;
  side.phase = Phase::chunk_end;
  return Step::again;
}

// Up to the LF behind the data; what stands there besides is ignored.
Step HttpParser::chunk_end(Side& side, Feed& feed) {
  const auto line = find_line(feed.rest(), side.scanned, feed.eof());
  if (!line && feed.rest().size() <= kMaxLineBytes) return Step::wait;
  const std::size_t size = line ? line->size : feed.rest().size();
  tx(side)->message(side.direction).wire_body_bytes += size;
  feed.take(size);
  side.phase = Phase::chunk_size;
  return Step::again;
}

// The response's head had LF CR as line ends: one more CRLF belongs to it.
Step HttpParser::body_start(Feed& feed) {
  const Bytes rest = feed.rest();
  if (rest.size() < 2 && !feed.eof() && (rest.empty() || rest[0] == '\r')) return Step::wait;
  if (rest.size() >= 2 && rest[0] == '\r' && rest[1] == '\n') feed.take(2);
  response_.mixed_ends = false;
  return response_headers_done(*tx(response_), feed);
}

// Bytes behind the body that start no message still belong to it, as receivers may see it.
Step HttpParser::finish(Side& side, Feed& feed) {
  HttpTransaction& t = *tx(side);
  if (feed.empty()) return complete(side, t, true, feed.files());
  const bool response = side.direction == Direction::to_client;
  switch (response ? behind_response(feed) : behind_request(feed, side.scanned)) {
    case Behind::message: return complete(side, t, true, feed.files());
    case Behind::unclear: return Step::wait;
    case Behind::body: break;
  }
  Bytes rest = feed.rest();
  const auto line_end = std::find(rest.begin(), rest.end(), std::uint8_t{'\n'});
  if (line_end != rest.end()) rest = rest.first(static_cast<std::size_t>(line_end - rest.begin()) + 1);
  feed.take(rest.size());
  const bool blank = std::all_of(rest.begin(), rest.end(), is_blank_byte);
  side.scanned = 0;
  if (blank && !response) return Step::again;
  if (!blank) note(t, response ? Event::response_body_unexpected : Event::request_body_unexpected);
  reach(t, side.direction, State::body);
  body_bytes(side, t, rest, feed.files());
  return Step::again;
}

}  // namespace weir::http
