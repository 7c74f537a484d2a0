#include <algorithm>

#include "decoders/link/link.h"

namespace weir {
namespace {

constexpr std::size_t kServiceTagBytes = 4;  // flags and I-SID of the 802.1ah I-tag
constexpr std::size_t kVntagBytes = 4;       // before the EtherType
constexpr std::size_t kEtagBytes = 6;

DecodedStep decode_switch_tag(ByteCursor& in, Packet&, const DecodeSettings& settings,
                              std::size_t tag_bytes) {
  in.skip(tag_bytes);
  const std::uint16_t type = in.be16();
  if (in.failed()) return fault(Anomaly::vntag_header_too_small, 0);
  const Proto next = proto_of_ether_type(type, settings);
  if (next == Proto::none) return fault(Anomaly::vntag_unknown_type, in.offset());
  return Step{next, in.peek(in.remaining())};
}

// Hosts take any number of tags, and so do we, up to the limit of layers.
void keep_tag(std::uint16_t id, Packet& p) {
  if (p.vlan_count < kMaxVlanTags) {
    p.vlan_ids[p.vlan_count++] = id;
    return;
  }
  const auto told = [](const Fault& f) { return f.what == Anomaly::vlan_too_many_layers; };
  if (std::none_of(p.faults.begin(), p.faults.end(), told)) p.note({Anomaly::vlan_too_many_layers, 0});
}

}  // namespace

DecodedStep decode_vlan(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  const std::uint16_t tag = in.be16();
  const std::uint16_t type = in.be16();
  if (in.failed()) return fault(Anomaly::vlan_header_too_small, 0);
  keep_tag(tag & 0x0fff, p);
  const Proto next = proto_of_ether_type(type, settings);
  if (next == Proto::none) return fault(Anomaly::vlan_unknown_type, in.offset());
  return Step{next, in.peek(in.remaining())};
}

DecodedStep decode_ieee80211ah(ByteCursor& in, Packet&) {
  constexpr std::size_t kCustomerHeaderBytes = 14;
  in.skip(kServiceTagBytes);
  if (in.failed() || in.remaining() < kCustomerHeaderBytes)
    return fault(Anomaly::ieee8021ah_header_too_small, 0);
  return Step{Proto::ethernet, in.peek(in.remaining())};
}

DecodedStep decode_vntag(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  return decode_switch_tag(in, p, settings, kVntagBytes);
}

DecodedStep decode_etag(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  return decode_switch_tag(in, p, settings, kEtagBytes);
}

}  // namespace weir
