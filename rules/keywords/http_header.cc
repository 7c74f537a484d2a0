// The headers of an HTTP message as a whole: http.header, http.header.raw, http.header_names, http.start,
// http.protocol, and one by one: http.request_header, http.response_header.
#include "decoders/text.h"
#include "rules/keywords/http_buffers.h"

namespace weir::rules {
namespace {

using http::Field;
using http::Message;
using http::State;

const Message& message(const BufferRequest& r) {
  return http_tx(r.tx).message(r.direction);
}

void append_line(std::string& out, const Message& m, const Field& f) {
  out.append(m.name(f)).append(": ").append(m.value(f)).append("\r\n");
}

// Cookies have a buffer of their own and are left out.
std::optional<BodyView> header(const BufferRequest& r) {
  const Message& m = message(r);
  if (r.index != 0 || m.fields.empty()) return std::nullopt;
  const std::string_view cookie = r.direction == Direction::to_server ? "cookie" : "set-cookie";
  std::string& out = r.arena.next();
  for (const Field& f : m.fields)
    if (!equals_nocase(m.name(f), cookie)) append_line(out, m, f);
  return out.empty() ? std::nullopt : whole(out);
}

std::string_view header_raw(const Transaction& tx, Direction d) {
  return http_tx(tx).message(d).raw_headers;
}

// "\r\nHost\r\nUser-Agent\r\n\r\n"
std::optional<BodyView> header_names(const BufferRequest& r) {
  const Message& m = message(r);
  if (r.index != 0 || m.fields.empty()) return std::nullopt;
  std::string& out = r.arena.next();
  out.append("\r\n");
  for (const Field& f : m.fields) out.append(m.name(f)).append("\r\n");
  out.append("\r\n");
  return whole(out);
}

std::optional<BodyView> start(const BufferRequest& r) {
  const Message& m = message(r);
  if (r.index != 0 || m.line.empty()) return std::nullopt;
  std::string& out = r.arena.next();
  out.append(m.line).append("\r\n");
  for (const Field& f : m.fields) append_line(out, m, f);
  out.append("\r\n");
  return whole(out);
}

std::string_view protocol(const Transaction& tx, Direction d) {
  return http_tx(tx).framed != nullptr ? "HTTP/2" : http_tx(tx).message(d).protocol();
}

std::optional<BodyView> one_header(const BufferRequest& r) {
  const Message& m = message(r);
  if (r.index >= m.fields.size()) return std::nullopt;
  std::string& out = r.arena.next();
  const Field& f = m.fields[r.index];
  out.append(m.name(f)).append(": ").append(m.value(f));
  return whole(out);
}

constexpr BufferSpec kHttpHeaderBuffers[] = {
    {.name = "http.header",
     .summary = "headers, normalised, without cookies",
     .modifier = "http_header",
     .sources = kOfBoth<State::headers, header>},
    {.name = "http.header.raw",
     .summary = "headers as sent",
     .modifier = "http_raw_header",
     .sources = kOfBoth<State::headers, tx_text<header_raw>>},
    {.name = "http.header_names",
     .summary = "names of the headers",
     .alias = "http_header_names",
     .sources = kOfBoth<State::headers, header_names>},
    {.name = "http.start",
     .summary = "start line and headers",
     .alias = "http_start",
     .sources = kOfBoth<State::headers, start>},
    {.name = "http.protocol",
     .summary = "protocol of the start line",
     .alias = "http_protocol",
     .sources = kOfBoth<State::line, tx_text<protocol>>},
    {.name = "http.request_header",
     .summary = "each request header as \"name: value\"",
     .sources = kOfRequest<State::headers, one_header>,
     .multiple = true},
    {.name = "http.response_header",
     .summary = "each response header as \"name: value\"",
     .sources = kOfResponse<State::headers, one_header>,
     .multiple = true},
};

}  // namespace

const KeywordFile keywords_http_header{.buffers = kHttpHeaderBuffers};

}  // namespace weir::rules
