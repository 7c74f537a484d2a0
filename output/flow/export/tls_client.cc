#include "output/flow/export/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>

#include <fmt/format.h>

#include "decoders/ip_network.h"

namespace weir::output {
namespace {

// Read at once: a confined process does not look certificates up one by one.
constexpr const char* kSystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

std::string last_error(std::string_view fallback) {
  const unsigned long error = ::ERR_peek_last_error();
  if (error == 0) return std::string(fallback);
  std::array<char, 256> text{};
  ::ERR_error_string_n(error, text.data(), text.size());
  return text.data();
}

}  // namespace

void TlsClient::Free::operator()(ssl_ctx_st* context) const {
  ::SSL_CTX_free(context);
}
void TlsClient::Free::operator()(ssl_st* connection) const {
  ::SSL_free(connection);
}

TlsClient::~TlsClient() = default;

tl::expected<std::unique_ptr<TlsClient>, std::string> TlsClient::make(const ExportSettings& settings) {
  std::unique_ptr<TlsClient> out(new TlsClient(settings.target.host, settings.tls.verify));
  ::ERR_clear_error();
  out->context_.reset(::SSL_CTX_new(::TLS_client_method()));
  if (out->context_ == nullptr) return tl::unexpected(last_error("TLS cannot be used"));
  if (auto loaded = out->load(settings.tls); !loaded)
    return tl::unexpected(fmt::format("{}: {}", settings.target.text, loaded.error()));
  return out;
}

tl::expected<void, std::string> TlsClient::load(const TlsFiles& files) {
  ssl_ctx_st* const context = context_.get();
  (void)::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  (void)::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_verify(context, verify_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  const auto fail = [](std::string_view key, const std::string& file) {
    return tl::unexpected(
        fmt::format("weir.flows.export.tls.{}: {}: {}", key, file, last_error("cannot be used")));
  };
  if (!files.authorities.empty() &&
      ::SSL_CTX_load_verify_locations(context, files.authorities.c_str(), nullptr) != 1)
    return fail("ca", files.authorities);
  if (files.authorities.empty() && verify_ && ::access(kSystemAuthorities, R_OK) == 0)
    (void)::SSL_CTX_load_verify_locations(context, kSystemAuthorities, nullptr);
  if (files.certificate.empty()) return {};
  if (::SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return fail("certificate", files.certificate);
  if (::SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(context) != 1)
    return fail("key", files.key);
  return {};
}

bool TlsClient::begin(int fd) {
  ::ERR_clear_error();
  connection_.reset(::SSL_new(context_.get()));
  if (connection_ == nullptr || ::SSL_set_fd(connection_.get(), fd) != 1) return false;
  if (IpNetwork::parse(host_))
    return ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(connection_.get()), host_.c_str()) == 1;
  return ::SSL_set1_host(connection_.get(), host_.c_str()) == 1 &&
         ::SSL_set_tlsext_host_name(connection_.get(), host_.c_str()) == 1;
}

TlsClient::Step TlsClient::handshake() {
  ::ERR_clear_error();
  const int done = ::SSL_connect(connection_.get());
  if (done == 1) return Step::done;
  const int why = ::SSL_get_error(connection_.get(), done);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? Step::again : Step::failed;
}

int TlsClient::write(Bytes bytes) {
  ::ERR_clear_error();
  const int done = ::SSL_write(connection_.get(), bytes.data(), static_cast<int>(bytes.size()));
  if (done > 0) return done;
  const int why = ::SSL_get_error(connection_.get(), done);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

bool TlsClient::is_alive() {
  std::array<std::uint8_t, 256> unwanted;
  ::ERR_clear_error();
  const int got = ::SSL_read(connection_.get(), unwanted.data(), unwanted.size());
  if (got > 0) return true;
  const int why = ::SSL_get_error(connection_.get(), got);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

void TlsClient::end() {
  if (connection_ != nullptr && ::SSL_is_init_finished(connection_.get()) == 1)
    (void)::SSL_shutdown(connection_.get());
  connection_.reset();
}

std::string TlsClient::error() const {
  if (connection_ != nullptr)
    if (const long verified = ::SSL_get_verify_result(connection_.get()); verify_ && verified != X509_V_OK)
      return fmt::format("certificate: {}", ::X509_verify_cert_error_string(verified));
  return last_error("the connection ended");
}

}  // namespace weir::output
