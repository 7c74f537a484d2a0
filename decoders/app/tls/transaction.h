// One TLS connection as rules and events see it: one transaction, from the first record to the end of the
// handshake.
#pragma once

#include <array>
#include <cstdint>

#include "decoders/app/tls/certificate.h"
#include "decoders/app/tls/hello.h"
#include "decoders/app/on_first_look.h"
#include "decoders/app/transaction.h"

namespace weir::tls {

// Progress of the two sides. A side never goes back; after the handshake it may jump over what was not sent.
enum class ClientState : std::uint8_t {
#define CLIENT_STATE(id, name) id,
#include "decoders/app/tls/states.def"
};
enum class ServerState : std::uint8_t {
#define SERVER_STATE(id, name) id,
#include "decoders/app/tls/states.def"
};

inline constexpr std::size_t kMaxCertificates = 64;  // of one chain; further ones are not kept

// The certificates of one side: all of them as sent, the first one taken apart.
struct CertificateChain {
  SlabVector<std::uint8_t> bytes;
  struct Part {
    std::uint32_t offset, length;
  };
  SlabVector<Part> parts;
  Certificate leaf;

  [[nodiscard]] bool empty() const { return parts.empty(); }
  [[nodiscard]] Bytes certificate(std::size_t i) const {
    return Bytes{bytes}.subspan(parts[i].offset, parts[i].length);
  }
};

// Which are made: app-layer.protocols.tls has ja3-fingerprints and ja4-fingerprints, for Suricata's sake.
struct Fingerprints {
  bool ja3 = true, ja4 = true;
};

class TlsTransaction final : public Transaction {
 public:
  explicit TlsTransaction(std::uint64_t tx_id) : Transaction(tx_id) { identifies(); }

  ClientHello client;
  ServerHello server;
  CertificateChain client_chain, server_chain;
  // Version of the latest record of each side (by Direction), before its hello says more. 0: none seen.
  std::array<std::uint16_t, 2> record_version{};
  bool client_key_exchange = false, server_key_exchange = false;
  bool certificate_requested = false;
  AppProto original{};  // the protocol that was upgraded (STARTTLS, CONNECT), if any

  // What the server speaks; 0 while that is not known.
  [[nodiscard]] std::uint16_t version() const {
    return server.seen ? server.selected_version : record_version[index(Direction::to_client)];
  }
  // An old session goes on: no certificate was needed.
  [[nodiscard]] bool session_resumed() const {
    const bool same_id = !server.session_id.empty() && server.session_id == client.session_id;
    return server.seen && server_chain.empty() && !is_tls13(version()) && (same_id || client.has_ticket);
  }

  // Fingerprints. Empty while the hello is not there, and of those that are not made.
  Fingerprints fingerprints;
  [[nodiscard]] const SlabString& ja3() const {
    return ja3_.get(fingerprints.ja3 && client.seen && !client.ciphers.empty(),
                    [this] { return ja3_text(client); });
  }
  [[nodiscard]] const SlabString& ja3_hash() const {
    return ja3_hash_.get(!ja3().empty(), [this] { return md5_hex(ja3()); });
  }
  [[nodiscard]] const SlabString& ja3s() const {
    return ja3s_.get(fingerprints.ja3 && server.seen, [this] { return ja3s_text(server); });
  }
  [[nodiscard]] const SlabString& ja3s_hash() const {
    return ja3s_hash_.get(!ja3s().empty(), [this] { return md5_hex(ja3s()); });
  }
  [[nodiscard]] const SlabString& ja4() const {
    return ja4_.get(fingerprints.ja4 && client.seen && !client.ciphers.empty(),
                    [this] { return ja4_text(client, 't'); });
  }

  [[nodiscard]] TransactionIdentity identity(bool wants_fingerprints) const override {
    if (!wants_fingerprints) return {.host = client.sni};
    return {client.sni, ja4(), server_chain.empty() ? Bytes{} : server_chain.certificate(0)};
  }

  void reach(ClientState s) { reach(Direction::to_server, static_cast<std::uint8_t>(s)); }
  void reach(ServerState s) { reach(Direction::to_client, static_cast<std::uint8_t>(s)); }
  [[nodiscard]] bool at_least(ServerState s) const {
    return progress[index(Direction::to_client)] >= static_cast<std::uint8_t>(s);
  }

 private:
  void reach(Direction d, std::uint8_t s) {
    if (progress[index(d)] < s) progress[index(d)] = s;
  }

  OnFirstLook<SlabString> ja3_, ja3_hash_, ja3s_, ja3s_hash_, ja4_;
};

}  // namespace weir::tls
