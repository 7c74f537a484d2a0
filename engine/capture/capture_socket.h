// Captures that come over TCP (PCAP-over-IP): from somebody who serves them, or from whoever connects to us.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace weir::engine {

// "tcp://HOST:PORT" connects; "tcp-listen://ADDRESS:PORT" waits for clients, one at a time.
bool is_capture_socket(std::string_view path);

class CaptureSocket {
 public:
  // Connects, or begins to listen. Fails with a text.
  static tl::expected<CaptureSocket, std::string> open(const std::string& path);
  ~CaptureSocket();
  CaptureSocket(CaptureSocket&& other) noexcept;
  CaptureSocket& operator=(CaptureSocket&&) = delete;

  [[nodiscard]] bool listens() const { return listens_; }
  [[nodiscard]] int fd() const { return fd_; }
  // The connection that a capture is read from, for the caller to close; -1 when there is none (any more). Of one that
  // listens: the client that has come; fd() is readable when there is one.
  int take();
  // "tcp://10.0.0.1:5555": the other side of what take() gave.
  [[nodiscard]] const std::string& peer() const { return peer_; }

 private:
  CaptureSocket(int fd, bool listens, std::string peer)
      : fd_(fd), listens_(listens), peer_(std::move(peer)) {}
  int fd_;
  bool listens_;
  std::string peer_;
};

}  // namespace weir::engine
