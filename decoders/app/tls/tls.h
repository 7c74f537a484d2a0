// TLS and SSL over TCP: records (RFC 8446 5.1, RFC 5246 6.2) and the handshake in them, SSLv2 hellos as far
// as they open a connection.
//
// Handshake messages may span records; they are put together up to kMaxHandshakeMessage bytes, longer ones
// are skipped. Application data is skipped without being kept. When both sides encrypt, parsing ends (see
// EncryptionHandling). TLS cannot be picked up again after a gap.
#pragma once

#include <array>

#include "decoders/app/encryption.h"
#include "decoders/app/parser.h"
#include "decoders/app/protocol.h"
#include "decoders/app/tls/transaction.h"

namespace weir::tls {

inline constexpr std::size_t kMaxHandshakeMessage = 128 * 1024;
inline constexpr std::size_t kMaxRecord = 16384 + 2048;  // RFC 5246 6.2.3
// More records than this that are no application data, in one call of parse(), raise
// too_many_records_in_packet.
inline constexpr std::size_t kManyRecords = 30;

enum class Event : std::uint8_t {
  invalid_sslv2_header,
  invalid_tls_header,
  invalid_record_version,
  invalid_record_type,
  invalid_record_length,
  invalid_handshake_message,
  handshake_invalid_length,
  multiple_sni_extensions,
  invalid_sni_type,
  invalid_sni_length,
  heartbeat_message,
  invalid_heartbeat_message,
  overflow_heartbeat_message,
  dataleak_heartbeat_mismatch,
  too_many_records_in_packet,
  invalid_certificate,
  certificate_invalid_length,
  certificate_invalid_version,
  certificate_invalid_serial,
  certificate_invalid_algorithmidentifier,
  certificate_invalid_x509name,
  certificate_invalid_date,
  certificate_invalid_extensions,
  certificate_invalid_der,
  certificate_invalid_subject,
  certificate_invalid_issuer,
  certificate_invalid_validity,
  error_message_encountered,
  invalid_ssl_record,
  // Names that rules know from older parsers; only the first is raised.
  certificate_missing_element,
  certificate_unknown_element,
  certificate_invalid_string
};

class TlsParser final : public AppParser {
 public:
  explicit TlsParser(EncryptionHandling handling) : handling_(handling) {}
  ParseOutcome parse(const AppInput& in) override;
  bool on_gap(Direction, std::uint64_t) override { return handshake_over(); }

 private:
  // A handshake message that did not fit into its record.
  struct Handshake {
    SlabVector<std::uint8_t> pending;
    std::size_t skip = 0;  // bytes of an oversized message still to come
  };

  TlsTransaction& tx();
  void raise(Event e) { tx().raise(static_cast<std::uint8_t>(e)); }
  ParseOutcome parse_records(Direction d, Bytes data);
  // Bytes of the record at the start of `data`, 0 when it is not complete (then need_ says how many it has).
  std::size_t one_record(Direction d, Bytes data);
  std::size_t sslv2_record(Direction d, Bytes data);
  std::size_t skip_application_data(Direction d, Bytes data, std::size_t length);
  void record_body(Direction d, std::uint8_t type, Bytes body);
  void handshake_bytes(Direction d, Bytes bytes);
  void whole_messages(Direction d, Bytes& bytes);
  void message(Direction d, std::uint8_t type, Bytes body);
  void client_hello(Bytes body);
  void server_hello(Bytes body);
  void certificates(Direction d, Bytes body);
  void heartbeat(Bytes body);
  void note(HelloFault fault);
  void settle(Direction d, bool eof);
  void handshake_done();
  [[nodiscard]] bool handshake_over() const;
  [[nodiscard]] bool encrypted(Direction d) const;
  [[nodiscard]] const TlsTransaction* existing() const;

  EncryptionHandling handling_;
  std::array<Handshake, 2> handshake_;
  std::array<std::size_t, 2> skip_{};  // bytes of application data still to come
  std::array<bool, 2> cipher_changed_{}, ended_{};
  bool application_data_ = false, failed_ = false;
  std::size_t need_ = 0;
};

}  // namespace weir::tls
