// EVE's bittorrent_dht events: a query, a response or an error.
#include "decoders/app/bittorrent_dht/bittorrent_dht.h"

#include "decoders/app/protocol_ids.h"
#include "decoders/byte_cursor.h"
#include "decoders/ip_address.h"
#include "decoders/text.h"
#include "output/eve_tx.h"
#include "output/net_text.h"

namespace weir::output {
namespace {

using bittorrent_dht::DhtTransaction;
using bittorrent_dht::kNodeId;

void write_hex(JsonWriter& out, JsonKey key, const SlabString& bytes) {
  if (!bytes.empty()) out.hex(key, as_bytes(bytes));
}

// The address of so many bytes, and the port behind it.
void write_address(JsonWriter& out, ByteCursor& in, std::size_t bytes) {
  out.plain("ip", AddressText(IpAddress::from(in.take(bytes))).view());
  out.number("port", in.be16());
}

void write_nodes(JsonWriter& out, JsonKey key, const SlabString& nodes, std::size_t node_bytes) {
  if (nodes.size() < node_bytes) return;
  const auto list = out.array(key);
  ByteCursor in{as_bytes(nodes)};
  for (std::size_t i = 0; i < bittorrent_dht::kMaxPeers && in.remaining() >= node_bytes; ++i) {
    const auto node = out.object();
    out.hex("id", in.take(kNodeId));
    write_address(out, in, node_bytes - kNodeId - 2);
  }
}

void write_request(JsonWriter& out, const bittorrent_dht::Request& request) {
  const auto object = out.object("request");
  write_hex(out, "id", request.id);
  write_hex(out, "target", request.target);
  write_hex(out, "info_hash", request.info_hash);
  write_hex(out, "token", request.token);
  if (request.implied_port) out.signed_number("implied_port", *request.implied_port);
  if (request.port) out.signed_number("port", *request.port);
}

void write_response(JsonWriter& out, const bittorrent_dht::Response& response) {
  const auto object = out.object("response");
  write_hex(out, "id", response.id);
  write_nodes(out, "nodes", response.nodes, bittorrent_dht::kNode);
  write_nodes(out, "nodes6", response.nodes6, bittorrent_dht::kNode6);
  if (!response.peers.empty()) {
    const auto list = out.array("values");
    for (const SlabString& peer : response.peers) {
      const auto one = out.object();
      ByteCursor in{as_bytes(peer)};
      write_address(out, in, peer.size() - 2);
    }
  }
  write_hex(out, "token", response.token);
}

class DhtWriter final : public EveTxWriter {
 public:
  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& message = tx_cast<DhtTransaction>(transaction).message;
    const auto object = out.object("bittorrent_dht");
    write_hex(out, "transaction_id", message.transaction_id);
    write_hex(out, "client_version", message.client_version);
    if (!message.request_type.empty()) out.bytes("request_type", message.request_type);
    if (message.error) {
      const auto error = out.object("error");
      out.signed_number("num", message.error->number);
      out.bytes("msg", message.error->text);
    }
    if (message.request) write_request(out, *message.request);
    // Without the node's name it is none (it is malformed, and an event says so).
    if (message.response && !message.response->id.empty()) write_response(out, *message.response);
    return true;
  }
  Direction direction(const Transaction& tx) const override { return *tx.only_direction; }
};

std::unique_ptr<const EveTxWriter> configure(const Settings&) {
  return std::make_unique<DhtWriter>();
}

}  // namespace

const EveTxLogger eve_bittorrent_dht{.protocol = AppProto::bittorrent_dht,
                                     .config_name = "bittorrent-dht",
                                     .event_type = "bittorrent_dht",
                                     .progress_to_server = bittorrent_dht::kComplete,
                                     .progress_to_client = bittorrent_dht::kComplete,
                                     .configure = configure};

}  // namespace weir::output
