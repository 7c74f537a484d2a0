// The headers of an HTTP message as a whole: http.header, http.header.raw, http.header_names, http.start,
// http.protocol, and one by one: http.request_header, http.response_header.
#include <array>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "rules/keywords/http_buffers.h"

namespace weir::rules {
namespace {

using http::Field;
using http::Message;
using http::State;

const Message& message(const BufferRequest& r) {
  return http_tx(r).message(r.direction);
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

std::optional<BodyView> header_raw(const BufferRequest& r) {
  const Message& m = message(r);
  if (r.index != 0 || m.raw_headers.empty()) return std::nullopt;
  return whole(m.raw_headers);
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

std::optional<BodyView> protocol(const BufferRequest& r) {
  const std::string_view value = message(r).protocol();
  if (r.index != 0 || value.empty()) return std::nullopt;
  return whole(value);
}

std::optional<BodyView> one_header(const BufferRequest& r) {
  const Message& m = message(r);
  if (r.index >= m.fields.size()) return std::nullopt;
  std::string& out = r.arena.next();
  const Field& f = m.fields[r.index];
  out.append(m.name(f)).append(": ").append(m.value(f));
  return whole(out);
}

template <auto get, State state>
constexpr std::array<BufferSource, 2> kBoth{
    BufferSource{AppProto::http, Direction::to_server, at(state), get},
    BufferSource{AppProto::http, Direction::to_client, at(state), get}};
constexpr std::array kRequestHeader{
    BufferSource{AppProto::http, Direction::to_server, at(State::headers), one_header}};
constexpr std::array kResponseHeader{
    BufferSource{AppProto::http, Direction::to_client, at(State::headers), one_header}};

}  // namespace

const BufferSpec buffer_http_header{"http_header", kBoth<header, State::headers>};
const BufferSpec buffer_http_header_raw{"http_raw_header", kBoth<header_raw, State::headers>};
const BufferSpec buffer_http_header_names{"http_header_names", kBoth<header_names, State::headers>};
const BufferSpec buffer_http_start{"http_start", kBoth<start, State::headers>};
const BufferSpec buffer_http_protocol{"http_protocol", kBoth<protocol, State::line>};
const BufferSpec buffer_http_request_header{
    .name = "http_request_header", .sources = kRequestHeader, .multiple = true};
const BufferSpec buffer_http_response_header{
    .name = "http_response_header", .sources = kResponseHeader, .multiple = true};

const KeywordSpec kw_http_header =
    sticky<buffer_http_header>("http.header", "headers, normalised, without cookies");
const KeywordSpec kw_http_header_old = modifier<buffer_http_header>("http_header");
const KeywordSpec kw_http_header_raw = sticky<buffer_http_header_raw>("http.header.raw", "headers as sent");
const KeywordSpec kw_http_header_raw_old = modifier<buffer_http_header_raw>("http_raw_header");
const KeywordSpec kw_http_header_names =
    sticky<buffer_http_header_names>("http.header_names", "names of the headers");
const KeywordSpec kw_http_header_names_old =
    sticky<buffer_http_header_names>("http_header_names", "names of the headers");
const KeywordSpec kw_http_start = sticky<buffer_http_start>("http.start", "start line and headers");
const KeywordSpec kw_http_start_old = sticky<buffer_http_start>("http_start", "start line and headers");
const KeywordSpec kw_http_protocol =
    sticky<buffer_http_protocol>("http.protocol", "protocol of the start line");
const KeywordSpec kw_http_protocol_old =
    sticky<buffer_http_protocol>("http_protocol", "protocol of the start line");
const KeywordSpec kw_http_request_header =
    sticky<buffer_http_request_header>("http.request_header", "each request header as \"name: value\"");
const KeywordSpec kw_http_response_header =
    sticky<buffer_http_response_header>("http.response_header", "each response header as \"name: value\"");

}  // namespace weir::rules
