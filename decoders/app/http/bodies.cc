// The phases of HttpParser in which a body arrives.
#include <algorithm>
#include <array>

#include "decoders/app/http/parser.h"
#include "decoders/text.h"

namespace weir::http {
// Takes up to `most` bytes for the body, as far as it wants them now; how many.
std::size_t HttpParser::body_bytes(Side& side, Feed& feed, std::uint64_t most) {
  HttpTransaction& t = *tx(side);
  const std::size_t there = feed.rest().size();
  const Bytes chunk = feed.rest().first(most < there ? static_cast<std::size_t>(most) : there);
  const std::size_t taken = side.body.data(t, chunk, feed.files());
  t.message(side.direction).wire_body_bytes += taken;
  feed.take(taken);
  return taken;
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
  side.left -= body_bytes(side, feed, side.left);
  if (side.body.waits()) return pause(true);
  if (side.left != 0) return Step::wait;
  return end_message(side, *tx(side), feed);
}

Step HttpParser::open_body(Side& side, Feed& feed) {
  body_bytes(side, feed, feed.rest().size());
  return side.body.waits() ? pause(true) : Step::wait;
}

Step HttpParser::chunk_size(Side& side, Feed& feed) {
  HttpTransaction& t = *tx(side);
  const bool response = side.direction == Direction::to_client;
  auto line = find_line(feed.rest(), side.scanned, feed.eof());
  if (line && line->size > kLongLineBytes) line.reset();
  const bool hopeless = feed.rest().size() > kLongLineBytes ||
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
  side.left -= body_bytes(side, feed, side.left);
  if (side.body.waits()) return pause(true);
  if (side.left != 0) return Step::wait;
  side.phase = Phase::chunk_end;
  return Step::again;
}

// Up to the LF behind the data; what stands there besides is ignored.
Step HttpParser::chunk_end(Side& side, Feed& feed) {
  const Bytes rest = feed.rest();
  const auto line_end = std::find(rest.begin(), rest.end(), std::uint8_t{'\n'});
  const bool ends = line_end != rest.end();
  const std::size_t size = static_cast<std::size_t>(line_end - rest.begin()) + (ends ? 1 : 0);
  tx(side)->message(side.direction).wire_body_bytes += size;
  feed.take(size);
  if (!ends) return Step::wait;
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

}  // namespace weir::http
