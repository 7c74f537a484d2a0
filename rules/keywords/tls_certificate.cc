// Buffers that certificates fill, and the old keywords that look at them.
#include "rules/keywords/tls_buffers.h"
#include "rules/option_text.h"

namespace weir::rules {
namespace {

using tls::Certificate;

template <auto field>
std::optional<BodyView> leaf_field(const BufferRequest& r) {
  return tls_value(r, chain_of(tls_tx(r.tx), r.direction).leaf.*field);
}

std::optional<BodyView> alt_name(const BufferRequest& r) {
  return tls_item(r, chain_of(tls_tx(r.tx), r.direction).leaf.alt_names);
}

std::optional<BodyView> raw_certificate(const BufferRequest& r) {
  const tls::CertificateChain& chain = chain_of(tls_tx(r.tx), r.direction);
  return r.index >= chain.parts.size() ? std::nullopt : whole(chain.certificate(r.index));
}

constexpr BufferSpec kSerial{.name = "tls.cert_serial",
                             .sources = kCertificateSources<leaf_field<&Certificate::serial>>};
constexpr BufferSpec kAltName{
    .name = "tls.subjectaltname", .sources = kCertificateSources<alt_name>, .multiple = true};
constexpr BufferSpec kCerts{
    .name = "tls.certs", .sources = kCertificateSources<raw_certificate>, .multiple = true};

// tls.subject:"..."; a content on the buffer by another name. A leading ! negates it.
Compiled add_text(RuleBuilder& rule, const BufferSpec& buffer, std::string_view argument, bool lower) {
  Content content;
  content.negated = take_negation(argument);
  argument = unquote_if_quoted(argument);
  if (argument.empty()) return refuse("needs a text to look for");
  content.pattern.assign(argument.begin(), argument.end());
  if (lower)
    for (std::uint8_t& c : content.pattern) c = to_lower(c);
  return rule.add_op_to(buffer, std::move(content));
}

Compiled compile_subject(RuleBuilder& rule, std::string_view argument) {
  return add_text(rule, buffer_tls_cert_subject, argument, false);
}
Compiled compile_issuer(RuleBuilder& rule, std::string_view argument) {
  return add_text(rule, buffer_tls_cert_issuer, argument, false);
}
Compiled compile_fingerprint(RuleBuilder& rule, std::string_view argument) {
  return add_text(rule, buffer_tls_cert_fingerprint, argument, true);
}
Compiled compile_store(RuleBuilder&, std::string_view) {
  return refuse("writing certificates to files is not supported");
}

constexpr auto kRequired = KeywordSpec::Argument::required;
constexpr auto kNone = KeywordSpec::Argument::none;

}  // namespace

const BufferSpec buffer_tls_cert_subject{.name = "tls.cert_subject",
                                         .sources = kCertificateSources<leaf_field<&Certificate::subject>>};
const BufferSpec buffer_tls_cert_issuer{.name = "tls.cert_issuer",
                                        .sources = kCertificateSources<leaf_field<&Certificate::issuer>>};
const BufferSpec buffer_tls_cert_fingerprint{
    .name = "tls.cert_fingerprint", .sources = kCertificateSources<leaf_field<&Certificate::fingerprint>>};

const KeywordSpec kw_tls_cert_subject =
    sticky<buffer_tls_cert_subject>("tls.cert_subject", "subject of the certificate");
const KeywordSpec kw_tls_cert_subject_old =
    sticky<buffer_tls_cert_subject>("tls_cert_subject", "subject of the certificate");
const KeywordSpec kw_tls_cert_issuer =
    sticky<buffer_tls_cert_issuer>("tls.cert_issuer", "issuer of the certificate");
const KeywordSpec kw_tls_cert_issuer_old =
    sticky<buffer_tls_cert_issuer>("tls_cert_issuer", "issuer of the certificate");
const KeywordSpec kw_tls_cert_serial =
    sticky<kSerial>("tls.cert_serial", "serial number of the certificate, as 03:AB:...");
const KeywordSpec kw_tls_cert_serial_old =
    sticky<kSerial>("tls_cert_serial", "serial number of the certificate, as 03:AB:...");
const KeywordSpec kw_tls_cert_fingerprint =
    sticky<buffer_tls_cert_fingerprint>("tls.cert_fingerprint", "SHA-1 of the certificate, as 4f:b4:...");
const KeywordSpec kw_tls_cert_fingerprint_old =
    sticky<buffer_tls_cert_fingerprint>("tls_cert_fingerprint", "SHA-1 of the certificate, as 4f:b4:...");
const KeywordSpec kw_tls_subjectaltname =
    sticky<kAltName>("tls.subjectaltname", "names that the certificate is for");
const KeywordSpec kw_tls_certs = sticky<kCerts>("tls.certs", "each certificate of the chain, as sent (DER)");

const KeywordSpec kw_tls_subject{"tls.subject", compile_subject, kRequired, "old form: text in the subject"};
const KeywordSpec kw_tls_issuerdn{"tls.issuerdn", compile_issuer, kRequired, "old form: text in the issuer"};
const KeywordSpec kw_tls_fingerprint{"tls.fingerprint", compile_fingerprint, kRequired,
                                     "old form: SHA-1 of the certificate"};
const KeywordSpec kw_tls_store{"tls.store", compile_store, kNone, "write the certificate to a file"};
const KeywordSpec kw_tls_store_old{"tls_store", compile_store, kNone, "write the certificate to a file"};

}  // namespace weir::rules
