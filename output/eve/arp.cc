// EVE's arp events: who asks for an address on the network, and who says that he has it.
#include <algorithm>

#include "output/eve/common.h"
#include "output/eve_type.h"
#include "output/net_text.h"

namespace weir::output {
namespace {

std::string_view opcode_name(std::uint16_t opcode) {
  switch (opcode) {
    case 1: return "request";
    case 2: return "reply";
    case 3: return "request_reverse";
    case 4: return "reply_reverse";
    case 8: return "inverse_request";
    case 9: return "inverse_reply";
    default: return "unknown";
  }
}

void write_address(JsonWriter& out, JsonKey key, Bytes address) {
  IpAddress text;
  text.family = 4;
  std::copy(address.begin(), address.end(), text.bytes.begin());
  out.plain(key, AddressText(text).view());
}

// The decoder lets no others through than those of IPv4 over Ethernet.
class ArpWriter final : public EveWriter<ArpRecord> {
 public:
  explicit ArpWriter(const Settings&) {}
  bool write(EveContext& eve, const ArpRecord& r) const override {
    JsonWriter& out = eve.out;
    const auto event = out.object();
    write_head(eve, r.head, "arp");
    const auto arp = out.object("arp");
    out.plain("hw_type", "ethernet");
    out.plain("proto_type", "ipv4");
    out.plain("opcode", opcode_name(r.arp.opcode));
    out.hex("src_mac", r.arp.source_hardware, ':');
    write_address(out, "src_ip", r.arp.source_protocol);
    out.hex("dest_mac", r.arp.destination_hardware, ':');
    write_address(out, "dest_ip", r.arp.destination_protocol);
    return true;
  }
};

}  // namespace

const EveType<ArpRecord> eve_type_arp{
    .name = "arp", .event_type = "arp", .make = make_writer<ArpRecord, ArpWriter>};

}  // namespace weir::output
