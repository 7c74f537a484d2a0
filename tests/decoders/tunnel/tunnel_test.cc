#include "decoders/tunnel/tunnel.h"

#include "tests/decoders/wire_bytes.h"

using namespace weir;
using namespace weir::test;

namespace {

const Wire kInner4 = ipv4({.source = 0xc0a80001}, udp(7, 8, "inner"));
const Wire kInner6 = ipv6(17, udp(7, 8, "inner"));

Wire gre(std::uint16_t flags, std::uint16_t protocol, const Wire& rest) {
  return ipv4({.protocol = 47}, u16(flags) + u16(protocol) + rest);
}
Wire vxlan(const Wire& frame, std::uint32_t flags = 0x08000000) {
  return ipv4({}, udp(1000, 4789, u32(flags) + u32(0x500) + frame));
}
Wire erspan3(std::uint16_t fields, const Wire& rest, std::uint16_t protocol = 0x22eb) {
  return gre(0x1000, protocol, u32(1) + u32(0x20170005) + u32(0x01020304) + u16(3) + u16(fields) + rest);
}
// User data with these flags in its first byte; `rest` begins with the optional fields.
Wire gtp_u(std::uint8_t flags, const Wire& rest, std::uint8_t message = 255) {
  return ipv4({}, udp(1000, 2152, u8(flags) + u8(message) + u16(rest.size()) + u32(0x77) + rest));
}
Wire geneve(std::uint8_t first, std::uint16_t protocol, const Wire& rest) {
  return ipv4({}, udp(1000, 6081, u8(first) + u8(0) + u16(protocol) + u32(0x500) + rest));
}

}  // namespace

TEST_CASE("tunnel: the packet inside is decoded by a second call") {
  struct Row {
    const char* what;
    Wire wire;
    Proto carrier;
    std::uint8_t version;
  };
  const Row rows[] = {
      {"ipv4 in ipv4", ipv4({.protocol = 4}, kInner4), Proto::ipv4, 4},
      {"ipv6 in ipv4", ipv4({.protocol = 41}, kInner6), Proto::ipv4, 6},
      {"ipv4 in ipv6", ipv6(4, kInner4), Proto::ipv6, 4},
      {"ipv6 in ipv6", ipv6(41, kInner6), Proto::ipv6, 6},
      {"gre", gre(0, 0x0800, kInner4), Proto::gre, 4},
      {"gre with all fields", gre(0xb000, 0x86dd, zeros(12) + kInner6), Proto::gre, 6},
      {"gre with a route", gre(0x4000, 0x0800, u32(0) + u32(0x08000004) + u32(1) + u32(0) + kInner4),
       Proto::gre, 4},
      {"gre bridged", gre(0, 0x6558, ethernet(0x0800, kInner4)), Proto::gre, 4},
      {"gre tagged", gre(0, 0x8100, u16(5) + u16(0x0800) + kInner4), Proto::gre, 4},
      {"pptp", gre(0x3081, 0x880b, u32(0) + u32(0) + u32(0) + u32(0xff030021) + kInner4), Proto::gre, 4},
      {"erspan 1", gre(0, 0x88be, ethernet(0x0800, kInner4)), Proto::gre, 4},
      {"erspan 2", gre(0x1000, 0x88be, u32(1) + u32(0x10170000) + u32(0) + ethernet(0x0800, kInner4)),
       Proto::gre, 4},
      {"erspan 3", erspan3(0, ethernet(0x0800, kInner4)), Proto::gre, 4},
      {"erspan 3 with the type of 2", erspan3(0, ethernet(0x0800, kInner4), 0x88be), Proto::gre, 4},
      {"erspan 3 with a platform's header", erspan3(1, zeros(8) + ethernet(0x86dd, kInner6)), Proto::gre, 6},
      {"erspan 3, ip", erspan3(0x0800, kInner6), Proto::gre, 6},
      {"vxlan", vxlan(ethernet(0x0800, kInner4)), Proto::vxlan, 4},
      {"vxlan at Linux's port",
       ipv4({}, udp(1000, 8472, u32(0x08000000) + u32(0x500) + ethernet(0x0800, kInner4))), Proto::vxlan, 4},
      {"gtp-u", gtp_u(0x30, kInner4), Proto::gtp_u, 4},
      {"gtp-u with a number", gtp_u(0x32, u32(0x00010000) + kInner6), Proto::gtp_u, 6},
      {"gtp-u with extensions",
       gtp_u(0x34, u32(0x00000085) + u32(0x01100940) + u8(2) + zeros(6) + u8(0) + kInner4), Proto::gtp_u, 4},
      {"gtp-u, a frame", gtp_u(0x30, ethernet(0x0800, kInner4)), Proto::gtp_u, 4},
      {"geneve", geneve(0, 0x6558, ethernet(0x86dd, kInner6)), Proto::geneve, 6},
      {"geneve with options, ip", geneve(2, 0x0800, zeros(8) + kInner4), Proto::geneve, 4},
      {"teredo", ipv4({}, udp(1000, 3544, kInner6)), Proto::teredo, 6},
      {"teredo with an origin", ipv4({}, udp(3544, 1000, zeros(8) + kInner6)), Proto::teredo, 6},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const test::Decoded got(row.wire, 101);
    CHECK(got.faults() == "");
    REQUIRE(got.has_inner());
    const Packet& inner = got.inner();
    CHECK(got.inner_faults() == "");
    CHECK(inner.origin == PacketOrigin::tunnel);
    CHECK(inner.carrier == row.carrier);
    CHECK(inner.tunnel_depth == 1);
    CHECK(inner.ip.version == row.version);
    CHECK(text(inner.payload) == "inner");
    CHECK(got->ip.version != 0);
    for (std::size_t n = 0; n < row.wire.size(); ++n) (void)test::Decoded(row.wire.substr(0, n), 101);
  }
}

