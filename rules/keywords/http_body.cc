// HTTP bodies, with chunks and compression taken off: http.request_body, http.response_body.
#include <array>

#include "decoders/app/protocol_ids.h"
#include "rules/keywords/http_buffers.h"

namespace weir::rules {
namespace {

constexpr std::array kRequestBody{
    BufferSource{AppProto::http, Direction::to_server, at(http::State::body), http_body, true}};
constexpr std::array kResponseBody{
    BufferSource{AppProto::http, Direction::to_client, at(http::State::body), http_body, true}};

}  // namespace

const BufferSource file_data_of_http_response = kResponseBody[0];

const BufferSpec buffer_http_request_body{"http_client_body", kRequestBody};
const BufferSpec buffer_http_response_body{"http_server_body", kResponseBody};

const KeywordSpec kw_http_request_body =
    sticky<buffer_http_request_body>("http.request_body", "request body");
const KeywordSpec kw_http_request_body_old = modifier<buffer_http_request_body>("http_client_body");
const KeywordSpec kw_http_response_body =
    sticky<buffer_http_response_body>("http.response_body", "response body");
const KeywordSpec kw_http_response_body_old = modifier<buffer_http_response_body>("http_server_body");

}  // namespace weir::rules
