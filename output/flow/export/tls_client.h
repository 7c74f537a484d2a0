// Our side of a TLS connection to a collector, over a non-blocking socket.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "decoders/types.h"
#include "output/flow/export/export_settings.h"

struct ssl_ctx_st;
struct ssl_st;

namespace weir::output {

class TlsClient {
 public:
  // Reads certificates and keys. Fails with a text that names the file.
  static tl::expected<std::unique_ptr<TlsClient>, std::string> make(const ExportSettings& settings);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // A new connection on `fd`, which the caller closes.
  bool begin(int fd);
  enum class Step : std::uint8_t { done, again, failed };
  Step handshake();
  // How much went; 0: nothing now; below: the connection is over.
  int write(Bytes bytes);
  // Takes what the collector sends besides. False: the connection is over.
  bool is_alive();
  // Says goodbye.
  void end();
  // Why the last step failed.
  [[nodiscard]] std::string error() const;

 private:
  explicit TlsClient(std::string host, bool verify) : host_(std::move(host)), verify_(verify) {}
  tl::expected<void, std::string> load(const TlsFiles& files);

  struct Free {
    void operator()(ssl_ctx_st* context) const;
    void operator()(ssl_st* connection) const;
  };
  const std::string host_;
  const bool verify_;
  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::unique_ptr<ssl_st, Free> connection_;
};

}  // namespace weir::output
