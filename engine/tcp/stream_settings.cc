#include "engine/tcp/stream_settings.h"

#include <algorithm>
#include <array>
#include <string>

#include <arpa/inet.h>

#include "decoders/text.h"

namespace weir::engine {
namespace {

constexpr std::array<const char*, 15> kSystems{"windows",     "bsd",     "bsd-right",  "old-linux", "linux",
                                               "old-solaris", "solaris", "hpux10",     "hpux11",    "irix",
                                               "macos",       "vista",   "windows2k3", "first",     "last"};

std::optional<std::pair<IpAddress, std::uint8_t>> parse_network(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string host = text.substr(0, slash);
  std::array<std::uint8_t, 16> raw{};
  std::size_t length = 4;
  if (inet_pton(AF_INET, host.c_str(), raw.data()) != 1) {
    length = 16;
    if (inet_pton(AF_INET6, host.c_str(), raw.data()) != 1) return std::nullopt;
  }
  unsigned bits = static_cast<unsigned>(length * 8);
  if (slash != std::string::npos) {
    const auto asked = parse_number<unsigned>(std::string_view(text).substr(slash + 1));
    if (!asked || *asked > bits) return std::nullopt;
    bits = *asked;
  }
  return std::pair{IpAddress::from(Bytes{raw.data(), length}), static_cast<std::uint8_t>(bits)};
}

bool in_network(const IpAddress& address, const IpAddress& network, unsigned bits) {
  if (address.family != network.family) return false;
  const std::size_t whole = bits / 8;
  if (!std::equal(network.bytes.begin(), network.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.bytes.begin()))
    return false;
  if (bits % 8 == 0) return true;
  return ((network.bytes[whole] ^ address.bytes[whole]) >> (8 - bits % 8)) == 0;
}

UrgentPolicy urgent_policy(const std::optional<std::string>& text, UrgentPolicy fallback) {
  if (text == "drop") return UrgentPolicy::drop;
  if (text == "inline") return UrgentPolicy::as_data;
  if (text == "oob") return UrgentPolicy::oob;
  if (text == "gap") return UrgentPolicy::gap;
  return fallback;
}

std::uint32_t small_number(const Settings& s, std::string_view path, std::uint32_t fallback) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(s.number(path, fallback), UINT32_MAX / 2));
}

}  // namespace

std::shared_ptr<const HostOsPolicies> HostOsPolicies::from(const Settings& root) {
  auto out = std::make_shared<HostOsPolicies>();
  for (const char* system : kSystems)
    for (const std::string& text : root.list(std::string("host-os-policy.") + system))
      if (const auto network = parse_network(text))
        out->networks_.push_back({network->first, network->second, *host_system(system)});
  std::stable_sort(out->networks_.begin(), out->networks_.end(),
                   [](const Network& a, const Network& b) { return a.prefix_bits > b.prefix_bits; });
  return out;
}

HostSystem HostOsPolicies::of(const IpAddress& address) const {
  for (const Network& n : networks_)
    if (in_network(address, n.address, n.prefix_bits)) return n.policy;
  return HostSystem::bsd;
}

StreamSettings StreamSettings::from(const Settings& stream, bool inline_mode) {
  StreamSettings s;
  s.memcap_bytes = stream.bytes("memcap", s.memcap_bytes);
  s.reassembly_memcap_bytes = stream.bytes("reassembly.memcap", s.reassembly_memcap_bytes);
  s.depth_bytes = stream.bytes("reassembly.depth", s.depth_bytes);
  const auto chunk = [&stream](std::string_view path) {
    const std::uint64_t n = stream.bytes(path, 2560);
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(n, 1, 1U << 20U));
  };
  s.chunk_to_server = chunk("reassembly.toserver-chunk-size");
  s.chunk_to_client = chunk("reassembly.toclient-chunk-size");
  s.midstream = stream.flag("midstream", s.midstream);
  s.async_oneside = stream.flag("async-oneside", s.async_oneside);
  // "auto" (or nothing): inline when the capture is.
  s.inline_mode = stream.text("inline") == "auto" ? inline_mode : stream.flag("inline", inline_mode);
  s.drop_invalid = stream.flag("drop-invalid", s.drop_invalid);
  s.bypass = stream.flag("bypass", s.bypass);
  s.max_synack_queued = small_number(stream, "max-synack-queued", s.max_synack_queued);
  s.max_syn_queued = small_number(stream, "max-syn-queued", s.max_syn_queued);
  s.urgent = urgent_policy(stream.text("reassembly.urgent.policy"), s.urgent);
  s.urgent_limit = urgent_policy(stream.text("reassembly.urgent.oob-limit-policy"), s.urgent_limit);
  s.check_overlap = stream.flag("reassembly.check-overlap-different-data", s.check_overlap);
  return s;
}

}  // namespace weir::engine
