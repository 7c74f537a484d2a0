#include "engine/flows/export_inputs.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::engine {
namespace {

constexpr std::size_t kMostRounds = 1024;

bool is_member(const std::vector<IpNetwork>& allowed, const IpAddress& address) {
  return allowed.empty() || std::any_of(allowed.begin(), allowed.end(),
                                        [&](const IpNetwork& network) { return network.contains(address); });
}

}  // namespace

tl::expected<ExportInputs, std::string> ExportInputs::open(const ExportInputSettings& settings) {
  ExportInputs out;
  for (const std::string& text : settings.listeners) {
    const auto listener = parse_export_listener(text);
    if (!listener) return tl::unexpected(listener.error());
    if (listener->transport == ExportTransport::udp) {
      auto socket = ExportSocket::open(*listener);
      if (!socket) return tl::unexpected(socket.error());
      out.sockets_.push_back(std::move(*socket));
      continue;
    }
    const bool is_tls = listener->transport == ExportTransport::tls;
    if (is_tls && (settings.tls.certificate.empty() || settings.tls.key.empty()))
      return tl::unexpected(fmt::format("--listen {}: needs --tls-cert and --tls-key", text));
    if (is_tls && out.tls_ == nullptr) {
      auto tls = TlsServer::open(settings.tls);
      if (!tls) return tl::unexpected(tls.error());
      out.tls_ = std::move(*tls);
    }
    auto streams = ExportStreams::open(
        *listener, is_tls ? out.tls_.get() : nullptr,
        [allowed = settings.allowed](const IpAddress& address) { return is_member(allowed, address); });
    if (!streams) return tl::unexpected(streams.error());
    out.streams_.push_back(std::move(*streams));
  }
  return out;
}

std::vector<int> ExportInputs::descriptors() const {
  std::vector<int> out;
  for (const ExportSocket& socket : sockets_) out.push_back(socket.fd());
  for (const auto& streams : streams_) out.push_back(streams->fd());
  return out;
}

void ExportInputs::serve(std::size_t place, TimeUs now, const Handler& handler) {
  if (place < sockets_.size())
    (void)sockets_[place].receive(handler);
  else
    (void)streams_[place - sockets_.size()]->serve(now, handler);
}

void ExportInputs::serve_rest(TimeUs now, const Handler& handler) {
  for (ExportSocket& socket : sockets_)
    for (std::size_t i = 0; i < kMostRounds && socket.receive(handler) != 0; ++i) {
    }
  for (const auto& streams : streams_)
    for (std::size_t i = 0; i < kMostRounds && streams->serve(now, handler); ++i) {
    }
}

void ExportInputs::tick(TimeUs now) {
  for (const auto& streams : streams_) streams->tick(now);
}

std::vector<std::string> ExportInputs::names() const {
  std::vector<std::string> out;
  for (const ExportSocket& socket : sockets_) out.push_back(socket.name());
  for (const auto& streams : streams_) out.push_back(streams->name());
  return out;
}

std::uint64_t ExportInputs::dropped() const {
  std::uint64_t out = 0;
  for (const ExportSocket& socket : sockets_) out += socket.dropped();
  return out;
}

StreamCounts ExportInputs::stream_counts() const {
  StreamCounts out;
  for (const auto& streams : streams_) {
    const StreamCounts& one = streams->counts();
    out.accepted += one.accepted;
    out.refused += one.refused;
    out.timed_out += one.timed_out;
    out.broken += one.broken;
  }
  return out;
}

std::size_t ExportInputs::connections() const {
  std::size_t out = 0;
  for (const auto& streams : streams_) out += streams->connections();
  return out;
}

}  // namespace weir::engine
