#include "output/community_id.h"

#include <openssl/evp.h>

#include <cstring>
#include <optional>
#include <utility>

#include "decoders/digest.h"
#include "decoders/net/ip_protocol.h"

namespace weir::output {
namespace {

struct TypePair {
  std::uint8_t request, response;
};
constexpr TypePair kPairsV4[] = {{8, 0}, {10, 9}, {13, 14}, {15, 16}, {17, 18}};
constexpr TypePair kPairsV6[] = {{128, 129}, {130, 131}, {133, 134}, {135, 136}, {139, 140}, {144, 145}};

// The type that answers this one; none for messages that have no answer.
std::optional<std::uint8_t> counterpart(std::uint8_t protocol, std::uint8_t type) {
  const auto look = [type](const auto& pairs) -> std::optional<std::uint8_t> {
    for (const TypePair& pair : pairs) {
      if (pair.request == type) return pair.response;
      if (pair.response == type) return pair.request;
    }
    return std::nullopt;
  };
  return protocol == ip_protocol::icmp ? look(kPairsV4) : look(kPairsV6);
}

struct HashInput {
  std::array<std::uint8_t, 2 + 16 + 16 + 1 + 1 + 2 + 2> bytes{};
  std::size_t size = 0;

  void add(const std::uint8_t* data, std::size_t n) {
    std::memcpy(bytes.data() + size, data, n);
    size += n;
  }
  void add8(std::uint8_t value) { bytes[size++] = value; }
  void add16(std::uint16_t value) {
    add8(static_cast<std::uint8_t>(value >> 8U));
    add8(static_cast<std::uint8_t>(value & 0xFFU));
  }
};

}  // namespace

std::string_view CommunityId::of(const CommunityTuple& tuple) {
  if (tuple.source.family == 0 || tuple.destination.family == 0) return {};
  IpAddress a = tuple.source, b = tuple.destination;
  std::uint16_t port_a = tuple.source_port, port_b = tuple.destination_port;
  bool ports = tuple.has_ports, one_way = false;
  if (tuple.has_icmp && (ip_protocol::is_icmp(tuple.protocol))) {
    const auto answer = counterpart(tuple.protocol, tuple.icmp_type);
    ports = true;
    one_way = !answer.has_value();
    port_a = tuple.icmp_type;
    port_b = answer.value_or(tuple.icmp_code);
  }
  if (!one_way && (b < a || (a == b && port_b < port_a))) {
    std::swap(a, b);
    std::swap(port_a, port_b);
  }
  HashInput in;
  const std::size_t address_bytes = a.family == 4 ? 4 : 16;
  in.add16(seed_);
  in.add(a.bytes.data(), address_bytes);
  in.add(b.bytes.data(), address_bytes);
  in.add8(tuple.protocol);
  in.add8(0);
  if (ports) {
    in.add16(port_a);
    in.add16(port_b);
  }
  const DigestValue hash = digest(Hash::sha1, Bytes{in.bytes}.first(in.size));
  if (hash.size == 0) return {};
  // 20 bytes are 28 characters of base64; OpenSSL adds a zero.
  std::array<unsigned char, 29> encoded{};
  EVP_EncodeBlock(encoded.data(), hash.bytes.data(), static_cast<int>(hash.size));
  text_[0] = '1';
  text_[1] = ':';
  std::memcpy(text_.data() + 2, encoded.data(), 28);
  return {text_.data(), text_.size()};
}

}  // namespace weir::output
