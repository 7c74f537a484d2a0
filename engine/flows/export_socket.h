// A UDP socket that exporters send to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/flow/decoder.h"
#include "engine/flows/export_listener.h"

namespace weir::engine {

class ExportSocket {
 public:
  // Bound, and with a large queue in the kernel. Fails with a text.
  static tl::expected<ExportSocket, std::string> open(const ExportListener& listener);
  ~ExportSocket();
  ExportSocket(ExportSocket&& other) noexcept;
  ExportSocket& operator=(ExportSocket&&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  // Hands on what waits, up to kMostAtOnce datagrams, with their senders; IPv4 in IPv6 is IPv4. Gives their number. The bytes live as
  // long as the call.
  using Handler = std::function<void(const flow::Source&, Bytes)>;
  std::size_t receive(const Handler& handler);
  // Datagrams that the kernel had no room for, since the socket was opened.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

  static constexpr std::size_t kMostAtOnce = 1024;

 private:
  struct Buffers;
  ExportSocket(int fd, std::string name);
  std::size_t receive_batch(const Handler& handler);

  int fd_;
  std::string name_;
  std::unique_ptr<Buffers> buffers_;
  std::uint64_t dropped_ = 0;
};

}  // namespace weir::engine
