// The row of TLS in the table of protocols.
#include "decoders/app/tls/tls.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace tls {
namespace {

class TlsFactory final : public ParserFactory {
 public:
  explicit TlsFactory(EncryptionHandling handling) : handling_(handling) {}
  [[nodiscard]] std::unique_ptr<AppParser> make() const override {
    return std::make_unique<TlsParser>(handling_);
  }

 private:
  EncryptionHandling handling_;
};

std::unique_ptr<const ParserFactory> configure(const Settings& s) {
  return std::make_unique<TlsFactory>(read_encryption_handling(s));
}

// Record type and version. "\x16\x03" alone would do for handshakes; the other types are known with their
// version.
constexpr ProbePattern client(std::string_view bytes) {
  return {.bytes = bytes, .direction = Direction::to_server};
}
constexpr ProbePattern server(std::string_view bytes) {
  return {.bytes = bytes, .direction = Direction::to_client};
}

using namespace std::string_view_literals;

constexpr ProbePattern kPatterns[] = {
    client("\x16\x03\x00"sv),
    client("\x16\x03\x01"sv),
    client("\x16\x03\x02"sv),
    client("\x16\x03\x03"sv),
    server("\x16\x03\x00"sv),
    server("\x16\x03\x01"sv),
    server("\x16\x03\x02"sv),
    server("\x16\x03\x03"sv),
    server("\x15\x03\x00"sv),
    server("\x15\x03\x01"sv),
    server("\x15\x03\x02"sv),
    server("\x15\x03\x03"sv),
    server("\x17\x03\x00"sv),
    server("\x17\x03\x01"sv),
    server("\x17\x03\x02"sv),
    server("\x17\x03\x03"sv),
    // SSLv2 hellos that offer SSLv2 to TLS 1.2: behind two bytes of length.
    {.bytes = "\x01\x00\x02"sv, .offset = 2, .depth = 5, .direction = Direction::to_server},
    {.bytes = "\x01\x03\x00"sv, .offset = 2, .depth = 5, .direction = Direction::to_server},
    {.bytes = "\x01\x03\x01"sv, .offset = 2, .depth = 5, .direction = Direction::to_server},
    {.bytes = "\x01\x03\x02"sv, .offset = 2, .depth = 5, .direction = Direction::to_server},
    {.bytes = "\x01\x03\x03"sv, .offset = 2, .depth = 5, .direction = Direction::to_server},
};

// The SSLv2 patterns are weak: the lengths behind them must make sense.
ProbeResult confirm(Direction, Bytes data) {
  if (data.empty() || (data[0] & 0x80U) == 0) return ProbeResult::yes;
  ByteCursor in{data};
  const std::size_t length = in.be16() & 0x7fffU;
  in.skip(3);  // type, version
  const std::size_t ciphers = in.be16(), session = in.be16(), challenge = in.be16();
  if (in.failed()) return ProbeResult::need_more;
  const bool sane = ciphers % 3 == 0 && ciphers != 0 && challenge >= 16 && challenge <= 32 &&
                    9 + ciphers + session + challenge == length;
  return sane ? ProbeResult::yes : ProbeResult::no;
}

constexpr std::string_view kStatesToServer[] = {"client_in_progress", "client_hello_done", "client_cert_done",
                                                "client_handshake_done", "client_finished"};
constexpr std::string_view kStatesToClient[] = {"server_in_progress",    "server_hello",
                                                "server_cert_done",      "server_hello_done",
                                                "server_handshake_done", "server_finished"};

// In the order of tls::Event.
constexpr AppEventName kEvents[] = {
    {"invalid_sslv2_header", "INVALID_SSLV2_HEADER"},
    {"invalid_tls_header", "INVALID_TLS_HEADER"},
    {"invalid_record_version", "INVALID_RECORD_VERSION"},
    {"invalid_record_type", "INVALID_RECORD_TYPE"},
    {"invalid_record_length", "INVALID_RECORD_LENGTH"},
    {"invalid_handshake_message", "INVALID_HANDSHAKE_MESSAGE"},
    {"handshake_invalid_length", "HANDSHAKE_INVALID_LENGTH"},
    {"multiple_sni_extensions", "MULTIPLE_SNI_EXTENSIONS"},
    {"invalid_sni_type", "INVALID_SNI_TYPE"},
    {"invalid_sni_length", "INVALID_SNI_LENGTH"},
    {"heartbeat_message", "HEARTBEAT_MESSAGE"},
    {"invalid_heartbeat_message", "INVALID_HEARTBEAT_MESSAGE"},
    {"overflow_heartbeat_message", "OVERFLOW_HEARTBEAT_MESSAGE"},
    {"dataleak_heartbeat_mismatch", "DATALEAK_HEARTBEAT_MISMATCH"},
    {"too_many_records_in_packet", "TOO_MANY_RECORDS_IN_PACKET"},
    {"invalid_certificate", "INVALID_CERTIFICATE"},
    {"certificate_invalid_length", "CERTIFICATE_INVALID_LENGTH"},
    {"certificate_invalid_version", "CERTIFICATE_INVALID_VERSION"},
    {"certificate_invalid_serial", "CERTIFICATE_INVALID_SERIAL"},
    {"certificate_invalid_algorithmidentifier", "CERTIFICATE_INVALID_ALGORITHMIDENTIFIER"},
    {"certificate_invalid_x509name", "CERTIFICATE_INVALID_X509NAME"},
    {"certificate_invalid_date", "CERTIFICATE_INVALID_DATE"},
    {"certificate_invalid_extensions", "CERTIFICATE_INVALID_EXTENSIONS"},
    {"certificate_invalid_der", "CERTIFICATE_INVALID_DER"},
    {"certificate_invalid_subject", "CERTIFICATE_INVALID_SUBJECT"},
    {"certificate_invalid_issuer", "CERTIFICATE_INVALID_ISSUER"},
    {"certificate_invalid_validity", "CERTIFICATE_INVALID_VALIDITY"},
    {"error_message_encountered", "ERROR_MESSAGE_ENCOUNTERED"},
    {"invalid_ssl_record", "INVALID_SSL_RECORD"},
    {"certificate_missing_element", "CERTIFICATE_MISSING_ELEMENT"},
    {"certificate_unknown_element", "CERTIFICATE_UNKNOWN_ELEMENT"},
    {"certificate_invalid_string", "CERTIFICATE_INVALID_STRING"},
};

}  // namespace
}  // namespace tls

const ProtocolInfo proto_tls{.id = AppProto::tls,
                             .name = "tls",
                             .config_name = "tls",
                             .over_tcp = true,
                             .patterns_tcp = tls::kPatterns,
                             .confirm = tls::confirm,
                             .configure = tls::configure,
                             .states_to_server = tls::kStatesToServer,
                             .states_to_client = tls::kStatesToClient,
                             .events = tls::kEvents,
                             .one_transaction = true};

}  // namespace weir
