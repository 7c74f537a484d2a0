// EVE's tls events: which fields they show is chosen by `extended` or one by one by `custom`.
#include <openssl/evp.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/app/protocol.h"
#include "decoders/app/tls/tls.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using tls::Certificate;
using tls::CertificateChain;
using tls::TlsTransaction;

enum Field : std::uint32_t {
  field_version = 1U << 0U,
  field_subject = 1U << 1U,
  field_issuer = 1U << 2U,
  field_serial = 1U << 3U,
  field_fingerprint = 1U << 4U,
  field_not_before = 1U << 5U,
  field_not_after = 1U << 6U,
  field_sni = 1U << 7U,
  field_certificate = 1U << 8U,
  field_chain = 1U << 9U,
  field_session_resumed = 1U << 10U,
  field_ja3 = 1U << 11U,
  field_ja3s = 1U << 12U,
  field_ja4 = 1U << 13U,
  field_client = 1U << 14U,
  field_client_certificate = 1U << 15U,
  field_client_chain = 1U << 16U,
  field_client_alpns = 1U << 17U,
  field_server_alpns = 1U << 18U,
  field_subjectaltname = 1U << 19U,
  field_client_handshake = 1U << 20U,
  field_server_handshake = 1U << 21U,
};

struct FieldName {
  std::string_view name;
  std::uint32_t field;
};

constexpr FieldName kFields[] = {{"version", field_version},
                                 {"subject", field_subject},
                                 {"issuer", field_issuer},
                                 {"serial", field_serial},
                                 {"fingerprint", field_fingerprint},
                                 {"not_before", field_not_before},
                                 {"not_after", field_not_after},
                                 {"sni", field_sni},
                                 {"certificate", field_certificate},
                                 {"chain", field_chain},
                                 {"session_resumed", field_session_resumed},
                                 {"ja3", field_ja3},
                                 {"ja3s", field_ja3s},
                                 {"ja4", field_ja4},
                                 {"client", field_client},
                                 {"client_certificate", field_client_certificate},
                                 {"client_chain", field_client_chain},
                                 {"client_alpns", field_client_alpns},
                                 {"server_alpns", field_server_alpns},
                                 {"subjectaltname", field_subjectaltname},
                                 {"client_handshake", field_client_handshake},
                                 {"server_handshake", field_server_handshake}};

constexpr std::uint32_t kBasic = field_subject | field_issuer;
constexpr std::uint32_t kExtended = kBasic | field_session_resumed | field_version | field_serial |
                                    field_fingerprint | field_not_before | field_not_after | field_sni |
                                    field_ja3 | field_ja3s | field_ja4 | field_client | field_client_alpns |
                                    field_server_alpns | field_subjectaltname;

// 0: there is none of that name.
std::uint32_t field_by_name(std::string_view name) {
  for (const FieldName& row : kFields)
    if (row.name == name) return row.field;
  return 0;
}

std::uint32_t read_fields(const Settings& s) {
  std::uint32_t fields = s.flag("extended", false) ? kExtended : kBasic;
  if (s.has("custom")) {
    fields = 0;
    const std::vector<std::string> names = s.list("custom");
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::uint32_t field = field_by_name(names[i]);
      if (field == 0) s.unreadable_item("custom", i, "a field of tls events");
      fields |= field;
    }
  }
  for (const FieldName& row :
       {FieldName{"ja3", field_ja3}, FieldName{"ja3s", field_ja3s}, FieldName{"ja4", field_ja4}})
    if (s.flag(row.name, false)) fields |= row.field;
  // Where the entry is no more than a name, as in Suricata.
  const bool resumed = s.flag("session-resumption", s.has("extended") || s.has("custom"));
  return resumed ? fields | field_session_resumed : fields & ~std::uint32_t{field_session_resumed};
}

void write_strings(JsonWriter& out, JsonKey key, const SlabVector<SlabString>& values) {
  if (values.empty()) return;
  const auto list = out.array(key);
  for (const SlabString& v : values) out.bytes_item(v);
}

void write_numbers(JsonWriter& out, JsonKey key, const SlabVector<std::uint16_t>& values) {
  const std::size_t before = out.mark();
  {
    const auto list = out.array(key);
    for (const std::uint16_t v : values)
      if (!tls::is_grease(v)) out.number(v);
  }
  out.drop_if_empty(before);
}

