// HTTP bodies, with chunks and compression taken off: http.request_body, http.response_body.
#include "rules/keywords/http_buffers.h"

namespace weir::rules {
namespace {

using http::State;

constexpr BufferSpec kHttpBodyBuffers[] = {
    {.name = "http.request_body",
     .summary = "request body",
     .modifier = "http_client_body",
     .sources = kOfRequest<State::body, http_body, true>},
    {.name = "http.response_body",
     .summary = "response body",
     .modifier = "http_server_body",
     .sources = kOfResponse<State::body, http_body, true>},
};

}  // namespace

const std::span<const BufferSource> file_data_of_http_response = kOfResponse<State::body, http_body, true>;

const KeywordFile keywords_http_body{.buffers = kHttpBodyBuffers};

}  // namespace weir::rules
