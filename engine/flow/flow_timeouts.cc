#include "engine/flow/flow_timeouts.h"

#include <string>

#include "decoders/net/ip_protocol.h"

namespace weir::engine {
namespace {

constexpr std::array<const char*, 4> kClassNames{"default", "tcp", "udp", "icmp"};
constexpr std::array<const char*, 4> kStateNames{"new", "established", "closed", "bypassed"};
constexpr std::int64_t kMaxTimeoutS = 365LL * 24 * 3600;

void read(const Settings& root, const std::string& path, std::int64_t& seconds) {
  const std::uint64_t value = root.number(path, static_cast<std::uint64_t>(seconds));
  seconds =
      value > static_cast<std::uint64_t>(kMaxTimeoutS) ? kMaxTimeoutS : static_cast<std::int64_t>(value);
}

}  // namespace

FlowClass flow_class(std::uint8_t protocol) {
  switch (protocol) {
    case ip_protocol::tcp: return FlowClass::tcp;
    case ip_protocol::udp: return FlowClass::udp;
    case ip_protocol::icmp:
    case ip_protocol::icmpv6: return FlowClass::icmp;
    default: return FlowClass::other;
  }
}

FlowTableSettings FlowTableSettings::from(const Settings& root) {
  FlowTableSettings s;
  s.memcap_bytes = root.bytes("flow.memcap", s.memcap_bytes);
  s.hash_size = static_cast<std::uint32_t>(root.number("flow.hash-size", s.hash_size));
  s.prealloc = static_cast<std::uint32_t>(root.number("flow.prealloc", s.prealloc));
  s.emergency_recovery_percent =
      static_cast<std::uint32_t>(root.number("flow.emergency-recovery", s.emergency_recovery_percent));
  if (s.emergency_recovery_percent == 0 || s.emergency_recovery_percent > 100)
    s.emergency_recovery_percent = 30;
  s.ended_memory = root.number("flow.ended-memory", s.ended_memory);
  s.key = FlowKeyOptions::from(root);
  for (std::size_t c = 0; c < kClassNames.size(); ++c)
    for (std::size_t state = 0; state < kStateNames.size(); ++state) {
      const std::string path = std::string("flow-timeouts.") + kClassNames[c] + ".";
      read(root, path + kStateNames[state], s.timeout_s[c][state]);
      read(root, path + "emergency-" + kStateNames[state], s.emergency_timeout_s[c][state]);
    }
  return s;
}

}  // namespace weir::engine
