// IPFIX over TCP and TLS (RFC 7011 10.4): a place that exporters connect to, and their connections, each a row of messages by their
// lengths. Nothing is ever sent, but for what TLS needs.
//
// Whoever connects can be hostile: connections are capped, of all and of one address, and closed when they say nothing for long, do not
// finish what they began in time, or send what is no IPFIX. Used by one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/flow/decoder.h"
#include "engine/flows/export_listener.h"
#include "engine/flows/stream_tls.h"

namespace weir::engine {

// Of one place; what comes beyond is closed at once.
inline constexpr std::size_t kMaxStreams = 256;
inline constexpr std::size_t kMaxStreamsOfAddress = 16;
inline constexpr TimeUs kStreamIdle = TimeUs{1800} * 1'000'000;  // between messages
inline constexpr TimeUs kStreamPatience =
    TimeUs{30} * 1'000'000;  // for a handshake, a first message, the rest of one

struct StreamCounts {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  // beyond the caps, or not allowed
  std::uint64_t timed_out = 0;
  std::uint64_t broken = 0;  // sent what is no IPFIX or no TLS, or ended within a message
};

class ExportStreams {
 public:
  // True: somebody of this address may connect.
  using Admits = std::function<bool(const IpAddress&)>;
  using Handler = std::function<void(const flow::Source&, Bytes)>;

  // Bound and listening. `tls` (null: none) lives longer. Fails with a text.
  static tl::expected<std::unique_ptr<ExportStreams>, std::string> open(const ExportListener& listener,
                                                                        TlsServer* tls, Admits admits);
  ~ExportStreams();
  ExportStreams(const ExportStreams&) = delete;
  ExportStreams& operator=(const ExportStreams&) = delete;

  // To be polled: readable when serve() has something to do.
  [[nodiscard]] int fd() const { return epoll_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  // Takes connections, and hands on whole messages of those that have sent something, of each at most kMostAtOnce bytes. The bytes
  // live as long as the call. False: there was nothing to do.
  bool serve(TimeUs now, const Handler& handler);
  // Closes those that are late. To be called about once a second.
  void tick(TimeUs now);
  [[nodiscard]] const StreamCounts& counts() const { return counts_; }
  [[nodiscard]] std::size_t connections() const { return streams_.size(); }

  static constexpr std::size_t kMostAtOnce = std::size_t{256} << 10U;

 private:
  struct Stream {
    flow::Source source;
    std::unique_ptr<TlsSession> tls;  // null: none
    std::vector<std::uint8_t> bytes;  // of messages that are not whole
    TimeUs deadline = 0;
  };
  enum class Fate : std::uint8_t { stays, ended, broken };

  ExportStreams(std::string name, TlsServer* tls, Admits admits)
      : name_(std::move(name)), tls_(tls), admits_(std::move(admits)) {}
  void accept_all(TimeUs now);
  bool admits(const IpAddress& address) const;
  void add(int fd, const flow::Source& source, TimeUs now);
  Fate read(int fd, Stream& stream, TimeUs now, const Handler& handler);
  static std::optional<std::size_t> take_messages(Stream& stream, const Handler& handler);
  std::map<int, Stream>::iterator close(std::map<int, Stream>::iterator stream);

  std::string name_;
  TlsServer* tls_;
  Admits admits_;
  int listener_ = -1, epoll_ = -1;
  std::map<int, Stream> streams_;  // by descriptor
  std::map<IpAddress, std::size_t> of_address_;
  StreamCounts counts_;
  std::vector<std::uint8_t> scratch_ = std::vector<std::uint8_t>(std::size_t{64} << 10U);
};

}  // namespace weir::engine
