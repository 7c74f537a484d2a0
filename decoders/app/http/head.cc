#include "decoders/app/http/head.h"

#include <algorithm>
#include <limits>

#include "decoders/text.h"

namespace weir::http {
namespace {

constexpr std::size_t kUsualFields = 12, kUsualHeadBytes = 512;  // room made at once

Slice slice_of(std::string_view part, std::string_view whole) {
  return {static_cast<std::uint32_t>(part.data() - whole.data()), static_cast<std::uint32_t>(part.size())};
}

// "HTTP/1.1" -> 101. Blanks are skipped, as are zeros before the version; anything else is no version we
// know.
std::uint16_t protocol_number(std::string_view text) {
  constexpr std::string_view kName = "http/";
  while (!text.empty() && (is_blank(text.front()) || text.front() == '\0')) text.remove_prefix(1);
  if (text.size() < kName.size() || !equals_nocase(text.substr(0, kName.size()), kName)) return 0;
  text = trim(text.substr(kName.size()));
  while (text.size() > 3 && text.front() == '0') text.remove_prefix(1);
  if (text == "1.1") return 101;
  if (text == "1.0") return 100;
  if (text == "0.9") return 9;
  return 0;
}

// Where the URI ends: before the last blank, so that blanks in the URI stay in it.
std::size_t uri_end(std::string_view rest) {
  const std::string_view text = trim_right(rest);
  const std::size_t last = text.rfind(' ');
  if (last != std::string_view::npos) return last;
  const std::size_t tab = text.find_first_of("\t\v\f");
  return tab == std::string_view::npos ? text.size() : tab;
}

bool token_char(char c) {
  const auto u = static_cast<unsigned char>(c);
  if (u <= 32 || u >= 127) return false;
  return std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
}

bool folding(std::string_view text) {
  return !text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '\0');
}

}  // namespace

void parse_request_line(Bytes wire, const HttpSettings&, HttpTransaction& tx) {
  Request& r = tx.request;
  r.line = as_text(wire);
  const std::string_view line = r.line;
  std::string_view rest = trim_left(line);
  if (rest.size() != line.size()) note(tx, Event::request_line_leading_whitespace);

  std::size_t size = 0;
  while (size < rest.size() && !is_blank(rest[size])) ++size;
  r.method = slice_of(rest.substr(0, size), line);
  rest.remove_prefix(size);
  if (!rest.empty() && rest.front() != ' ') note(tx, Event::method_delimiter_not_compliant);
  rest = trim_left(rest);

  size = uri_end(rest);
  const std::string_view uri = trim_right(rest.substr(0, size));
  r.uri = slice_of(uri, line);
  if (size < rest.size() && rest[size] != ' ') note(tx, Event::uri_delimiter_not_compliant);
  const std::string_view protocol = trim(rest.substr(size));
  r.protocol_text = slice_of(protocol, line);
  r.protocol_number = protocol.empty() ? std::uint16_t{9} : protocol_number(protocol);
  if (r.protocol_number == 0) note(tx, Event::request_line_invalid);
}

void parse_status_line(Bytes wire, HttpTransaction& tx) {
  Response& r = tx.response;
  r.line = as_text(wire);
  const std::string_view line = r.line;
  std::string_view rest = trim_left(line);

  std::size_t size = 0;
  while (size < rest.size() && !is_blank(rest[size])) ++size;
  r.protocol_text = slice_of(rest.substr(0, size), line);
  r.protocol_number = protocol_number(r.protocol());
  if (r.protocol_number == 0) note(tx, Event::response_invalid_protocol);
  rest = trim_left(rest.substr(size));

  size = 0;
  while (size < rest.size() && !is_blank(rest[size])) ++size;
  const std::string_view status = rest.substr(0, size);
  r.status = slice_of(status, line);
  r.message = slice_of(trim(rest.substr(size)), line);
  const bool digits = status.size() == 3 &&
                      std::all_of(status.begin(), status.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits)
    r.status_number =
        static_cast<std::uint16_t>((status[0] - '0') * 100 + (status[1] - '0') * 10 + status[2] - '0');
  if (!digits || r.status_number < 100) {
    r.status_number = 0;
    note(tx, Event::response_invalid_status);
  }
}

bool looks_like_status_line(Bytes line) {
  std::string_view text = as_text(line);
  while (!text.empty() && (is_blank(text.front()) || text.front() == '\0')) text.remove_prefix(1);
  return text.size() >= 4 && equals_nocase(text.substr(0, 4), "http");
}

void HeaderReader::start(Direction direction, bool trailers) {
  direction_ = direction;
  trailers_ = trailers;
  has_pending_ = joined_ = false;
  if (!trailers) repetitions_ = 0;
}

