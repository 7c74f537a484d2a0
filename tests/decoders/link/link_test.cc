#include "decoders/link/link.h"

#include "tests/decoders/wire_bytes.h"

using namespace weir;
using namespace weir::test;

namespace {

const Wire kDatagram = ipv4({}, udp(1, 2, "payload"));

struct LinkRow {
  const char* what;
  int link_type;
  Wire wire;
  std::vector<Proto> layers;
};

using P = Proto;

}  // namespace

TEST_CASE("link: each kind of link header leads to the datagram behind it, and each truncation is reported") {
  const Wire v6 = ipv6(17, udp(1, 2, "payload"));
  const LinkRow rows[] = {
      {"ethernet", 1, ethernet(0x0800, kDatagram), {P::ethernet, P::ipv4, P::udp}},
      {"one tag",
       1,
       ethernet(0x8100, u16(0x6005) + u16(0x0800) + kDatagram),
       {P::ethernet, P::vlan, P::ipv4, P::udp}},
      {"three tags",
       1,
       ethernet(0x88a8, u16(1) + u16(0x9100) + u16(2) + u16(0x8100) + u16(3) + u16(0x86dd) + v6),
       {P::ethernet, P::vlan, P::vlan, P::vlan, P::ipv6, P::udp}},
      {"old service tag",
       1,
       ethernet(0x9200, u16(1) + u16(0x8100) + u16(2) + u16(0x0800) + kDatagram),
       {P::ethernet, P::vlan, P::vlan, P::ipv4, P::udp}},
      {"802.1ah behind its backbone's tag",
       1,
       ethernet(0x88a8, u16(9) + u16(0x88e7) + u32(7) + ethernet(0x8100, u16(2) + u16(0x0800) + kDatagram)),
       {P::ethernet, P::vlan, P::ieee80211ah, P::ethernet, P::vlan, P::ipv4, P::udp}},
      {"802.1ah",
       1,
       ethernet(0x88e7, u32(7) + ethernet(0x0800, kDatagram)),
       {P::ethernet, P::ieee80211ah, P::ethernet, P::ipv4, P::udp}},
      {"vn-tag",
       1,
       ethernet(0x8926, u32(7) + u16(0x0800) + kDatagram),
       {P::ethernet, P::vntag, P::ipv4, P::udp}},
      {"e-tag",
       1,
       ethernet(0x893f, zeros(6) + u16(0x0800) + kDatagram),
       {P::ethernet, P::etag, P::ipv4, P::udp}},
      {"fabric path",
       1,
       ethernet(0x8903, u16(7) + ethernet(0x0800, kDatagram)),
       {P::ethernet, P::dce, P::ethernet, P::ipv4, P::udp}},
      {"linux cooked", 113, zeros(14) + u16(0x0800) + kDatagram, {P::linux_sll, P::ipv4, P::udp}},
      {"linux cooked 2", 276, u16(0x86dd) + zeros(18) + v6, {P::linux_sll2, P::ipv6, P::udp}},
      {"null, little-endian", 0, Wire("\x02\0\0\0", 4) + kDatagram, {P::null_loopback, P::ipv4, P::udp}},
      {"null, big-endian", 0, u32(30) + v6, {P::null_loopback, P::ipv6, P::udp}},
      {"loop", 108, u32(2) + kDatagram, {P::null_loopback, P::ipv4, P::udp}},
      {"raw 4", 101, kDatagram, {P::raw_ip, P::ipv4, P::udp}},
      {"raw 6", 12, v6, {P::raw_ip, P::ipv6, P::udp}},
      {"cisco hdlc", 104, u32(0x0f000800) + kDatagram, {P::chdlc, P::ipv4, P::udp}},
      {"cisco hdlc as ppp", 50, u32(0x8f000800) + kDatagram, {P::chdlc, P::ipv4, P::udp}},
      {"ppp with framing", 50, u32(0xff030021) + kDatagram, {P::ppp, P::ipv4, P::udp}},
      {"ppp without framing", 9, u16(0x0057) + v6, {P::ppp, P::ipv6, P::udp}},
      {"ppp with a short protocol", 9, u8(0x21) + kDatagram, {P::ppp, P::ipv4, P::udp}},
      {"pppoe",
       1,
       ethernet(0x8864, u16(0x1100) + u16(9) + u16(2 + kDatagram.size()) + u16(0x21) + kDatagram),
       {P::ethernet, P::pppoe_session, P::ipv4, P::udp}},
      {"mpls",
       1,
       ethernet(0x8847, u32(0x00020000 | 64) + u32(0x00030100 | 64) + kDatagram),
       {P::ethernet, P::mpls, P::ipv4, P::udp}},
      {"mpls, explicit null",
       1,
       ethernet(0x8848, u32(0x00002140) + v6),
       {P::ethernet, P::mpls, P::ipv6, P::udp}},
      {"mpls pseudowire",
       1,
       ethernet(0x8847, u32(0x00020140) + u32(0) + ethernet(0x0800, kDatagram)),
       {P::ethernet, P::mpls, P::ethernet, P::ipv4, P::udp}},
      {"mpls, a bare frame",
       1,
       ethernet(0x8847, u32(0x00020140) + ethernet(0x0800, kDatagram)),
       {P::ethernet, P::mpls, P::ethernet, P::ipv4, P::udp}},
      {"mpls, a bare frame whose address begins as IPv4",
       1,
       ethernet(0x8847, u32(0x00020140) + u8(0x40) + ethernet(0x86dd, v6).substr(1)),
       {P::ethernet, P::mpls, P::ethernet, P::ipv6, P::udp}},
      {"mpls, a bare frame whose address begins as IPv6",
       1,
       ethernet(0x8847,
                u32(0x00020140) + u32(0x60a1b2c3) + u16(0xffff) + ethernet(0x0800, kDatagram).substr(6)),
       {P::ethernet, P::mpls, P::ethernet, P::ipv4, P::udp}},
      {"nsh",
       1,
       ethernet(0x894f, u16(0x0006) + u8(1) + u8(1) + zeros(20) + kDatagram),
       {P::ethernet, P::nsh, P::ipv4, P::udp}},
      {"nsh, variable length",
       1,
       ethernet(0x894f, u16(0x0002) + u8(2) + u8(2) + zeros(4) + v6),
       {P::ethernet, P::nsh, P::ipv6, P::udp}},
  };
  for (const LinkRow& row : rows) {
    CAPTURE(row.what);
    const test::Decoded got(row.wire, row.link_type);
    CHECK(got.layers() == row.layers);
    CHECK(got.faults() == "");
    CHECK(text(got->payload) == "payload");
    CHECK(got->layers.back().offset + got->layers.back().header_length + 7 == row.wire.size());
    sweep(row.wire, row.link_type);
  }
}

