// Decoders of the layers below IP. Each takes the cursor at its first byte (see layer.h).
#pragma once

#include "decoders/layer.h"

namespace weir {

// Where a EtherType leads; Proto::none for one that we do not decode.
// https://www.iana.org/assignments/ieee-802-numbers
Proto proto_of_ether_type(std::uint16_t ether_type, const DecodeSettings& settings);

// Ethernet II. 802.3 frames (a length in place of the type) hold nothing for us.
DecodedStep decode_ethernet(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// IEEE 802.1Q and 802.1ad, one tag a call. The numbers of the outermost kMaxVlanTags are kept; of more the packet
// notes that there are, once.
DecodedStep decode_vlan(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// IEEE 802.1ah (PBB): the I-tag, then a whole Ethernet frame.
DecodedStep decode_ieee80211ah(ByteCursor& in, Packet& p);
// Cisco VN-Tag and IEEE 802.1BR E-tag.
DecodedStep decode_vntag(ByteCursor& in, Packet& p, const DecodeSettings& settings);
DecodedStep decode_etag(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// Cisco FabricPath (DCE): its tag, then a whole Ethernet frame.
DecodedStep decode_dce(ByteCursor& in, Packet& p);

// Linux "cooked" captures, LINKTYPE_LINUX_SLL and SLL2.
DecodedStep decode_linux_sll(ByteCursor& in, Packet& p, const DecodeSettings& settings);
DecodedStep decode_linux_sll2(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// LINKTYPE_NULL and LINKTYPE_LOOP: an address family, in the byte order of some host.
DecodedStep decode_null_loopback(ByteCursor& in, Packet& p);
// IPv4 or IPv6 by its version field.
DecodedStep decode_raw_ip(ByteCursor& in, Packet& p);
// Cisco HDLC, and PPP in HDLC-like framing (RFC 1662) or without.
DecodedStep decode_chdlc(ByteCursor& in, Packet& p, const DecodeSettings& settings);
DecodedStep decode_ppp(ByteCursor& in, Packet& p);
// RFC 2516.
DecodedStep decode_pppoe_discovery(ByteCursor& in, Packet& p);
DecodedStep decode_pppoe_session(ByteCursor& in, Packet& p);
// RFC 3032: the whole label stack. Labels do not say what follows: IP is told by a header that fits, an Ethernet
// frame (RFC 4448), behind a control word or bare, by a type that we decode.
DecodedStep decode_mpls(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// RFC 8300.
DecodedStep decode_nsh(ByteCursor& in, Packet& p);

// A PPP payload by protocol number (RFC 1661): shared by PPP and PPPoE.
DecodedStep ppp_payload(std::uint16_t protocol, ByteCursor& in, Packet& p);

// What payloads without a type look like: an IP header whose lengths fit into `data` (ipv4, ipv6, or none), and an
// Ethernet frame that we could decode.
Proto ip_by_looks(Bytes data);
bool looks_like_ethernet(ByteCursor in, const DecodeSettings& settings);

}  // namespace weir
