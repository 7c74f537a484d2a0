// Start lines and headers of HTTP/1 messages: lenient, as servers and browsers are (Suricata's IDS
// personality).
//
// All functions copy what they keep into the message and note what is wrong as events of the transaction.
// Linear in the line; a header that is repeated more than kMaxRepetitions times in a message is not joined
// any more.
#pragma once

#include "decoders/app/http/settings.h"
#include "decoders/app/http/transaction.h"

namespace weir::http {

inline constexpr unsigned kMaxRepetitions = 64;

// `line` without its end.
void parse_request_line(Bytes line, const HttpSettings& settings, HttpTransaction& tx);
void parse_status_line(Bytes line, HttpTransaction& tx);
// Whether a line may be a status line: "HTTP" after blanks and zero bytes. Else browsers take it for a body.
bool looks_like_status_line(Bytes line);

// Puts header lines together and makes fields of them.
class HeaderReader {
 public:
  // Before the first line of a message, and again before its trailers.
  void start(Direction direction, bool trailers);
  // `raw` is the line with its end, `size` its length without.
  void line(HttpTransaction& tx, Bytes raw, std::size_t size);
  // The empty line, which is kept too, or the end of the stream.
  void finish(HttpTransaction& tx, Bytes raw);

 private:
  void flush(HttpTransaction& tx);
  void fold(HttpTransaction& tx, std::string_view text, std::size_t at);
  void add(HttpTransaction& tx, const Field& field);
  void repeat(HttpTransaction& tx, Field& first, const Field& again);
  [[nodiscard]] std::string_view pending(const Message& m) const {
    return text_.of(joined_ ? m.joined : m.raw_headers);
  }
  [[nodiscard]] Event either(Event request, Event response) const {
    return direction_ == Direction::to_server ? request : response;
  }

  Direction direction_ = Direction::to_server;
  bool trailers_ = false;
  bool has_pending_ = false;
  bool joined_ = false;  // the pending text lies in Message::joined
  Slice text_;           // the pending header, folded lines included
  unsigned repetitions_ = 0;
};

// Content-Length as receivers read it: junk before and behind the digits is skipped. None: no digits, or too
// big.
std::optional<std::uint64_t> content_length(std::string_view value);

inline void note(HttpTransaction& tx, Event e) {
  const auto number = static_cast<std::uint8_t>(e);
  const std::uint8_t code = tx.event_codes == nullptr ? number : tx.event_codes[number];
  if (code != HttpTransaction::kNoEvent) tx.raise(code);
}

}  // namespace weir::http
