// All places that a collector listens at: UDP sockets, and streams over TCP and TLS.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/ip_network.h"
#include "engine/flows/export_socket.h"
#include "engine/flows/export_streams.h"

namespace weir::engine {

struct ExportInputSettings {
  std::vector<std::string> listeners;  // parse_export_listener()
  TlsFiles tls;                        // for those of tls://
  std::vector<IpNetwork> allowed;  // who may connect; empty: all. Of datagrams the collector says so itself.
};

class ExportInputs {
 public:
  // Binds all of them. Fails with a text.
  static tl::expected<ExportInputs, std::string> open(const ExportInputSettings& settings);

  using Handler = std::function<void(const flow::Source&, Bytes)>;
  // What is to be polled for something to read, always the same.
  [[nodiscard]] std::vector<int> descriptors() const;
  // Takes in what came at the descriptor of this place among them.
  void serve(std::size_t place, TimeUs now, const Handler& handler);
  // Takes in what waits, whoever sent it before now; bounded.
  void serve_rest(TimeUs now, const Handler& handler);
  // To be called about once a second.
  void tick(TimeUs now);

  [[nodiscard]] std::vector<std::string> names() const;
  // Datagrams that the kernel had no room for.
  [[nodiscard]] std::uint64_t dropped() const;
  // Of all streams together; none are there, so that they are zero, without tcp:// and tls://.
  [[nodiscard]] StreamCounts stream_counts() const;
  [[nodiscard]] std::size_t connections() const;

 private:
  std::unique_ptr<TlsServer> tls_;
  std::vector<ExportSocket> sockets_;
  std::vector<std::unique_ptr<ExportStreams>> streams_;
};

}  // namespace weir::engine
