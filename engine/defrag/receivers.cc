#include "engine/defrag/receivers.h"

#include <algorithm>
#include <string>

#include "engine/tcp/stream_settings.h"

namespace weir::engine {
namespace {

constexpr std::uint64_t kMaxTimeoutSeconds = 1'000'000;

std::uint32_t seconds(const Settings& s, std::string_view path, std::uint32_t fallback) {
  return static_cast<std::uint32_t>(std::min(s.number(path, fallback), kMaxTimeoutSeconds));
}

}  // namespace

FragmentPolicy fragment_policy(HostSystem system) {
  switch (system) {
    case HostSystem::bsd:
    case HostSystem::hpux10:
    case HostSystem::irix:
    case HostSystem::macos: return FragmentPolicy::bsd;
    case HostSystem::bsd_right: return FragmentPolicy::bsd_right;
    case HostSystem::old_linux: return FragmentPolicy::old_linux;
    case HostSystem::linux_: return FragmentPolicy::linux_;
    case HostSystem::first:
    case HostSystem::hpux11:
    case HostSystem::old_solaris: return FragmentPolicy::first;
    case HostSystem::last: return FragmentPolicy::last;
    case HostSystem::solaris: return FragmentPolicy::solaris;
    case HostSystem::windows:
    case HostSystem::vista:
    case HostSystem::windows2k3: return FragmentPolicy::windows;
  }
  return FragmentPolicy::bsd;
}

FragmentReceivers FragmentReceivers::from(const Config& root) {
  FragmentReceivers out;
  out.timeout_s = seconds(root, "defrag.timeout", out.timeout_s);
  for (const Config::Item& group : root.items("defrag.host-config")) {
    const std::uint32_t timeout = seconds(*group.settings, "timeout", out.timeout_s);
    const std::vector<std::string> texts = group.settings->list("address");
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const bool any = texts[i] == "any";
      for (const std::string& one :
           any ? std::vector<std::string>{"0.0.0.0/0", "::/0"} : std::vector{texts[i]})
        if (const auto network = IpNetwork::parse(one))
          out.timeouts.push_back({*network, timeout});
        else
          group.settings->unreadable_item("address", i, IpNetwork::kExpected);
    }
  }
  std::stable_sort(out.timeouts.begin(), out.timeouts.end(),
                   [](const Patience& a, const Patience& b) { return a.network.bits > b.network.bits; });
  return out;
}

std::uint32_t FragmentReceivers::timeout_of(const IpAddress& receiver) const {
  for (const Patience& p : timeouts)
    if (p.network.contains(receiver)) return p.timeout_s;
  return timeout_s;
}

FragmentPolicy FragmentReceivers::policy_of(const IpAddress& receiver) const {
  return host_os == nullptr ? FragmentPolicy::bsd : fragment_policy(host_os->of(receiver));
}

}  // namespace weir::engine
