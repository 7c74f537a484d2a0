// Decoded packets for tests, made by hand: no wire bytes but the payload, which the builder owns.
#pragma once

#include <string>
#include <string_view>

#include "decoders/packet.h"

namespace weir::test {

inline constexpr TimeUs kSecond = 1'000'000;

class PacketBuilder {
 public:
  PacketBuilder() {
    p_.raw.time = 1'700'000'000 * kSecond;
    p_.raw.number = 1;
    p_.ip.version = 4;
    p_.ip.ttl = 64;
    from(0x0a000001, 40000).to(0x0a000002, 80);
    frame(60);
  }
  PacketBuilder& from(std::uint32_t address, std::uint16_t port) {
    p_.ip.source = IpAddress::v4(address);
    p_.source_port = port;
    return *this;
  }
  PacketBuilder& to(std::uint32_t address, std::uint16_t port) {
    p_.ip.destination = IpAddress::v4(address);
    p_.destination_port = port;
    return *this;
  }
  PacketBuilder& reversed() {
    std::swap(p_.ip.source, p_.ip.destination);
    std::swap(p_.source_port, p_.destination_port);
    return *this;
  }
  PacketBuilder& udp() { return protocol(17, p_.has_udp); }
  PacketBuilder& sctp() { return protocol(132, p_.has_sctp); }
  PacketBuilder& tcp(std::uint8_t flags, std::uint32_t sequence, std::uint32_t acknowledgment) {
    protocol(6, p_.has_tcp);
    p_.tcp.flags = flags;
    p_.tcp.sequence = sequence;
    p_.tcp.acknowledgment = acknowledgment;
    p_.tcp.window = 65535;
    return *this;
  }
  PacketBuilder& window(std::uint16_t w) {
    p_.tcp.window = w;
    return *this;
  }
  PacketBuilder& scale(std::uint8_t shift) {
    p_.tcp.have_window_scale = true;
    p_.tcp.window_scale = shift;
    return *this;
  }
  PacketBuilder& timestamp(std::uint32_t value, std::uint32_t echo) {
    p_.tcp.have_timestamp = true;
    p_.tcp.timestamp_value = value;
    p_.tcp.timestamp_echo = echo;
    return *this;
  }
  PacketBuilder& icmp(std::uint8_t type, std::uint8_t code = 0) {
    protocol(p_.ip.version == 4 ? 1 : 58, p_.has_icmp);
    p_.source_port = p_.destination_port = 0;
    p_.icmp.type = type;
    p_.icmp.code = code;
    return *this;
  }
  PacketBuilder& esp(std::uint32_t spi) {
    p_.ip.protocol = 50;
    p_.source_port = p_.destination_port = 0;
    p_.esp_spi = spi;
    p_.layers.push_back({.proto = Proto::esp});
    return *this;
  }
  PacketBuilder& payload(std::string_view text) {
    payload_ = text;
    return *this;
  }
  PacketBuilder& frame(std::size_t length) {
    frame_.assign(length, '\0');
    return *this;
  }
  PacketBuilder& at(TimeUs time) {
    p_.raw.time = time;
    return *this;
  }
  PacketBuilder& after(TimeUs delta) {
    p_.raw.time += delta;
    return *this;
  }
  PacketBuilder& number(std::uint64_t n) {
    p_.raw.number = n;
    return *this;
  }
  PacketBuilder& vlan(std::uint16_t id) {
    p_.vlan_ids[p_.vlan_count++] = id;
    return *this;
  }
  Packet& raw() { return p_; }
  // The views in the result live as long as the builder and end with the next call that changes it.
  const Packet& get() {
    p_.frame = p_.raw.bytes = view(frame_);
    p_.payload = view(payload_);
    return p_;
  }

 private:
  static Bytes view(const std::string& s) {
    return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
  }
  PacketBuilder& protocol(std::uint8_t number, bool& flag) {
    p_.ip.protocol = number;
    p_.has_tcp = p_.has_udp = p_.has_icmp = p_.has_sctp = false;
    flag = true;
    return *this;
  }

  Packet p_;
  std::string payload_, frame_;
};

}  // namespace weir::test
