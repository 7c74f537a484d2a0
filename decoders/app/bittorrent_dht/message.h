// Messages of BitTorrent's distributed hash table (KRPC: BEP 5, BEP 32): queries, responses and errors, each one dictionary.
//
// A plain function over one datagram. Texts are the bytes as sent. What a list has beyond its cap is left out; names that are not
// known are passed over.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::bittorrent_dht {

inline constexpr std::size_t kMaxNames = 64;   // of a dictionary that are looked at
inline constexpr std::size_t kMaxPeers = 256;  // of a message
// Of a node as it stands in `nodes` and `nodes6`: its name, its address, its port.
inline constexpr std::size_t kNodeId = 20, kNode = kNodeId + 4 + 2, kNode6 = kNodeId + 16 + 2;

struct Request {
  SlabString id, target, info_hash, token;
  std::optional<std::int64_t> port, implied_port;
};
struct Response {
  SlabString id, token;
  SlabString nodes, nodes6;      // kNode and kNode6 bytes each
  SlabVector<SlabString> peers;  // addresses and ports, of 6 or 18 bytes
};
struct Error {
  std::int64_t number = 0;
  SlabString text;
};

struct Message {
  SlabString transaction_id, client_version;
  SlabString request_type;  // of a query
  std::optional<Request> request;
  std::optional<Response> response;
  std::optional<Error> error;

  [[nodiscard]] std::size_t held() const;
};

// False: it is broken, or not all of what a message of its kind must have is there; `out` has what was found before.
bool parse_message(Bytes datagram, Message& out);

}  // namespace weir::bittorrent_dht