TEST_CASE("tunnel: the VLAN of an ERSPAN header is the first of the inner packet") {
  const Wire frame = ethernet(0x8100, u16(9) + u16(0x0800) + kInner4);
  const test::Decoded got(gre(0x1000, 0x88be, u32(1) + u32(0x10170000) + u32(0) + frame), 101);
  REQUIRE(got.has_inner());
  REQUIRE(got.inner().vlan_count == 2);
  CHECK(got.inner().vlan_ids[0] == 0x17);
  CHECK(got.inner().vlan_ids[1] == 9);
  CHECK(got->vlan_count == 0);
}

TEST_CASE("tunnel: broken GRE headers") {
  const FaultRow rows[] = {
      {"short", ipv4({.protocol = 47}, zeros(3)), "gre.pkt_too_small"},
      {"version 2", gre(0x0002, 0x0800, ""), "gre.wrong_version"},
      {"recursion", gre(0x0100, 0x0800, ""), "gre.version0_recur"},
      {"flags", gre(0x0008, 0x0800, ""), "gre.version0_flags"},
      {"too big", gre(0x2000, 0x0800, zeros(3)), "gre.version0_hdr_too_big"},
      {"route without an end", gre(0x4000, 0x0800, u32(0) + u32(0x08000001) + u8(0)),
       "gre.version0_malformed_sre_hdr"},
      {"endless route", gre(0x4000, 0x0800, u32(0) + Wire(400, '\x01')), "gre.version0_malformed_sre_hdr"},
      {"v1 checksum", gre(0xa001, 0x880b, u32(0)), "gre.version1_chksum"},
      {"v1 route", gre(0x6001, 0x880b, u32(0)), "gre.version1_route"},
      {"v1 strict", gre(0x2801, 0x880b, u32(0)), "gre.version1_ssr"},
      {"v1 recursion", gre(0x2101, 0x880b, u32(0)), "gre.version1_recur"},
      {"v1 flags", gre(0x2009, 0x880b, u32(0)), "gre.version1_flags"},
      {"v1 protocol", gre(0x2001, 0x0800, u32(0)), "gre.version1_wrong_protocol"},
      {"v1 key", gre(0x0001, 0x880b, u32(0)), "gre.version1_no_key"},
      {"v1 too big", gre(0x3001, 0x880b, u32(0)), "gre.version1_hdr_too_big"},
      {"v1 without payload", gre(0x2081, 0x880b, u32(0) + u32(0)), "", false},
      {"unknown protocol", gre(0, 0x1234, "x"), "", false},
  };
  check_faults(rows, 101);
  const Wire version3 = gre(0x1000, 0x88be, u32(1) + u32(0x30170000) + u32(0) + ethernet(0x0800, kInner4));
  CHECK(test::Decoded(version3, 101).inner_faults() == "erspan.unsupported_version");
  CHECK(test::Decoded(erspan3(1, zeros(7)), 101).inner_faults() == "erspan.header_too_small");
  const test::Decoded other(erspan3(0x0400, ethernet(0x0800, kInner4)), 101);  // neither frame nor IP
  REQUIRE(other.has_inner());
  CHECK(other.inner_faults() == "");
  CHECK(other.inner().ip.version == 0);
  CHECK(test::Decoded(gre(0x1000, 0x88be, u32(1) + u32(0x10170000)), 101).inner_faults() ==
        "erspan.header_too_small");
}

