// The phases of HttpParser between messages.
#include <algorithm>
#include <array>

#include "decoders/app/http/parser.h"
#include "decoders/text.h"

namespace weir::http {
namespace {

constexpr std::size_t kMaxMethodBytes = 32;

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

bool known_method(std::string_view word) {
  return std::find(kMethods.begin(), kMethods.end(), word) != kMethods.end();
}

// "METHOD uri HTTP/1.1", strictly: what stands behind a gap may be the middle of anything.
bool is_request_line(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || space == 0 || space > kMaxMethodBytes) return false;
  const auto method = line.substr(0, space);
  const bool token = std::all_of(method.begin(), method.end(),
                                 [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; });
  const std::size_t version = line.rfind(" HTTP/");
  return token && version != std::string_view::npos && version > space;
}

// What the bytes behind a message are: the start of another one, none, or too few to say.
enum class Behind : std::uint8_t { message, leftover, unclear };

// A method that we know, or a protocol at the end of the line.
Behind behind_request(const Feed& feed, std::size_t& scanned) {
  std::string_view start = as_text(feed.rest().first(std::min(feed.rest().size(), kMaxMethodBytes)));
  start.remove_prefix(std::min(start.size(), start.find_first_not_of(" \t")));
  const std::size_t word = start.find_first_of(" \t\r\n");
  if (word == 0) return Behind::leftover;  // a line of nothing but blanks
  if (word != std::string_view::npos && known_method(start.substr(0, word))) return Behind::message;
  const auto line = find_line(feed.rest(), scanned, feed.eof());
  if (!line && feed.rest().size() <= kLongLineBytes) return Behind::unclear;
  const std::size_t size = line ? std::min(line->text, kLongLineBytes) : kLongLineBytes;
  const std::string_view text = trim_right(as_text(feed.rest().first(size)));
  const std::size_t last = text.find_last_of(" \t");
  const bool protocol = last != std::string_view::npos && equals_nocase(text.substr(last + 1, 4), "HTTP");
  return protocol ? Behind::message : Behind::leftover;
}

Behind behind_response(const Feed& feed, std::size_t& scanned) {
  const Bytes rest = feed.rest();
  while (scanned < std::min(rest.size(), kLongLineBytes) &&
         (is_blank_byte(rest[scanned]) || rest[scanned] == 0)) {
    if (rest[scanned++] == '\n') return Behind::leftover;  // a line of nothing but blanks
  }
  if (rest.size() - scanned < 4 && !feed.eof()) return Behind::unclear;
  return looks_like_status_line(rest.first(std::min(rest.size(), scanned + 4))) ? Behind::message
                                                                                : Behind::leftover;
}

Behind what_follows(Direction d, const Feed& feed, std::size_t& scanned) {
  return d == Direction::to_server ? behind_request(feed, scanned) : behind_response(feed, scanned);
}

}  // namespace

void HttpParser::skip_line_ends(Feed& feed) {
  while (!feed.empty() && (feed.rest()[0] == '\r' || feed.rest()[0] == '\n')) feed.take(1);
}

// Line ends between messages belong to none.
Step HttpParser::idle(Side& side, Feed& feed) {
  skip_line_ends(feed);
  if (feed.empty()) return Step::wait;
  if (transactions_.batch_full() || feed.frames_full()) return pause(false);
  const bool server = side.direction == Direction::to_server;
  if (side.had_message) {
    const Behind behind = what_follows(side.direction, feed, side.scanned);
    if (behind == Behind::unclear) return Step::wait;
    if (behind == Behind::leftover) return start_leftover(side, feed);
  }
  return server ? start_request(feed) : start_response(feed);
}

// A request is parsed on with: a server that refuses the tunnel takes it at once, and inline it is gone when the refusal
// comes by.
Step HttpParser::wait_tunnel(Feed& feed) {
  skip_line_ends(feed);
  if (feed.empty() || behind_request(feed, request_.scanned) != Behind::message) return Step::wait;
  request_.phase = Phase::idle;
  return Step::again;
}

// What belongs to no message of this side. Nothing answers it.
Step HttpParser::start_leftover(Side& side, Feed& feed) {
  const bool server = side.direction == Direction::to_server;
  make_room();
  auto& t = transactions_.add<HttpTransaction>();
  begin(side, t, feed, server ? FrameKind::request : FrameKind::response);
  note(t, server ? Event::request_body_unexpected : Event::response_body_unexpected);
  reach(t, opposite(side.direction), State::complete);
  t.stands_alone = true;
  t.request_missing = !server;
  side.mid_line = side.doubtful_length = false;
  return begin_body(side, t, Phase::leftover, 0);
}

// The message is whole. Line ends that come together with a response's end belong to its body: some servers send them so. What
// stands behind a length that receivers may take for another belongs to it, too, until a message starts.
Step HttpParser::end_message(Side& side, HttpTransaction& t, Feed& feed) {
  if (side.direction == Direction::to_server) return complete(side, t, true, feed.files());
  if (side.doubtful_length) {
    side.phase = Phase::leftover;
    side.scanned = 0;
    side.mid_line = false;
    return Step::again;
  }
  const Bytes rest = feed.rest();
  const auto end =
      std::find_if(rest.begin(), rest.end(), [](std::uint8_t c) { return c != '\r' && c != '\n'; });
  if (end != rest.begin()) {
    t.line_ends_behind = true;
    side.phase = Phase::fixed_body;
    side.left = 0;
    body_bytes(side, feed, static_cast<std::uint64_t>(end - rest.begin()));
    if (side.body.waits()) return pause(true);
  }
  return complete(side, t, true, feed.files());
}

// Line by line, until one starts a message.
Step HttpParser::leftover(Side& side, Feed& feed) {
  if (feed.empty()) return Step::wait;
  if (!side.mid_line) {
    const Behind behind = what_follows(side.direction, feed, side.scanned);
    if (behind == Behind::unclear) return Step::wait;
    if (behind == Behind::message) return complete(side, *tx(side), true, feed.files());
  }
  side.scanned = 0;
  const Bytes rest = feed.rest();
  const auto line_end = std::find(rest.begin(), rest.end(), std::uint8_t{'\n'});
  const auto most = static_cast<std::size_t>(line_end - rest.begin()) + (line_end != rest.end() ? 1 : 0);
  const std::size_t taken = body_bytes(side, feed, most);
  if (taken != 0) side.mid_line = rest[taken - 1] != '\n';
  if (side.doubtful_length && std::any_of(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(taken),
                                          [](std::uint8_t c) { return !is_blank_byte(c); }))
    note(*tx(side), Event::response_body_unexpected);
  return side.body.waits() ? pause(true) : Step::again;
}

// Lines are skipped until one looks like the start of a message of this side.
Step HttpParser::resync(Side& side, Feed& feed) {
  const auto line = find_line(feed.rest(), side.scanned, feed.eof());
  if (!line) {
    if (feed.rest().size() > kLongLineBytes) {
      feed.take(feed.rest().size());
      side.scanned = 0;
    }
    return Step::wait;
  }
  const std::string_view text = as_text(feed.rest().first(line->text));
  side.scanned = 0;
  if (side.direction == Direction::to_server ? is_request_line(text) : text.starts_with("HTTP/")) {
    side.phase = Phase::idle;
    return Step::again;
  }
  feed.take(line->size);
  return Step::again;
}

}  // namespace weir::http
