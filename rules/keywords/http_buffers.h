// The buffers of HTTP/1, for keywords that name them: the http.* keywords and pcre's buffer flags.
// Each is defined in the keyword file of its family.
#pragma once

#include "decoders/app/http/transaction.h"
#include "rules/keywords/sticky.h"

namespace weir::rules {

// http_request.cc
extern const BufferSpec buffer_http_uri, buffer_http_uri_raw, buffer_http_method, buffer_http_request_line;
extern const BufferSpec buffer_http_host, buffer_http_host_raw;
// http_response.cc
extern const BufferSpec buffer_http_stat_code, buffer_http_stat_msg, buffer_http_response_line;
// http_fields.cc
extern const BufferSpec buffer_http_user_agent, buffer_http_referer, buffer_http_accept,
    buffer_http_accept_enc, buffer_http_accept_lang, buffer_http_connection, buffer_http_content_type,
    buffer_http_content_len, buffer_http_location, buffer_http_server, buffer_http_cookie;
// http_header.cc
extern const BufferSpec buffer_http_header, buffer_http_header_raw, buffer_http_header_names,
    buffer_http_start, buffer_http_protocol, buffer_http_request_header, buffer_http_response_header;
// http_body.cc
extern const BufferSpec buffer_http_request_body, buffer_http_response_body;
extern const BufferSource file_data_of_http_response;  // its body, whether or not it is worth a file
// file_data.cc
extern const BufferSpec buffer_file_data, buffer_file_name, buffer_file_magic;

// The body as rules see it now, or none: nothing arrived, or nothing that was not looked at before.
inline std::optional<BodyView> body_view(const StreamedBody& body) {
  if (body.size() == 0 || !body.ready()) return std::nullopt;
  return body.view();
}

inline const http::HttpTransaction& http_tx(const BufferRequest& r) {
  return static_cast<const http::HttpTransaction&>(r.tx);
}

// The body of one side's message. A function of one address: what file.data and http.response_body both look at is
// searched once.
inline std::optional<BodyView> http_body(const BufferRequest& r) {
  return r.index == 0 ? body_view(http_tx(r).message(r.direction).body) : std::nullopt;
}

constexpr std::uint8_t at(http::State state) {
  return static_cast<std::uint8_t>(state);
}

}  // namespace weir::rules
