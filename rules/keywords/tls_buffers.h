// What the keyword files of TLS share.
#pragma once

#include "decoders/app/protocol_ids.h"
#include "decoders/app/tls/tls.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"

namespace weir::rules {

inline const tls::TlsTransaction& tls_tx(const Transaction& tx) {
  return tx_cast<tls::TlsTransaction>(tx);
}

// The certificates that the side sending in direction d has shown.
inline const tls::CertificateChain& chain_of(const tls::TlsTransaction& tx, Direction d) {
  return d == Direction::to_client ? tx.server_chain : tx.client_chain;
}

constexpr std::uint8_t at(tls::ClientState s) {
  return static_cast<std::uint8_t>(s);
}
constexpr std::uint8_t at(tls::ServerState s) {
  return static_cast<std::uint8_t>(s);
}

inline std::optional<BodyView> tls_item(const BufferRequest& r, const SlabVector<SlabString>& values) {
  return r.index >= values.size() ? std::nullopt : whole(std::string_view(values[r.index]));
}

// Sources of a buffer that each side's hello, or each side's certificate, fills.
template <TxBufferFunction get>
inline constexpr auto& kClientHello =
    kOneSide<AppProto::tls, Direction::to_server, tls::ClientState::hello_done, get>;
template <TxBufferFunction get>
inline constexpr auto& kServerHello =
    kOneSide<AppProto::tls, Direction::to_client, tls::ServerState::hello, get>;
template <TxBufferFunction get>
inline constexpr auto& kHellos =
    kBothSides<AppProto::tls, tls::ClientState::hello_done, tls::ServerState::hello, get>;
template <TxBufferFunction get>
inline constexpr auto& kCertificates =
    kBothSides<AppProto::tls, tls::ClientState::cert_done, tls::ServerState::cert_done, get>;

}  // namespace weir::rules
