// What the keyword files of HTTP share. Each buffer is one of every form of it.
#pragma once

#include "decoders/app/http/transaction.h"
#include "decoders/app/protocol_ids.h"
#include "rules/compile/keyword_table.h"

namespace weir::rules {

// The body of a response, whether or not it is worth a file; http_body.cc
extern const std::span<const BufferSource> file_data_of_http_response;

// The body as rules see it now, or none: nothing arrived, or nothing that was not looked at before.
inline std::optional<BodyView> body_view(const StreamedBody& body) {
  if (body.size() == 0 || !body.ready()) return std::nullopt;
  return body.view();
}

inline const http::HttpTransaction& http_tx(const Transaction& tx) {
  return tx_cast<http::HttpTransaction>(tx);
}

// The body of one side's message; beside it, for who asks for more instances than one, the files that the message has completed.
// A function of one address: what file.data and http.response_body both look at is searched once.
inline std::optional<BodyView> http_body(const BufferRequest& r) {
  const http::HttpTransaction& tx = http_tx(r.tx);
  return r.index == 0 ? body_view(tx.message(r.direction).body) : tx.joined_file(r.direction, r.index - 1);
}

// A start line that came as headers has an end here, as Suricata shows it.
inline std::optional<BodyView> line_of_headers(const BufferRequest& r) {
  const http::Message& m = http_tx(r.tx).message(r.direction);
  if (r.index != 0 || m.line.empty()) return std::nullopt;
  std::string& out = r.arena.next();
  out.append(m.line).append("\r\n");
  return whole(out);
}

// Sources of a buffer that requests, responses or both fill from some state on.
template <AppProto protocol, Direction direction, http::State state, TxBufferFunction get,
          bool streamed = false>
inline constexpr BufferSource kHttpSource{protocol, direction, static_cast<std::uint8_t>(state), get,
                                          streamed};
template <http::State state, TxBufferFunction get, bool streamed = false>
inline constexpr BufferSource kOfRequest[2] = {
    kHttpSource<AppProto::http, Direction::to_server, state, get, streamed>,
    kHttpSource<AppProto::http2, Direction::to_server, state, get, streamed>};
template <http::State state, TxBufferFunction get, bool streamed = false>
inline constexpr BufferSource kOfResponse[2] = {
    kHttpSource<AppProto::http, Direction::to_client, state, get, streamed>,
    kHttpSource<AppProto::http2, Direction::to_client, state, get, streamed>};
template <http::State state, TxBufferFunction get>
inline constexpr BufferSource kOfBoth[4] = {kOfRequest<state, get>[0], kOfResponse<state, get>[0],
                                            kOfRequest<state, get>[1], kOfResponse<state, get>[1]};

}  // namespace weir::rules
