#include "output/eve/events.h"

namespace weir::output {

void write_anomaly_event(EveContext& eve, const AnomalyRecord& r) {
  JsonWriter& out = eve.out;
  const auto event = out.object();
  write_head(eve, r.head, "anomaly");
  if (eve.options.anomaly.packet_header && !r.packet.empty()) write_packet(out, r.packet, r.link_type);
  const auto anomaly = out.object("anomaly");
  write_app_proto(out, r.app_proto);
  out.string("type", r.type);
  out.string("event", r.event);
  if (!r.layer.empty()) out.string("layer", r.layer);
}

}  // namespace weir::output
