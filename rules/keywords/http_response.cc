// Parts of an HTTP status line: http.stat_code, http.stat_msg, http.response_line.
#include "rules/keywords/http_buffers.h"

namespace weir::rules {
namespace {

using http::Response;

template <auto part>
std::string_view response_part(const Transaction& tx, Direction) {
  return part(http_tx(tx).response);
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
constexpr auto& kResponsePart = kOfResponse<http::State::line, tx_text<response_part<part>>>;

// A status that came as a header has no text behind it.
std::optional<BodyView> no_message(const BufferRequest& r) {
  return r.index == 0 ? whole(std::string_view{}) : std::nullopt;
}

constexpr BufferSource kMessage[] = {kResponsePart<message>[0],
                                     kOfResponse<http::State::line, no_message>[1]};
constexpr BufferSource kLine[] = {kResponsePart<line>[0], kOfResponse<http::State::line, line_of_headers>[1]};

constexpr ValueForm kStatusLine{.what = "a line", .without = "\n"};

constexpr BufferSpec kHttpResponseBuffers[] = {
    {.name = "http.stat_code",
     .summary = "status code of the response",
     .modifier = "http_stat_code",
     .sources = kResponsePart<status>,
     .form = &kStatusLine},
    {.name = "http.stat_msg",
     .summary = "text behind the status code",
     .modifier = "http_stat_msg",
     .sources = kMessage,
     .form = &kStatusLine},
    {.name = "http.response_line",
     .summary = "whole status line",
     .alias = "http_response_line",
     .sources = kLine,
     .form = &kStatusLine},
};

}  // namespace

const KeywordFile keywords_http_response{.buffers = kHttpResponseBuffers};

}  // namespace weir::rules
