// Mirrored traffic that a switch, an access point or a cloud sends us in UDP: VXLAN, Geneve or TZSP.
//
// Each datagram is made the packet that it came as, with its sender's address and ours before it, so that the pipeline
// takes the tunnel off as it does elsewhere, and events say who sent it (tunnel.src_ip). A frame in TZSP, which no decoder
// knows, is put into VXLAN for that.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "decoders/types.h"
#include "engine/live/sources/packet_source.h"

namespace weir::engine {

enum class MirrorKind : std::uint8_t { vxlan, geneve, tzsp };

struct MirrorSettings {
  MirrorKind kind = MirrorKind::vxlan;
  std::string address;     // empty: all of this host's
  std::uint16_t port = 0;  // the protocol's own when nothing was said
  std::string name;        // as it was written, for events and messages
};

// "vxlan", "vxlan:4789", "tzsp:10.0.0.1:37008", "geneve:[fd00::1]:6081". Fails with a text.
tl::expected<MirrorSettings, std::string> parse_mirror(std::string_view text);

// The frame inside a TZSP datagram; empty when there is none (a keepalive), or when it is no Ethernet.
Bytes frame_in_tzsp(Bytes datagram);

// A socket that is bound, for sources to be made of: once for each start of the worker.
class MirrorSocket {
 public:
  static tl::expected<std::shared_ptr<const MirrorSocket>, std::string> open(const MirrorSettings& settings);
  ~MirrorSocket();
  MirrorSocket(const MirrorSocket&) = delete;
  MirrorSocket& operator=(const MirrorSocket&) = delete;
  // Fails with a text. `self` lives as long as the source.
  static tl::expected<std::unique_ptr<PacketSource>, std::string> make_source(
      std::shared_ptr<const MirrorSocket> self);
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const MirrorSettings& settings() const { return settings_; }
  [[nodiscard]] std::uint16_t port() const;  // that it is bound to

 private:
  MirrorSocket(int fd, MirrorSettings settings) : fd_(fd), settings_(std::move(settings)) {}
  int fd_;
  MirrorSettings settings_;
};

}  // namespace weir::engine
