// EVE's packet events: what the tags of rules ask for, written as `tagged-packets` of the alert type says.
#include "output/eve/common.h"
#include "output/eve_type.h"

namespace weir::output {
namespace {

class PacketWriter final : public EveWriter<PacketRecord> {
 public:
  bool write(EveContext& eve, const PacketRecord& r) const override {
    const auto event = eve.out.object();
    write_head(eve, r.head, "packet");
    write_packet(eve.out, r.packet, r.link_type);
    return true;
  }
};

std::unique_ptr<const EveWriter<PacketRecord>> make(const Settings& own, const Settings&) {
  if (!own.flag("tagged-packets", true)) return nullptr;
  return std::make_unique<PacketWriter>();
}

}  // namespace

const EveType<PacketRecord> eve_type_packet{.name = "alert", .event_type = "packet", .make = make};

}  // namespace weir::output
