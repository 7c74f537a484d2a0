// Parts of an HTTP request line, and the host: http.uri, http.uri.raw, http.method, http.request_line,
// http.host, http.host.raw.
#include <array>

#include "decoders/app/protocol_ids.h"
#include "rules/keywords/http_buffers.h"

namespace weir::rules {
namespace {

using http::Request;
using http::State;

std::optional<BodyView> unless_empty(std::string_view s) {
  return s.empty() ? std::nullopt : whole(s);
}

template <auto part>
std::optional<BodyView> request_part(const BufferRequest& r) {
  if (r.index != 0) return std::nullopt;
  return unless_empty(part(http_tx(r).request));
}

std::string_view uri(const Request& r) {
  return r.normalised_uri;
}
std::string_view uri_raw(const Request& r) {
  return r.uri.of(r.line);
}
std::string_view method(const Request& r) {
  return r.method.of(r.line);
}
std::string_view line(const Request& r) {
  return r.line;
}
std::string_view host(const Request& r) {
  return r.hostname;
}
std::string_view host_raw(const Request& r) {
  return r.raw_host();
}

template <auto part, State state>
constexpr std::array<BufferSource, 1> kSource{
    BufferSource{AppProto::http, Direction::to_server, at(state), request_part<part>}};

bool blank(std::uint8_t c) {
  return c == ' ' || c == '\t';
}

std::string_view validate_method(Bytes content, bool) {
  if (!content.empty() && (blank(content.front()) || blank(content.back())))
    return "a method has no blank at its start or end";
  return {};
}

std::string_view validate_host(Bytes content, bool nocase) {
  if (nocase) return "http.host is always lower case, so nocase is redundant";
  for (const std::uint8_t c : content)
    if (c >= 'A' && c <= 'Z')
      return "http.host is always lower case, so upper case cannot match (try http.host.raw)";
  return {};
}

}  // namespace

const BufferSpec buffer_http_uri{"http_uri", kSource<uri, State::line>};
const BufferSpec buffer_http_uri_raw{"http_raw_uri", kSource<uri_raw, State::line>};
const BufferSpec buffer_http_method{
    .name = "http_method", .sources = kSource<method, State::line>, .validate = validate_method};
const BufferSpec buffer_http_request_line{"http_request_line", kSource<line, State::line>};
const BufferSpec buffer_http_host{
    .name = "http_host", .sources = kSource<host, State::headers>, .validate = validate_host};
const BufferSpec buffer_http_host_raw{"http_raw_host", kSource<host_raw, State::headers>};

const KeywordSpec kw_http_uri = sticky<buffer_http_uri>("http.uri", "request URI, normalised");
const KeywordSpec kw_http_uri_old = modifier<buffer_http_uri>("http_uri");
const KeywordSpec kw_http_uri_raw = sticky<buffer_http_uri_raw>("http.uri.raw", "request URI as sent");
const KeywordSpec kw_http_uri_raw_old = modifier<buffer_http_uri_raw>("http_raw_uri");
const KeywordSpec kw_http_method = sticky<buffer_http_method>("http.method", "request method");
const KeywordSpec kw_http_method_old = modifier<buffer_http_method>("http_method");
const KeywordSpec kw_http_request_line =
    sticky<buffer_http_request_line>("http.request_line", "whole request line");
const KeywordSpec kw_http_request_line_old =
    sticky<buffer_http_request_line>("http_request_line", "whole request line");
const KeywordSpec kw_http_host = sticky<buffer_http_host>("http.host", "host name in lower case");
const KeywordSpec kw_http_host_old = modifier<buffer_http_host>("http_host");
const KeywordSpec kw_http_host_raw = sticky<buffer_http_host_raw>("http.host.raw", "host name as sent");
const KeywordSpec kw_http_host_raw_old = modifier<buffer_http_host_raw>("http_raw_host");

}  // namespace weir::rules
