// TLS of those who listen: one context a run, one session a connection. A session reads and never writes more than the protocol does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <tl/expected.hpp>

struct ssl_ctx_st;
struct ssl_st;

namespace weir::engine {

// Files in PEM form.
struct TlsFiles {
  std::string certificate;  // with the chain behind it
  std::string key;
  std::string client_ca;  // whose certificates clients must have; empty: they need none
};

enum class ReadResult : std::uint8_t {
  data,    // some bytes have come
  wait,    // nothing yet
  ended,   // the peer has closed
  failed,  // it was reset, or what came is no TLS
};

class TlsSession {
 public:
  // Reads what is there, up to the size of `into`; `got` says how much. A handshake that is not over goes on first.
  ReadResult read(std::span<std::uint8_t> into, std::size_t& got);

 private:
  friend class TlsServer;
  struct Free {
    void operator()(ssl_st* session) const;
  };
  explicit TlsSession(ssl_st* session) : session_(session) {}
  std::unique_ptr<ssl_st, Free> session_;
};

class TlsServer {
 public:
  // TLS 1.2 or later. Fails with a text that names the option and file.
  static tl::expected<std::unique_ptr<TlsServer>, std::string> open(const TlsFiles& files);
  // Of a connected socket that does not block; null: there is no memory. The socket stays the caller's.
  std::unique_ptr<TlsSession> accept(int fd);

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  TlsServer() = default;
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

}  // namespace weir::engine
