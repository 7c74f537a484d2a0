// Wire bytes for decoder tests: small pieces that are put together with +, and the checks that most tests
// share.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/decode.h"

namespace weir::test {

using Wire = std::string;

inline Wire be(std::uint64_t value, std::size_t bytes) {
  Wire out;
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * (bytes - 1 - i))));
  return out;
}
inline Wire u8(std::uint64_t v) {
  return be(v, 1);
}
inline Wire u16(std::uint64_t v) {
  return be(v, 2);
}
inline Wire u32(std::uint64_t v) {
  return be(v, 4);
}
inline Wire zeros(std::size_t n) {
  return Wire(n, '\0');
}

inline Wire ethernet(std::uint16_t type, const Wire& payload) {
  return Wire("\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01", 12) + u16(type) + payload;
}

struct Ipv4 {
  std::uint8_t protocol = 17;
  std::uint16_t fragment = 0;  // flags and offset as they stand in the header
  Wire options;
  std::uint16_t id = 0x1234;
  std::uint32_t source = 0x0a000001, destination = 0x0a000002;
};
// A whole datagram; the header checksum stays zero.
inline Wire ipv4(const Ipv4& h, const Wire& payload) {
  return u8(0x45 + h.options.size() / 4) + u8(0) + u16(20 + h.options.size() + payload.size()) + u16(h.id) +
         u16(h.fragment) + u8(64) + u8(h.protocol) + u16(0) + u32(h.source) + u32(h.destination) + h.options +
         payload;
}

inline Wire ipv6(std::uint8_t next, const Wire& payload, std::uint8_t hop_limit = 64) {
  const Wire address = "\x20\x01" + zeros(13);
  return u32(0x60000000) + u16(payload.size()) + u8(next) + u8(hop_limit) + address + u8(1) + address +
         u8(2) + payload;
}

inline Wire udp(std::uint16_t from, std::uint16_t to, const Wire& payload) {
  return u16(from) + u16(to) + u16(8 + payload.size()) + u16(0) + payload;
}

inline Wire tcp(std::uint8_t flags, const Wire& options, const Wire& payload) {
  return u16(1025) + u16(80) + u32(7) + u32(9) + u8((5 + options.size() / 4) << 4) + u8(flags) + u16(512) +
         u16(0) + u16(0) + options + payload;
}

inline Bytes view(const Wire& wire) {
  return {reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size()};
}
inline std::string text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Decodes one frame and owns what the packet looks at. The bytes are copied into a block of just their size,
// so that the address sanitizer sees every read past the end.
class Decoded {
 public:
  explicit Decoded(const Wire& wire, int link_type = 1, const DecodeSettings& settings = no_checksums())
      : bytes_(wire.begin(), wire.end()),
        packet_(std::make_unique<Packet>()),
        inner_(std::make_unique<Packet>()) {
    bytes_.shrink_to_fit();
    RawPacket raw;
    raw.bytes = bytes_;
    raw.wire_length = static_cast<std::uint32_t>(bytes_.size());
    raw.link_type = link_type;
    decode_packet(raw, *packet_, settings);
    if (packet_->tunnel.next != Proto::none) has_inner_ = decode_inner(*packet_, *inner_, settings);
  }
  const Packet& operator*() const { return *packet_; }
  const Packet* operator->() const { return packet_.get(); }
  [[nodiscard]] bool has_inner() const { return has_inner_; }
  [[nodiscard]] const Packet& inner() const { return *inner_; }
  // The names of the packet's anomalies without "decoder.", in order, with blanks between.
  [[nodiscard]] std::string faults() const { return names(*packet_); }
  [[nodiscard]] std::string inner_faults() const { return names(*inner_); }
  [[nodiscard]] std::vector<Proto> layers() const {
    std::vector<Proto> out;
    for (const Layer& layer : packet_->layers) out.push_back(layer.proto);
    return out;
  }
  static DecodeSettings no_checksums() {
    DecodeSettings settings;
    settings.verify_checksums = false;
    return settings;
  }

 private:
  static std::string names(const Packet& p) {
    std::string out;
    for (const Fault& f : p.faults) {
      if (!out.empty()) out += ' ';
      out += anomaly_name(f.what).substr(std::string_view("decoder.").size());
    }
    return out;
  }
  std::vector<std::uint8_t> bytes_;
  std::unique_ptr<Packet> packet_, inner_;
  bool has_inner_ = false;
};

// One frame and the anomalies it must have.
struct FaultRow {
  const char* what;
  Wire wire;
  const char* faults;
  bool invalid = true;
};
template <class Rows>
void check_faults(const Rows& rows, int link_type = 1) {
  for (const FaultRow& row : rows) {
    CAPTURE(row.what);
    const Decoded got(row.wire, link_type);
    CHECK(got.faults() == row.faults);
    CHECK(got->invalid == row.invalid);
  }
}

// Every truncation decodes without reading past the end and has some anomaly, except at the lengths in
// `whole` (shorter frames that are sound) and that of the frame itself.
inline void sweep(const Wire& wire, int link_type, const std::vector<std::size_t>& whole = {}) {
  for (std::size_t n = 0; n <= wire.size(); ++n) {
    CAPTURE(n);
    const Decoded got(wire.substr(0, n), link_type);
    const bool sound = n == wire.size() || std::find(whole.begin(), whole.end(), n) != whole.end();
    CHECK(got->faults.empty() == sound);
    CHECK(got->invalid == !sound);
  }
}

}  // namespace weir::test
