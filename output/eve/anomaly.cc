#include "output/eve/common.h"
#include "output/eve_type.h"

namespace weir::output {
namespace {

class AnomalyWriter final : public EveWriter<AnomalyRecord> {
 public:
  explicit AnomalyWriter(const Settings& s)
      : decode_(s.flag("types.decode", false)),
        stream_(s.flag("types.stream", false)),
        app_layer_(s.flag("types.applayer", true)),
        flow_export_(s.flag("types.flow-export", true)),
        packet_header_(s.flag("packethdr", false)) {}

  bool write(EveContext& eve, const AnomalyRecord& r) const override {
    if (!is_on(r)) return false;
    JsonWriter& out = eve.out;
    const auto event = out.object();
    write_head(eve, r.head, "anomaly");
    if (packet_header_ && !r.packet.empty()) write_packet(out, r.packet, r.link_type);
    write_anomaly(out, r);
    if (r.exporter != nullptr) write_exporter(out, *r.exporter);
    return true;
  }

 private:
  static void write_anomaly(JsonWriter& out, const AnomalyRecord& r) {
    const auto anomaly = out.object("anomaly");
    write_app_proto(out, r.app_proto);
    out.plain("type", r.type);
    out.plain("event", r.event);
    if (!r.layer.empty()) out.plain("layer", r.layer);
    if (r.gap == nullptr) return;
    out.number("lost", r.gap->lost);
    out.plain("unit", r.gap->unit);
  }
  [[nodiscard]] bool is_on(const AnomalyRecord& r) const {
    if (r.exporter != nullptr) return flow_export_;
    return r.type == "decode" ? decode_ : r.type == "stream" ? stream_ : app_layer_;
  }

  const bool decode_, stream_, app_layer_, flow_export_, packet_header_;
};

}  // namespace

const EveType<AnomalyRecord> eve_type_anomaly{.name = "anomaly",
                                              .event_type = "anomaly",
                                              .make = make_writer<AnomalyRecord, AnomalyWriter>,
                                              .only_once = true};

}  // namespace weir::output
