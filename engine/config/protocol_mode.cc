#include "engine/config/protocol_mode.h"

#include <string>

namespace weir::engine {

ProtocolMode protocol_mode(const Settings& protocols, const ProtocolInfo& info, bool over_tcp) {
  const std::string base(info.name);
  const std::string own = base + (over_tcp ? ".tcp" : ".udp");
  const std::string enabled =
      protocols.text(own + ".enabled").value_or(protocols.text(base + ".enabled").value_or(""));
  if (enabled.empty()) return info.enabled_by_default ? ProtocolMode::on : ProtocolMode::off;
  if (enabled == "detection-only") return ProtocolMode::detection_only;
  return enabled == "yes" || enabled == "true" || enabled == "on" || enabled == "1" ? ProtocolMode::on
                                                                                    : ProtocolMode::off;
}

}  // namespace weir::engine