TEST_CASE("link: addresses, type and tags are kept, outermost tag first") {
  const test::Decoded got(
      ethernet(0x88a8, u16(0xf001) + u16(0x8100) + u16(0x0ffe) + u16(0x0800) + kDatagram));
  CHECK(text(got->ether_source) == Wire("\x02\0\0\0\0\x01", 6));
  CHECK(text(got->ether_destination) == Wire("\x02\0\0\0\0\x02", 6));
  CHECK(got->ether_type == 0x88a8);
  REQUIRE(got->vlan_count == 2);
  CHECK(got->vlan_ids[0] == 1);
  CHECK(got->vlan_ids[1] == 0xffe);
}

TEST_CASE("link: ethernet padding is not seen above") {
  const test::Decoded got(ethernet(0x0800, ipv4({}, udp(1, 2, "x")) + zeros(17)));
  CHECK(text(got->payload) == "x");
}

TEST_CASE("link: broken headers have the anomalies of their names") {
  const Wire tag = u16(1) + u16(0x8100);
  const FaultRow rows[] = {
      {"802.3 length", ethernet(46, zeros(46)), "ethernet.unknown_ethertype", false},
      {"vlan type", ethernet(0x8100, u16(1) + u16(0x1234)), "vlan.unknown_type"},
      {"four tags", ethernet(0x8100, tag + tag + tag + u16(1) + u16(0x0800) + kDatagram),
       "vlan.too_many_layers", false},
      {"vn-tag type", ethernet(0x8926, u32(0) + u16(0x1234)), "vntag.unknown_type"},
      {"802.1ah", ethernet(0x88e7, u32(0) + zeros(13)), "ieee8021ah.header_too_small"},
      {"pppoe code", ethernet(0x8864, u16(0x1109) + u16(0) + u16(4) + u16(0x21) + u16(0)),
       "pppoe.wrong_code"},
      {"pppoe, link control", ethernet(0x8864, u32(0x11000001) + u16(4) + u16(0xc021) + u16(0)),
       "ppp.unsup_proto"},
      {"pppoe, no ppp", ethernet(0x8864, u32(0x11000001) + u16(4) + u16(0x0b0a) + u16(0)), "ppp.wrong_type"},
      {"pppoe, short ip", ethernet(0x8864, u32(0x11000001) + u16(4) + u16(0x0021) + u16(0)),
       "ppp.ip4_pkt_too_small"},
      {"pppoe, short ipv6", ethernet(0x8864, u32(0x11000001) + u16(4) + u16(0x0057) + u16(0)),
       "ppp.ip6_pkt_too_small"},
      {"pppoe, short vj", ethernet(0x8864, u32(0x11000001) + u16(4) + u16(0x002f) + zeros(30)),
       "ppp.vju_pkt_too_small"},
      {"discovery", ethernet(0x8863, u32(0x11090000) + u16(4) + u16(0x0101) + u16(0)), "", false},
      {"discovery code", ethernet(0x8863, u32(0x11080000) + u16(0)), "pppoe.wrong_code"},
      {"discovery length", ethernet(0x8863, u32(0x11090000) + u16(5) + u32(0)), "pppoe.malformed_tags"},
      {"discovery tag", ethernet(0x8863, u32(0x11090000) + u16(4) + u16(0x0101) + u16(1)),
       "pppoe.malformed_tags"},
      {"discovery short", ethernet(0x8863, u32(0x11090000) + u8(0)), "pppoe.pkt_too_small"},
      {"mpls alert label", ethernet(0x8847, u32(0x00001140) + kDatagram), "mpls.bad_label_router_alert"},
      {"mpls implicit null", ethernet(0x8847, u32(0x00003140) + kDatagram), "mpls.bad_label_implicit_null"},
      {"mpls reserved label", ethernet(0x8847, u32(0x0000f140) + kDatagram), "mpls.bad_label_reserved"},
      {"mpls payload", ethernet(0x8847, u32(0x00020140) + u32(0x50000000)), "mpls.unknown_payload_type"},
      {"mpls nothing", ethernet(0x8847, u32(0x00020140)), "mpls.pkt_too_small"},
      {"mpls no bottom", ethernet(0x8847, zeros(4 * 40)), "too_many_layers"},
      {"nsh version", ethernet(0x894f, u16(0x4006) + u16(0x0101) + zeros(20)), "nsh.unsupported_version"},
      {"nsh length", ethernet(0x894f, u16(0x003f) + u16(0x0101) + zeros(20)), "nsh.bad_header_length"},
      {"nsh length of type 1", ethernet(0x894f, u16(0x0005) + u16(0x0101) + zeros(20)),
       "nsh.bad_header_length"},
      {"nsh length of type 2", ethernet(0x894f, u16(0x0001) + u16(0x0201) + zeros(20)),
       "nsh.bad_header_length"},
      {"nsh type", ethernet(0x894f, u16(0x0006) + u16(0x0001) + zeros(20)), "nsh.reserved_type"},
      {"nsh type 3", ethernet(0x894f, u16(0x0006) + u16(0x0301) + zeros(20)), "nsh.unsupported_type"},
      {"nsh in nsh", ethernet(0x894f, u16(0x0006) + u16(0x0104) + zeros(20)), "nsh.unsupported_type"},
      {"nsh payload", ethernet(0x894f, u16(0x0006) + u16(0x0199) + zeros(20)), "nsh.unknown_payload"},
      {"nsh short", ethernet(0x894f, zeros(7)), "nsh.header_too_small"},
      {"dce short", ethernet(0x8903, u8(1)), "dce.pkt_too_small"},
  };
  check_faults(rows);
  const FaultRow null_rows[] = {{"family", u32(77) + kDatagram, "ltnull.unsupported_type"},
                                {"short", zeros(3), "ltnull.pkt_too_small"}};
  check_faults(null_rows, 0);
  const FaultRow raw_rows[] = {{"version", u8(0x55) + zeros(40), "ipraw.invalid_ip_version"}};
  check_faults(raw_rows, 101);
}

