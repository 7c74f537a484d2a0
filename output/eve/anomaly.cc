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
        packet_header_(s.flag("packethdr", false)) {}

  bool write(EveContext& eve, const AnomalyRecord& r) const override {
    if (!(r.type == "decode" ? decode_ : r.type == "stream" ? stream_ : app_layer_)) return false;
    JsonWriter& out = eve.out;
    const auto event = out.object();
    write_head(eve, r.head, "anomaly");
    if (packet_header_ && !r.packet.empty()) write_packet(out, r.packet, r.link_type);
    const auto anomaly = out.object("anomaly");
    write_app_proto(out, r.app_proto);
    out.plain("type", r.type);
    out.plain("event", r.event);
    if (!r.layer.empty()) out.plain("layer", r.layer);
    return true;
  }

 private:
  const bool decode_, stream_, app_layer_, packet_header_;
};

}  // namespace

const EveType<AnomalyRecord> eve_type_anomaly{.name = "anomaly",
                                              .event_type = "anomaly",
                                              .make = make_writer<AnomalyRecord, AnomalyWriter>,
                                              .only_once = true};

}  // namespace weir::output
