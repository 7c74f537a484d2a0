#include "engine/flows/stream_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <fmt/format.h>

namespace weir::engine {
namespace {

// The reason that OpenSSL gives first; the others follow from it.
std::string first_error() {
  const unsigned long code = ::ERR_get_error();
  ::ERR_clear_error();
  const char* const reason = ::ERR_reason_error_string(code);
  return reason != nullptr ? reason : "unknown reason";
}

tl::unexpected<std::string> failed(const char* option, const std::string& file) {
  return tl::unexpected(fmt::format("{} {}: {}", option, file, first_error()));
}

}  // namespace

void TlsSession::Free::operator()(ssl_st* session) const {
  ::SSL_free(session);
}
void TlsServer::Free::operator()(ssl_ctx_st* context) const {
  ::SSL_CTX_free(context);
}

tl::expected<std::unique_ptr<TlsServer>, std::string> TlsServer::open(const TlsFiles& files) {
  std::unique_ptr<TlsServer> out(new TlsServer());
  out->context_.reset(::SSL_CTX_new(::TLS_server_method()));
  ssl_ctx_st* const context = out->context_.get();
  if (context == nullptr) return tl::unexpected("TLS: " + first_error());
  (void)::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  (void)::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  (void)::SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  (void)::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  (void)::SSL_CTX_set_num_tickets(context, 0);
  if (::SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return failed("--tls-cert", files.certificate);
  if (::SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(context) != 1)
    return failed("--tls-key", files.key);
  if (files.client_ca.empty()) return out;
  if (::SSL_CTX_load_verify_locations(context, files.client_ca.c_str(), nullptr) != 1)
    return failed("--tls-client-ca", files.client_ca);
  ::SSL_CTX_set_client_CA_list(context, ::SSL_load_client_CA_file(files.client_ca.c_str()));
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return out;
}

std::unique_ptr<TlsSession> TlsServer::accept(int fd) {
  std::unique_ptr<TlsSession> out(new TlsSession(::SSL_new(context_.get())));
  if (out->session_ == nullptr || ::SSL_set_fd(out->session_.get(), fd) != 1) {
    ::ERR_clear_error();
    return nullptr;
  }
  ::SSL_set_accept_state(out->session_.get());
  return out;
}

ReadResult TlsSession::read(std::span<std::uint8_t> into, std::size_t& got) {
  got = 0;
  ::ERR_clear_error();
  const int result = ::SSL_read_ex(session_.get(), into.data(), into.size(), &got);
  if (result == 1) return ReadResult::data;
  const int error = ::SSL_get_error(session_.get(), result);
  ::ERR_clear_error();
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return ReadResult::wait;
  return error == SSL_ERROR_ZERO_RETURN ? ReadResult::ended : ReadResult::failed;
}

}  // namespace weir::engine
