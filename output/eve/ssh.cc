#include "decoders/app/ssh/ssh.h"
#include "decoders/app/protocol_ids.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using ssh::SshTransaction;

void write_peer(JsonWriter& out, JsonKey key, const ssh::Peer& peer) {
  if (peer.protocol.empty()) return;
  const auto object = out.object(key);
  out.bytes("proto_version", peer.protocol);
  if (!peer.software.empty()) out.bytes("software_version", peer.software);
  if (peer.hassh.empty()) return;
  const auto hassh = out.object("hassh");
  out.string("hash", peer.hassh_hash());
  out.bytes("string", peer.hassh);
}

class SshWriter final : public EveTxWriter {
 public:
  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<SshTransaction>(transaction);
    const ssh::Peer& client = tx.peer(Direction::to_server);
    const ssh::Peer& server = tx.peer(Direction::to_client);
    if (client.protocol.empty() && server.protocol.empty()) return false;
    const auto object = out.object("ssh");
    write_peer(out, "client", client);
    write_peer(out, "server", server);
    return true;
  }
};

std::unique_ptr<const EveTxWriter> configure(const Settings&) {
  return std::make_unique<SshWriter>();
}

}  // namespace

// Without HASSH the banners are all there is to wait for: the parser then takes the key exchange for done.
const EveTxLogger eve_ssh{.protocol = AppProto::ssh,
                          .config_name = "ssh",
                          .event_type = "ssh",
                          .progress_to_server = static_cast<std::uint8_t>(ssh::State::key_exchange),
                          .progress_to_client = static_cast<std::uint8_t>(ssh::State::key_exchange),
                          .configure = configure};

}  // namespace weir::output
