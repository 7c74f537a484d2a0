#include "output/eve/options.h"

#include <algorithm>

namespace weir::output {

EveOptions EveOptions::from(const Settings& eve_log) {
  EveOptions o;
  o.pcap_file = eve_log.flag("pcap-file", false);
  o.metadata = eve_log.flag("metadata", true);
  o.ethernet = eve_log.flag("ethernet", false);
  o.community_id = eve_log.flag("community-id", false);
  o.community_id_seed =
      static_cast<std::uint16_t>(std::min<std::uint64_t>(eve_log.number("community-id-seed", 0), UINT16_MAX));
  o.suricata_version = eve_log.flag("suricata-version", false);
  o.host = eve_log.text("sensor-name").value_or("");
  o.prefix = eve_log.text("prefix").value_or("");
  o.xff = XffOptions::of(eve_log).value_or(XffOptions{});
  return o;
}

}  // namespace weir::output