void HeaderReader::line(HttpTransaction& tx, Bytes raw, std::size_t size) {
  Message& m = tx.message(direction_);
  if (raw.size() > kMaxHeaderBytes - std::min(kMaxHeaderBytes, m.raw_headers.size()))
    return note(tx, either(Event::request_too_many_headers, Event::response_too_many_headers));
  if (m.raw_headers.empty()) m.raw_headers.reserve(kUsualHeadBytes);
  const std::size_t at = m.raw_headers.size();
  m.raw_headers.append(as_text(raw));
  const std::string_view text = std::string_view(m.raw_headers).substr(at, size);
  if (folding(text)) return fold(tx, text, at);
  flush(tx);
  text_ = {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(size)};
  has_pending_ = true;
}

// A line that begins with a blank continues the header before it; in responses browsers take one with a colon
// of its own for a new header.
void HeaderReader::fold(HttpTransaction& tx, std::string_view text, std::size_t at) {
  Message& m = tx.message(direction_);
  const std::size_t blanks = std::min(text.size(), text.find_first_not_of(std::string_view(" \t\0", 3)));
  const bool own = direction_ == Direction::to_client && has_pending_ && m.protocol_number == 101 &&
                   text.find(':') != std::string_view::npos && pending(m).find(':') != std::string_view::npos;
  if (!has_pending_ || own) {
    note(tx, either(Event::invalid_request_field_folding, Event::invalid_response_field_folding));
    flush(tx);
    text_ = {static_cast<std::uint32_t>(at + blanks), static_cast<std::uint32_t>(text.size() - blanks)};
    has_pending_ = true;
    return;
  }
  if (!joined_) {
    const std::uint32_t start = static_cast<std::uint32_t>(m.joined.size());
    m.joined.append(text_.of(m.raw_headers));
    text_.at = start;
    joined_ = true;
  }
  m.joined.append(text);
  text_.size += static_cast<std::uint32_t>(text.size());
}

void HeaderReader::finish(HttpTransaction& tx, Bytes raw) {
  flush(tx);
  Message& m = tx.message(direction_);
  if (raw.size() <= kMaxHeaderBytes - std::min(kMaxHeaderBytes, m.raw_headers.size()))
    m.raw_headers.append(as_text(raw));
}

void HeaderReader::flush(HttpTransaction& tx) {
  if (!has_pending_) return;
  Message& m = tx.message(direction_);
  const std::string_view home = joined_ ? m.joined : m.raw_headers;
  const std::string_view text = text_.of(home);
  Field field;
  field.name_joined = field.value_joined = joined_;
  field.trailer = trailers_;
  has_pending_ = joined_ = false;
  if (trim(text).empty())
    return note(tx, either(Event::request_field_missing_colon, Event::response_field_missing_colon));
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    note(tx, either(Event::request_field_missing_colon, Event::response_field_missing_colon));
    field.name = {text_.at, 0};
    field.value = slice_of(trim(text), home);
  } else {
    const std::string_view name = trim_right(text.substr(0, colon));
    const bool valid =
        !name.empty() && name.size() == colon && std::all_of(name.begin(), name.end(), token_char);
    if (!valid) note(tx, either(Event::request_header_invalid, Event::response_header_invalid));
    field.name = slice_of(name, home);
    field.value = slice_of(trim(text.substr(colon + 1)), home);
  }
  field.name_hash = field_name_hash(m.name(field));
  add(tx, field);
}

void HeaderReader::add(HttpTransaction& tx, const Field& field) {
  Message& m = tx.message(direction_);
  if (field.name.size != 0)
    for (Field& f : m.fields)
      if (f.name_hash == field.name_hash && same_field_name(m.name(f), m.name(field)))
        return repeat(tx, f, field);
  if (m.fields.size() >= kMaxFields)
    return note(tx, either(Event::request_too_many_headers, Event::response_too_many_headers));
  if (m.fields.empty()) m.fields.reserve(kUsualFields);
  m.fields.push_back(field);
}

void HeaderReader::repeat(HttpTransaction& tx, Field& first, const Field& again) {
  Message& m = tx.message(direction_);
  first.repeated = true;
  if (equals_nocase(m.name(first), "content-length")) {
    if (content_length(m.value(first)) != content_length(m.value(again)))
      note(tx,
           either(Event::duplicate_content_length_in_request, Event::duplicate_content_length_in_response));
    return;  // the first one counts
  }
  if (++repetitions_ > kMaxRepetitions)
    return note(tx, either(Event::request_header_repetition, Event::response_header_repetition));
  const SlabString value(m.value(again));
  if (!first.value_joined || first.value.at + first.value.size != m.joined.size()) {
    const SlabString old(m.value(first));
    first.value.at = static_cast<std::uint32_t>(m.joined.size());
    first.value_joined = true;
    m.joined.append(old);
  }
  m.joined.append(", ").append(value);
  first.value.size = static_cast<std::uint32_t>(m.joined.size() - first.value.at);
}

std::optional<std::uint64_t> content_length(std::string_view value) {
  const std::size_t start = value.find_first_of("0123456789");
  if (start == std::string_view::npos) return std::nullopt;
  std::uint64_t out = 0;
  for (const char c : value.substr(start)) {
    if (c < '0' || c > '9') break;
    if (out > (std::numeric_limits<std::int64_t>::max() - 9) / 10) return std::nullopt;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return out;
}

}  // namespace weir::http
