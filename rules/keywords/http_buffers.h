// What the keyword files of HTTP/1 share.
#pragma once

#include "decoders/app/http/transaction.h"
#include "decoders/app/protocol_ids.h"
#include "rules/compile/keyword_table.h"

namespace weir::rules {

extern const BufferSource
    file_data_of_http_response;  // its body, whether or not it is worth a file; http_body.cc

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

// Sources of a buffer that requests, responses or both fill from some state on.
template <http::State state, TxBufferFunction get, bool streamed = false>
inline constexpr auto& kOfRequest = kOneSide<AppProto::http, Direction::to_server, state, get, streamed>;
template <http::State state, TxBufferFunction get, bool streamed = false>
inline constexpr auto& kOfResponse = kOneSide<AppProto::http, Direction::to_client, state, get, streamed>;
template <http::State state, TxBufferFunction get>
inline constexpr auto& kOfBoth = kBothSides<AppProto::http, state, state, get>;

}  // namespace weir::rules
