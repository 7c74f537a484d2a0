// Parts of an HTTP request line, and the host: http.uri, http.uri.raw, http.method, http.request_line,
// http.host, http.host.raw.
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

template <State state, auto part>
constexpr auto& kPart = kOfRequest<state, request_part<part>>;

constexpr BufferSpec kBuffers[] = {
    {.name = "http.uri",
     .summary = "request URI, normalised",
     .modifier = "http_uri",
     .sources = kPart<State::line, uri>},
    {.name = "http.uri.raw",
     .summary = "request URI as sent",
     .modifier = "http_raw_uri",
     .sources = kPart<State::line, uri_raw>},
    {.name = "http.method",
     .summary = "request method",
     .modifier = "http_method",
     .sources = kPart<State::line, method>,
     .validate = validate_method},
    {.name = "http.request_line",
     .summary = "whole request line",
     .alias = "http_request_line",
     .sources = kPart<State::line, line>},
    {.name = "http.host",
     .summary = "host name in lower case",
     .modifier = "http_host",
     .sources = kPart<State::headers, host>,
     .validate = validate_host},
    {.name = "http.host.raw",
     .summary = "host name as sent",
     .modifier = "http_raw_host",
     .sources = kPart<State::headers, host_raw>},
};

}  // namespace

const KeywordFile keywords_http_request{.buffers = kBuffers};

}  // namespace weir::rules
