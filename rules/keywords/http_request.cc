// Parts of an HTTP request line, and the host: http.uri, http.uri.raw, http.method, http.request_line,
// http.host, http.host.raw.
#include "rules/keywords/http_buffers.h"

namespace weir::rules {
namespace {

using http::Request;
using http::State;

template <auto part>
std::string_view request_part(const Transaction& tx, Direction) {
  return part(http_tx(tx).request);
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

constexpr ValueForm kOneLine{.what = "a line", .without = "\n"};
constexpr ValueForm kMethod{.what = "a word", .without = " \t\n"};
constexpr ValueForm kHost{
    .what = "a name without user and port", .without = "\n@", .header = "host", .without_port = true};
constexpr ValueForm kRawHost{.what = "a line", .without = "\n", .header = "host"};

template <State state, auto part>
constexpr auto& kRequestPart = kOfRequest<state, tx_text<request_part<part>>>;

constexpr BufferSource kLine[] = {kRequestPart<State::line, line>[0],
                                  kOfRequest<State::line, line_of_headers>[1]};

constexpr BufferSpec kHttpRequestBuffers[] = {
    {.name = "http.uri",
     .summary = "request URI, normalised",
     .modifier = "http_uri",
     .sources = kRequestPart<State::line, uri>},
    {.name = "http.uri.raw",
     .summary = "request URI as sent",
     .modifier = "http_raw_uri",
     .sources = kRequestPart<State::line, uri_raw>,
     .form = &kOneLine},
    {.name = "http.method",
     .summary = "request method",
     .modifier = "http_method",
     .sources = kRequestPart<State::line, method>,
     .validate = validate_method,
     .form = &kMethod},
    {.name = "http.request_line",
     .summary = "whole request line",
     .alias = "http_request_line",
     .sources = kLine,
     .form = &kOneLine},
    {.name = "http.host",
     .summary = "host name in lower case",
     .modifier = "http_host",
     .sources = kRequestPart<State::headers, host>,
     .validate = validate_host,
     .form = &kHost},
    {.name = "http.host.raw",
     .summary = "host name as sent, with the port of the Host header",
     .modifier = "http_raw_host",
     .sources = kRequestPart<State::headers, host_raw>,
     .form = &kRawHost},
};

}  // namespace

const KeywordFile keywords_http_request{.buffers = kHttpRequestBuffers};

}  // namespace weir::rules
