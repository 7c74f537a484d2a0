// Parts of an HTTP status line: http.stat_code, http.stat_msg, http.response_line.
#include "rules/keywords/http_buffers.h"

namespace weir::rules {
namespace {

using http::Response;

template <auto part>
std::optional<BodyView> response_part(const BufferRequest& r) {
  const std::string_view value = part(http_tx(r).response);
  if (r.index != 0 || value.empty()) return std::nullopt;
  return whole(value);
}

std::string_view status(const Response& r) {
  return r.status.of(r.line);
}
std::string_view message(const Response& r) {
  return r.message.of(r.line);
}
std::string_view line(const Response& r) {
  return r.line;
}

template <auto part>
constexpr auto& kPart = kOfResponse<http::State::line, response_part<part>>;

constexpr BufferSpec kBuffers[] = {
    {.name = "http.stat_code",
     .summary = "status code of the response",
     .modifier = "http_stat_code",
     .sources = kPart<status>},
    {.name = "http.stat_msg",
     .summary = "text behind the status code",
     .modifier = "http_stat_msg",
     .sources = kPart<message>},
    {.name = "http.response_line",
     .summary = "whole status line",
     .alias = "http_response_line",
     .sources = kPart<line>},
};

}  // namespace

const KeywordFile keywords_http_response{.buffers = kBuffers};

}  // namespace weir::rules
