// What the keyword files of TLS share.
#pragma once

#include "decoders/app/protocol_ids.h"
#include "decoders/app/tls/tls.h"
#include "rules/keywords/sticky.h"

namespace weir::rules {

// tls_certificate.cc
extern const BufferSpec buffer_tls_cert_subject, buffer_tls_cert_issuer, buffer_tls_cert_fingerprint;

inline const tls::TlsTransaction& tls_tx(const Transaction& tx) {
  return static_cast<const tls::TlsTransaction&>(tx);
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

// A single value that is there unless empty.
inline std::optional<BodyView> tls_value(const BufferRequest& r, std::string_view value) {
  return r.index != 0 || value.empty() ? std::nullopt : whole(value);
}
inline std::optional<BodyView> tls_item(const BufferRequest& r, const SlabVector<SlabString>& values) {
  return r.index >= values.size() ? std::nullopt : whole(std::string_view(values[r.index]));
}

// Sources of a buffer that each side's hello, or each side's certificate, fills.
template <TxBufferFunction get>
inline constexpr BufferSource kClientHelloSource[] = {
    {AppProto::tls, Direction::to_server, at(tls::ClientState::hello_done), get}};
template <TxBufferFunction get>
inline constexpr BufferSource kServerHelloSource[] = {
    {AppProto::tls, Direction::to_client, at(tls::ServerState::hello), get}};
template <TxBufferFunction get>
inline constexpr BufferSource kHelloSources[] = {
    {AppProto::tls, Direction::to_server, at(tls::ClientState::hello_done), get},
    {AppProto::tls, Direction::to_client, at(tls::ServerState::hello), get}};
template <TxBufferFunction get>
inline constexpr BufferSource kCertificateSources[] = {
    {AppProto::tls, Direction::to_server, at(tls::ClientState::cert_done), get},
    {AppProto::tls, Direction::to_client, at(tls::ServerState::cert_done), get}};

}  // namespace weir::rules