TEST_CASE("link: tags beyond those that are kept are passed over, and told once") {
  Wire tags = u16(0x0800) + kDatagram;
  for (std::uint16_t id = 9; id > 0; --id) tags = u16(0x9200) + u16(id) + tags;
  const test::Decoded got(ethernet(0x9200, tags.substr(2)));
  CHECK(got.faults() == "vlan.too_many_layers");
  CHECK_FALSE(got->invalid);
  CHECK(text(got->payload) == "payload");
  CHECK(got->vlan_count == kMaxVlanTags);
  CHECK(got->vlan_ids == std::array<std::uint16_t, kMaxVlanTags>{1, 2, 3});
}

TEST_CASE(
    "link: a bare frame in MPLS whose datagram has the length of a known type is not taken for a control "
    "word") {
  const Wire datagram = ipv4({}, udp(1, 2, zeros(0x0800 - 28)));
  const test::Decoded got(ethernet(0x8847, u32(0x00020140) + ethernet(0x0800, datagram)));
  CHECK(got.layers() == std::vector{P::ethernet, P::mpls, P::ethernet, P::ipv4, P::udp});
}

TEST_CASE("link: what payloads without a type look like") {
  CHECK(ip_by_looks(view(kDatagram)) == Proto::ipv4);
  CHECK(ip_by_looks(view(kDatagram + zeros(9))) == Proto::ipv4);
  CHECK(ip_by_looks(view(kDatagram).first(kDatagram.size() - 1)) == Proto::none);
  CHECK(ip_by_looks(view(u8(0x44) + kDatagram.substr(1))) == Proto::none);
  CHECK(ip_by_looks(view(ipv6(17, "x"))) == Proto::ipv6);
  CHECK(ip_by_looks(view(ipv6(17, "x")).first(40)) == Proto::none);
  CHECK(ip_by_looks(view(ipv6(17, "")).first(39)) == Proto::none);
  CHECK(ip_by_looks({}) == Proto::none);
  const DecodeSettings settings;
  CHECK(looks_like_ethernet(ByteCursor{view(ethernet(0x88a8, ""))}, settings));
  CHECK_FALSE(looks_like_ethernet(ByteCursor{view(ethernet(0x1234, ""))}, settings));
  CHECK_FALSE(looks_like_ethernet(ByteCursor{view(ethernet(0x88a8, "")).first(13)}, settings));
}

TEST_CASE("link: frames in frames end at the layer limit") {
  Wire wire = ethernet(0x0800, kDatagram);
  for (int i = 0; i < 12; ++i) wire = ethernet(0x8903, u16(0) + wire);
  const test::Decoded got(wire);
  CHECK(got.faults() == "too_many_layers");
  CHECK(got->layers.size() == kMaxLayers);
  CHECK(got->invalid);
}

TEST_CASE("link: a link type without a decoder gives an empty packet") {
  CHECK_FALSE(decodes_link_type(105));
  CHECK(decodes_link_type(276));
  const test::Decoded got("abc", 105);
  CHECK(got->layers.empty());
  CHECK_FALSE(got->invalid);
}
