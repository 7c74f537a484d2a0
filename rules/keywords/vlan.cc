// vlan.id and vlan.layers.
#include "rules/compile/keyword_table.h"

namespace weir::rules {
namespace {

constexpr std::uint64_t kMaxVlanId = 4095;

Number vlan_layers(const PacketContext& c) {
  return c.packet.vlan_count;
}

// Outermost tag first.
Number vlan_id(const PacketContext& c, std::uint32_t n) {
  return n < c.packet.vlan_count ? Number{c.packet.vlan_ids[n]} : Number{};
}

constexpr PacketNumber kVlanNumbers[] = {
    {.name = "vlan.id",
     .summary = "VLAN id: NUMBER[,any|all|LAYER]",
     .most = kMaxVlanId,
     .nth = vlan_id,
     .most_of_them = kMaxVlanTags,
     .on_records = true},
    {.name = "vlan.layers", .summary = "number of VLAN tags", .most = kMaxVlanTags, .get = vlan_layers},
};

}  // namespace

const KeywordFile keywords_vlan{.packet_numbers = kVlanNumbers};

}  // namespace weir::rules
