// Community ID version 1: a hash of the 5-tuple that is the same for both directions and for every tool that
// writes it (https://github.com/corelight/community-id-spec).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "decoders/ip_address.h"

namespace weir::output {

struct CommunityTuple {
  IpAddress source, destination;
  std::uint8_t protocol = 0;
  bool has_ports = false;
  std::uint16_t source_port = 0, destination_port = 0;
  bool has_icmp = false;
  std::uint8_t icmp_type = 0, icmp_code = 0;
};

// Used by one thread.
class CommunityId {
 public:
  explicit CommunityId(std::uint16_t seed) : seed_(seed) {}
  // "1:" and the hash in base64; lives until the next call. Empty for a tuple without addresses. Throws as digest() does.
  std::string_view of(const CommunityTuple& tuple);

 private:
  std::uint16_t seed_;
  std::array<char, 30> text_{};
};

}  // namespace weir::output
