// vlan.id and vlan.layers.
#include "rules/compile/keyword_table.h"

namespace weir::rules {
namespace {

constexpr std::uint64_t kMaxVlanId = 4095;

Number layers(const PacketContext& c) {
  return c.packet.vlan_count;
}

// Outermost tag first.
Number id(const PacketContext& c, std::uint32_t n) {
  return n < c.packet.vlan_count ? Number{c.packet.vlan_ids[n]} : Number{};
}

constexpr PacketNumber kNumbers[] = {
    {.name = "vlan.id",
     .summary = "VLAN id: NUMBER[,any|all|LAYER]",
     .most = kMaxVlanId,
     .nth = id,
     .most_of_them = kMaxVlanTags},
    {.name = "vlan.layers", .summary = "number of VLAN tags", .most = kMaxVlanTags, .get = layers},
};

}  // namespace

const KeywordFile keywords_vlan{.packet_numbers = kNumbers};

}  // namespace weir::rules