std::string base64(Bytes data) {
  std::string out((data.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), data.data(),
                                     static_cast<int>(data.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

// The names of the fields of a certificate differ between the server's (top level) and the client's
// ("client").
void write_certificate_fields(JsonWriter& out, const CertificateChain& chain, std::uint32_t fields) {
  if (chain.empty()) return;
  const Certificate& c = chain.leaf;
  if ((fields & field_subject) != 0 && !c.subject.empty()) out.bytes("subject", c.subject);
  if ((fields & field_issuer) != 0 && !c.issuer.empty()) out.bytes("issuerdn", c.issuer);
  if ((fields & field_subjectaltname) != 0) write_strings(out, "subjectaltname", c.alt_names);
  if ((fields & field_serial) != 0 && !c.serial.empty()) out.string("serial", c.serial);
  if ((fields & field_fingerprint) != 0) out.string("fingerprint", c.fingerprint);
}

void write_validity(JsonWriter& out, const CertificateChain& chain, std::uint32_t fields) {
  if (chain.empty()) return;
  const Certificate& c = chain.leaf;
  if ((fields & field_not_before) != 0 && c.not_before)
    out.string("notbefore", tls::time_text(*c.not_before));
  if ((fields & field_not_after) != 0 && c.not_after) out.string("notafter", tls::time_text(*c.not_after));
}

void write_certificate(JsonWriter& out, const CertificateChain& chain, bool certificate, bool whole_chain) {
  if (chain.empty()) return;
  if (certificate) out.base64("certificate", chain.certificate(0));
  if (!whole_chain) return;
  const auto list = out.array("chain");
  for (std::size_t i = 0; i < chain.parts.size(); ++i) out.string(base64(chain.certificate(i)));
}

void write_ja3(JsonWriter& out, JsonKey key, std::string_view hash, std::string_view text) {
  if (text.empty()) return;
  const auto object = out.object(key);
  out.string("hash", hash);
  out.string("string", text);
}

void write_client(JsonWriter& out, const TlsTransaction& tx, std::uint32_t fields) {
  if (tx.client_chain.empty()) return;
  constexpr std::uint32_t kAll = field_subject | field_issuer | field_subjectaltname | field_serial |
                                 field_fingerprint | field_not_before | field_not_after;
  const auto object = out.object("client");
  if ((fields & field_client) != 0) {
    write_certificate_fields(out, tx.client_chain, kAll);
    write_validity(out, tx.client_chain, kAll);
  }
  write_certificate(out, tx.client_chain, (fields & field_client_certificate) != 0,
                    (fields & field_client_chain) != 0);
}

void write_client_handshake(JsonWriter& out, const TlsTransaction& tx) {
  if (!tx.client.seen) return;
  std::array<char, 8> buffer{};
  const auto object = out.object("client_handshake");
  out.string("version", tls::version_name(tx.client.offered_version(), buffer));
  write_numbers(out, "ciphers", tx.client.ciphers);
  write_numbers(out, "exts", tx.client.extensions);
  write_numbers(out, "sig_algs", tx.client.signature_algorithms);
}

void write_server_handshake(JsonWriter& out, const TlsTransaction& tx) {
  if (!tx.server.seen) return;
  std::array<char, 8> buffer{};
  const auto object = out.object("server_handshake");
  out.string("version", tls::version_name(tx.version(), buffer));
  out.number("cipher", tx.server.cipher);
  write_numbers(out, "exts", tx.server.extensions);
}

void write_fields(JsonWriter& out, const TlsTransaction& tx, std::uint32_t fields) {
  const auto on = [fields](std::uint32_t f) { return (fields & f) != 0; };
  write_certificate_fields(out, tx.server_chain, fields);
  if (on(field_session_resumed) && tx.session_resumed()) out.boolean("session_resumed", true);
  if (on(field_sni) && !tx.client.sni.empty()) out.bytes("sni", tx.client.sni);
  if (on(field_version)) {
    std::array<char, 8> buffer{};
    out.string("version", tls::version_name(tx.version(), buffer));
  }
  write_validity(out, tx.server_chain, fields);
  write_certificate(out, tx.server_chain, on(field_certificate), on(field_chain));
  if (on(field_ja3)) write_ja3(out, "ja3", tx.ja3_hash(), tx.ja3());
  if (on(field_ja3s)) write_ja3(out, "ja3s", tx.ja3s_hash(), tx.ja3s());
  if (on(field_ja4) && !tx.ja4().empty()) out.bytes("ja4", tx.ja4());
  if (on(field_client | field_client_certificate | field_client_chain)) write_client(out, tx, fields);
  if (on(field_client_alpns)) write_strings(out, "client_alpns", tx.client.alpns);
  if (on(field_server_alpns)) write_strings(out, "server_alpns", tx.server.alpns);
  if (on(field_client_handshake)) write_client_handshake(out, tx);
  if (on(field_server_handshake)) write_server_handshake(out, tx);
  if (tx.original != AppProto::unknown) out.string("from_proto", protocol_info(tx.original).name);
}

class TlsWriter final : public EveTxWriter {
 public:
  explicit TlsWriter(std::uint32_t fields) : fields_(fields) {}

  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<TlsTransaction>(transaction);
    if (!tx.client.seen && !tx.server.seen && tx.server_chain.empty()) return false;
    if (tx.session_resumed() && tx.server_chain.empty() && (fields_ & field_session_resumed) == 0)
      return false;
    const auto object = out.object("tls");
    write_fields(out, tx, fields_);
    return true;
  }
  // An alert shows all that an extended event does.
  void write_in_alert(JsonWriter& out, const Transaction& transaction) const override {
    const auto object = out.object("tls");
    write_fields(out, tx_cast<TlsTransaction>(transaction), kExtended);
  }

 private:
  std::uint32_t fields_;
};

std::unique_ptr<const EveTxWriter> configure(const Settings& s) {
  return std::make_unique<TlsWriter>(read_fields(s));
}

}  // namespace

const EveTxLogger eve_tls{.protocol = AppProto::tls,
                          .config_name = "tls",
                          .event_type = "tls",
                          .progress_to_server = static_cast<std::uint8_t>(tls::ClientState::handshake_done),
                          .progress_to_client = static_cast<std::uint8_t>(tls::ServerState::handshake_done),
                          .configure = configure,
                          .usual_flag = "extended"};

}  // namespace weir::output
