// Parts of an HTTP status line: http.stat_code, http.stat_msg, http.response_line.
#include <array>

#include "decoders/app/protocol_ids.h"
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
constexpr std::array<BufferSource, 1> kSource{
    BufferSource{AppProto::http, Direction::to_client, at(http::State::line), response_part<part>}};

}  // namespace

const BufferSpec buffer_http_stat_code{"http_stat_code", kSource<status>};
const BufferSpec buffer_http_stat_msg{"http_stat_msg", kSource<message>};
const BufferSpec buffer_http_response_line{"http_response_line", kSource<line>};

const KeywordSpec kw_http_stat_code =
    sticky<buffer_http_stat_code>("http.stat_code", "status code of the response");
const KeywordSpec kw_http_stat_code_old = modifier<buffer_http_stat_code>("http_stat_code");
const KeywordSpec kw_http_stat_msg =
    sticky<buffer_http_stat_msg>("http.stat_msg", "text behind the status code");
const KeywordSpec kw_http_stat_msg_old = modifier<buffer_http_stat_msg>("http_stat_msg");
const KeywordSpec kw_http_response_line =
    sticky<buffer_http_response_line>("http.response_line", "whole status line");
const KeywordSpec kw_http_response_line_old =
    sticky<buffer_http_response_line>("http_response_line", "whole status line");

}  // namespace weir::rules
