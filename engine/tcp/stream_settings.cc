#include "engine/tcp/stream_settings.h"

#include <algorithm>
#include <array>
#include <string>

namespace weir::engine {
namespace {

constexpr std::array<const char*, 15> kSystems{"windows",     "bsd",     "bsd-right",  "old-linux", "linux",
                                               "old-solaris", "solaris", "hpux10",     "hpux11",    "irix",
                                               "macos",       "vista",   "windows2k3", "first",     "last"};

UrgentPolicy urgent_policy(const Settings& s, std::string_view path, UrgentPolicy fallback) {
  const auto text = s.text(path);
  if (text == "drop") return UrgentPolicy::drop;
  if (text == "inline") return UrgentPolicy::as_data;
  if (text == "oob") return UrgentPolicy::oob;
  if (text == "gap") return UrgentPolicy::gap;
  if (text) s.unreadable(path, "drop, inline, oob or gap");
  return fallback;
}

std::uint32_t small_number(const Settings& s, std::string_view path, std::uint32_t fallback) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(s.number(path, fallback), UINT32_MAX / 2));
}

}  // namespace

std::shared_ptr<const HostOsPolicies> HostOsPolicies::from(const Settings& root) {
  auto out = std::make_shared<HostOsPolicies>();
  for (const char* system : kSystems) {
    const std::string path = std::string("host-os-policy.") + system;
    const std::vector<std::string> texts = root.list(path);
    for (std::size_t i = 0; i < texts.size(); ++i)
      if (const auto network = IpNetwork::parse(texts[i]))
        out->networks_.push_back({*network, *host_system(system)});
      else
        root.unreadable_item(path, i, IpNetwork::kExpected);
  }
  std::stable_sort(out->networks_.begin(), out->networks_.end(),
                   [](const Network& a, const Network& b) { return a.network.bits > b.network.bits; });
  return out;
}

const HostOsPolicies::Network* HostOsPolicies::find(const IpAddress& address) const {
  for (const Network& n : networks_)
    if (n.network.contains(address)) return &n;
  return nullptr;
}

HostSystem HostOsPolicies::of(const IpAddress& address) const {
  const Network* const known = find(address);
  return known != nullptr ? known->policy : HostSystem::bsd;
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
  s.urgent = urgent_policy(stream, "reassembly.urgent.policy", s.urgent);
  s.urgent_limit = urgent_policy(stream, "reassembly.urgent.oob-limit-policy", s.urgent_limit);
  s.other_readings = small_number(stream, "reassembly.other-readings", s.other_readings);
  s.check_overlap = stream.flag("reassembly.check-overlap-different-data", s.check_overlap);
  return s;
}

}  // namespace weir::engine