TEST_CASE("tunnel: what only has the port of a tunnel stays plain UDP") {
  const Wire frame = ethernet(0x0800, kInner4);
  const struct {
    const char* what;
    Wire wire;
    const char* faults;
  } rows[] = {
      {"vxlan without its bit", vxlan(frame, 0), ""},
      {"vxlan, unknown payload", vxlan(ethernet(0x1234, "x")), "vxlan.unknown_payload_type"},
      {"vxlan, short", ipv4({}, udp(1, 4789, zeros(7))), ""},
      {"from the vxlan port", ipv4({}, udp(4789, 1, u32(0x08000000) + u32(0) + frame)), ""},
      {"geneve version 1", geneve(0x40, 0x6558, frame), ""},
      {"geneve, unknown payload", geneve(0, 0x1234, frame), "geneve.unknown_payload_type"},
      {"geneve, options too long", geneve(0x3f, 0x6558, frame), ""},
      {"vxlan without its bit at Linux's port", ipv4({}, udp(1, 8472, zeros(8) + frame)), ""},
      {"gtp-u version 2", gtp_u(0x50, kInner4), ""},
      {"gtp-u, an echo", gtp_u(0x32, u32(0) + kInner4, 1), ""},
      {"gtp-u, no packet inside", gtp_u(0x30, "0123456789abcdefghij"), ""},
      {"gtp-u, short packet inside", gtp_u(0x30, kInner4.substr(0, kInner4.size() - 1)), ""},
      {"gtp-u, extension of length 0", gtp_u(0x34, u32(0x85) + u32(0) + kInner4), ""},
      {"gtp-u, endless extensions", gtp_u(0x34, u32(0x85) + Wire(400, '\x01') + kInner4), ""},
      {"from the gtp-u port", ipv4({}, udp(2152, 1, u32(0x30ff0000) + u32(0) + kInner4)), ""},
      {"teredo, length", ipv4({}, udp(1, 3544, kInner6 + "x")), ""},
      {"teredo, hop limit 0", ipv4({}, udp(1, 3544, ipv6(17, udp(7, 8, ""), 0))), ""},
      {"teredo at another port", ipv4({}, udp(1, 3545, kInner6)), ""},
      {"teredo, broken inside", ipv4({}, udp(1, 3544, ipv6(17, "short"))), ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const test::Decoded got(row.wire, 101);
    CHECK_FALSE(got.has_inner());
    CHECK(got.faults() == row.faults);
    CHECK(got->has_udp);
    CHECK_FALSE(got->invalid);
    CHECK_FALSE(got->payload.empty());
  }
}

TEST_CASE("tunnel: layers of all packets of a frame count against one limit") {
  Wire wire = kInner4;
  for (int i = 0; i < 20; ++i) wire = ipv4({.protocol = 4}, wire);
  RawPacket raw;
  raw.bytes = view(wire);
  raw.link_type = 101;
  auto outer = std::make_unique<Packet>(), inner = std::make_unique<Packet>();
  const DecodeSettings settings = test::Decoded::no_checksums();
  decode_packet(raw, *outer, settings);
  std::size_t depth = 0;
  while (outer->tunnel.next != Proto::none) {
    REQUIRE(depth++ < kMaxLayers);
    decode_inner(*outer, *inner, settings);
    std::swap(outer, inner);
  }
  CHECK(outer->faults.back().what == Anomaly::too_many_layers);
  CHECK(outer->invalid);
}

TEST_CASE("tunnel: ports come from the configuration, by name too") {
  struct Map final : Settings {
    [[nodiscard]] std::optional<std::string> text(std::string_view path) const override {
      if (path == "vars.port-groups.VXLAN_PORTS") return "[4789, 8472]";
      if (path == "decoder.geneve.enabled") return "no";
      if (path == "decoder.max-layers") return "5";
      return std::nullopt;
    }
    [[nodiscard]] std::vector<std::string> list(std::string_view path) const override {
      if (path == "decoder.vxlan.ports") return {"$VXLAN_PORTS", "70000", "x"};
      if (path == "decoder.gtp-u.ports") return {"9999"};
      if (path == "decoder.teredo.ports") return {"3544"};
      return {};
    }
    [[nodiscard]] bool has(std::string_view path) const override { return !list(path).empty() || text(path); }
  };
  const DecodeSettings settings = DecodeSettings::from(Map{});
  CHECK(settings.vxlan.enabled);
  CHECK(settings.vxlan.match(8472, 0));
  CHECK(settings.vxlan.match(4789, 0));
  CHECK_FALSE(settings.vxlan.match(1, 2));
  CHECK_FALSE(settings.geneve.enabled);
  CHECK(settings.gtp_u.match(9999, 9999));
  CHECK_FALSE(settings.gtp_u.match(2152, 2152));
  CHECK(settings.teredo.match(1, 3544));
  CHECK_FALSE(settings.teredo.match(1, 2));
  CHECK(settings.max_layers == 5);
}
