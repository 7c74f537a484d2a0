// Buffers that certificates fill, and the old keywords that look at them.
#include "rules/keywords/tls_buffers.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using tls::Certificate;

template <auto field>
std::string_view leaf_field(const Transaction& tx, Direction d) {
  return chain_of(tls_tx(tx), d).leaf.*field;
}

std::optional<BodyView> alt_name(const BufferRequest& r) {
  return tls_item(r, chain_of(tls_tx(r.tx), r.direction).leaf.alt_names);
}

std::optional<BodyView> raw_certificate(const BufferRequest& r) {
  const tls::CertificateChain& chain = chain_of(tls_tx(r.tx), r.direction);
  return r.index >= chain.parts.size() ? std::nullopt : whole(chain.certificate(r.index));
}

template <auto field>
constexpr auto& kLeaf = kCertificates<tx_text<leaf_field<field>>>;

constexpr ValueForm kSerial{.what = "pairs of hexadecimal digits in upper case, with colons",
                            .only = "0123456789ABCDEF:",
                            .letters = ValueForm::Letters::upper};
constexpr ValueForm kFingerprint{.what = "a SHA-1: 20 pairs of hexadecimal digits in lower case, with colons",
                                 .layout = "xx:xx:xx:xx:xx:xx:xx:xx:xx:xx:xx:xx:xx:xx:xx:xx:xx:xx:xx:xx",
                                 .whole = true,
                                 .letters = ValueForm::Letters::lower};

constexpr BufferSpec kTlsCertificateBuffers[] = {
    {.name = "tls.cert_subject",
     .summary = "subject of the certificate",
     .alias = "tls_cert_subject",
     .sources = kLeaf<&Certificate::subject>},
    {.name = "tls.cert_issuer",
     .summary = "issuer of the certificate",
     .alias = "tls_cert_issuer",
     .sources = kLeaf<&Certificate::issuer>},
    {.name = "tls.cert_serial",
     .summary = "serial number of the certificate, as 03:AB:...",
     .alias = "tls_cert_serial",
     .sources = kLeaf<&Certificate::serial>,
     .form = &kSerial},
    {.name = "tls.cert_fingerprint",
     .summary = "SHA-1 of the certificate, as 4f:b4:...",
     .alias = "tls_cert_fingerprint",
     .sources = kLeaf<&Certificate::fingerprint>,
     .form = &kFingerprint},
    {.name = "tls.subjectaltname",
     .summary = "names that the certificate is for",
     .sources = kCertificates<alt_name>,
     .multiple = true},
    {.name = "tls.certs",
     .summary = "each certificate of the chain, as sent (DER)",
     .sources = kCertificates<raw_certificate>,
     .multiple = true},
};

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
  return add_text(rule, buffer_named("tls.cert_subject"), argument, false);
}
Compiled compile_issuer(RuleBuilder& rule, std::string_view argument) {
  return add_text(rule, buffer_named("tls.cert_issuer"), argument, false);
}
Compiled compile_fingerprint(RuleBuilder& rule, std::string_view argument) {
  return add_text(rule, buffer_named("tls.cert_fingerprint"), argument, true);
}
Compiled compile_store(RuleBuilder&, std::string_view) {
  return refuse("writing certificates to files is not supported");
}

constexpr KeywordSpec kTlsCertificateKeywords[] = {
    {.name = "tls.subject", .how = compile_subject, .summary = "old form: text in the subject"},
    {.name = "tls.issuerdn", .how = compile_issuer, .summary = "old form: text in the issuer"},
    {.name = "tls.fingerprint", .how = compile_fingerprint, .summary = "old form: SHA-1 of the certificate"},
    {"tls.store", compile_store, KeywordSpec::Argument::none, "write the certificate to a file"},
    {"tls_store", compile_store, KeywordSpec::Argument::none, "write the certificate to a file"},
};

}  // namespace

const KeywordFile keywords_tls_certificate{.keywords = kTlsCertificateKeywords,
                                           .buffers = kTlsCertificateBuffers};

}  // namespace weir::rules
