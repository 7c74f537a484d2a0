#include "decoders/net/net.h"

#include "decoders/checksum.h"
#include "tests/decoders/wire_bytes.h"

using namespace weir;
using namespace weir::test;

namespace {

Wire raw4(const Wire& options, const Wire& payload = udp(1, 2, "")) {
  Ipv4 header;
  header.options = options;
  return ipv4(header, payload);
}

// An IPv6 extension header of the common form.
Wire extension(std::uint8_t next, const Wire& content) {
  Wire out = u8(next) + u8((content.size() + 2 + 7) / 8 - 1) + content;
  out.resize((out.size() + 7) / 8 * 8);
  return out;
}
Wire fragment(std::uint8_t next, std::uint16_t offset_and_more, std::uint32_t id = 9,
              std::uint8_t reserved = 0) {
  return u8(next) + u8(reserved) + u16(offset_and_more) + u32(id);
}
const Wire kUdp = udp(7, 8, "deep");

}  // namespace

TEST_CASE("ipv4: fields are read and options are set apart") {
  Ipv4 header;
  header.options = u32(0x94040000);  // router alert
  header.fragment = 0x4000;
  const test::Decoded got(ipv4(header, udp(5, 6, "abc")), 101);
  const IpHeader& ip = got->ip;
  CHECK(ip.version == 4);
  CHECK(ip.ttl == 64);
  CHECK(ip.protocol == 17);
  CHECK(ip.id == 0x1234);
  CHECK(ip.dont_fragment);
  CHECK_FALSE(ip.is_fragment);
  CHECK(to_string(ip.source) == "10.0.0.1");
  CHECK(to_string(ip.destination) == "10.0.0.2");
  CHECK(ip.header.size() == 24);
  CHECK(ip.options.size() == 4);
  CHECK(got.faults() == "ipv4.opt_pad_required");
  CHECK_FALSE(got->invalid);
}

TEST_CASE("ipv4: broken headers leave no addresses") {
  const FaultRow rows[] = {
      {"short", zeros(19).replace(0, 1, "\x45"), "ipv4.pkt_too_small"},
      {"header length", u8(0x44) + zeros(1) + u16(20) + zeros(16), "ipv4.hlen_too_small"},
      {"total length", u8(0x45) + zeros(1) + u16(19) + zeros(16), "ipv4.iplen_smaller_than_hlen"},
      {"cut", u8(0x45) + zeros(1) + u16(21) + zeros(16), "ipv4.trunc_pkt"},
      {"icmpv6 inside", ipv4({.protocol = 58}, zeros(8)), "ipv4.icmpv6"},
  };
  check_faults(rows, 101);
  const test::Decoded cut(u8(0x45) + zeros(1) + u16(21) + zeros(16), 101);
  CHECK(cut->ip.version == 0);
  CHECK(cut->ip.source.family == 0);
  CHECK(cut->failed == Proto::ipv4);
  const FaultRow typed[] = {
      {"version", ethernet(0x0800, u8(0x65) + zeros(1) + u16(20) + zeros(16)), "ipv4.wrong_ip_version"}};
  check_faults(typed);
}

TEST_CASE("ipv4: options") {
  const FaultRow rows[] = {
      {"no-operation and end", raw4(u32(0x01010100) + u32(0xff)), "", false},
      {"record route", raw4(u32(0x01070704) + u32(0x0a000001)), "", false},
      {"record route, pointer", raw4(u32(0x01070705) + u32(0x0a000001)), "ipv4.opt_malformed"},
      {"record route, length", raw4(u32(0x01010702) + u32(0)), "ipv4.opt_invalid_len"},
      {"timestamp", raw4(u32(0x44080500) + u32(0)), "", false},
      {"timestamp, flag", raw4(u32(0x44080502) + u32(0)), "ipv4.opt_malformed"},
      {"twice", raw4(u32(0x94040000) + u32(0x94040000)), "ipv4.opt_duplicate", false},
      {"unknown", raw4(u32(0x55040000) + u32(0)), "ipv4.opt_unknown", false},
      {"length 1", raw4(u32(0x55010000) + u32(0)), "ipv4.opt_invalid_len"},
      {"length beyond the header", raw4(u32(0x55090000) + u32(0)), "ipv4.opt_invalid_len"},
      {"no length", raw4(u32(0x01010101) + u32(0x01010155)), "ipv4.opt_eol_required", false},
      {"security, wrong, then another", raw4(u32(0x8202f135) + u32(0xdead) + u32(0)),
       "ipv4.opt_pad_required ipv4.opt_invalid_len ipv4.opt_invalid_len"},
      {"commercial security", raw4(u32(0x860a0000) + u32(0x00010104) + u32(0) + u32(0)), "", false},
      {"commercial security, tag", raw4(u32(0x860a0000) + u32(0x00010103) + u32(0) + u32(0)),
       "ipv4.opt_malformed"},
  };
  check_faults(rows, 101);
  for (const FaultRow& row : rows) CHECK(test::Decoded(row.wire, 101)->has_udp);  // decoding went on
  for (const Wire& options : {u32(0x01070705) + u32(0), u32(0x94030000), u32(0x55010000), u32(0x01010155),
                              u32(0x83070400), u32(0x440809f0) + u32(0), u32(0x86060000) + u32(0x00010000)})
    CHECK(test::Decoded(raw4(options), 101)->ip.options_in_doubt);
  for (const Wire& options : {u32(0x94040000), u32(0x55040000), u32(0x01010100), u32(0x44080900) + u32(0)})
    CHECK_FALSE(test::Decoded(raw4(options), 101)->ip.options_in_doubt);
}

TEST_CASE("ipv4: a fragment stops decoding and keeps its payload") {
  const test::Decoded first(ipv4({.fragment = 0x2000}, udp(1, 2, "first...")), 101);
  CHECK(first->ip.is_fragment);
  CHECK(first->ip.more_fragments);
  CHECK(first->ip.fragment_offset == 0);
  CHECK_FALSE(first->has_udp);
  CHECK(first->payload.empty());
  CHECK(first->ip.fragment_payload.size() == 16);
  const test::Decoded last(ipv4({.fragment = 2}, "end"), 101);
  CHECK(last->ip.is_fragment);
  CHECK_FALSE(last->ip.more_fragments);
  CHECK(last->ip.fragment_offset == 16);
  CHECK(text(last->ip.fragment_payload) == "end");
}

TEST_CASE("ipv6: the protocol is the one behind all extension headers") {
  const Wire ah = u8(60) + u8(4) + u16(0) + zeros(20);
  const Wire wire = ipv6(0, extension(43, u32(0x05020000)) + extension(51, u32(0x02000000)) + ah +
                                extension(135, u32(0x04010500)) + extension(17, zeros(6)) + kUdp);
  const test::Decoded got(wire, 101);
  CHECK(got.faults() == "");
  CHECK(got->ip.protocol == 17);
  CHECK(got->ip.header.size() == wire.size() - kUdp.size());
  CHECK(text(got->payload) == "deep");
  CHECK(got->destination_port == 8);
  CHECK(to_string(got->ip.destination) == "2001:0000:0000:0000:0000:0000:0000:0002");
  sweep(wire, 101);
}

TEST_CASE("ipv6: extension headers that break the rules") {
  const Wire hop = extension(17, u32(0x05020000)), padding = extension(17, u32(0x01040000) + u16(0));
  const FaultRow rows[] = {
      {"short", u8(0x60) + zeros(38), "ipv6.pkt_too_small"},
      {"cut", ipv6(17, kUdp).substr(0, 50), "ipv6.trunc_pkt"},
      {"two hop-by-hop", ipv6(0, extension(0, u32(0x05020000)) + hop + kUdp), "ipv6.exthdr_dupl_hh", false},
      {"hop-by-hop, only padding", ipv6(0, padding + kUdp), "ipv6.hopopts_only_padding", false},
      {"hop-by-hop, unknown", ipv6(0, extension(17, u32(0x3e020000) + u16(0x0100)) + kUdp),
       "ipv6.hopopts_unknown_opt ipv6.zero_len_padn", false},
      {"destination, only padding", ipv6(60, padding + kUdp), "ipv6.dstopts_only_padding", false},
      {"destination, unknown", ipv6(60, extension(17, u32(0x3e040000) + u16(0)) + kUdp),
       "ipv6.dstopts_unknown_opt", false},
      {"three destination",
       ipv6(60, extension(60, u32(0x04010000) + u16(0)) + extension(60, u32(0x04010000) + u16(0)) +
                    extension(17, u32(0x04010000)) + kUdp),
       "ipv6.exthdr_dupl_dh", false},
      {"option too long", ipv6(60, extension(17, u32(0x3e050000)) + kUdp), "ipv6.exthdr_invalid_optlen"},
      {"router alert of 3", ipv6(0, extension(17, u32(0x05030000) + u16(0)) + kUdp),
       "ipv6.exthdr_invalid_optlen"},
      {"routing type 0", ipv6(43, extension(17, u32(0)) + kUdp), "ipv6.rh_type_0", false},
      {"two routing", ipv6(43, extension(43, u32(0x02000000)) + extension(17, u32(0x02000000)) + kUdp),
       "ipv6.exthdr_dupl_rh", false},
      {"authentication reserved", ipv6(51, u8(17) + u8(1) + u16(5) + zeros(8) + kUdp),
       "ipv6.exthdr_ah_res_not_null", false},
      {"two authentication",
       ipv6(51, u8(51) + u8(1) + u16(0) + zeros(8) + u8(17) + u8(1) + u16(0) + zeros(8) + kUdp),
       "ipv6.exthdr_dupl_ah", false},
      {"cut extension", ipv6(0, u8(17) + u8(1) + zeros(13)), "ipv6.trunc_exthdr"},
      {"useless fragment", ipv6(44, fragment(17, 0) + kUdp), "ipv6.exthdr_useless_fh", false},
      {"fragment, reserved", ipv6(44, fragment(17, 0, 1, 7) + kUdp),
       "ipv6.fh_non_zero_reserved_field ipv6.exthdr_useless_fh", false},
      {"two fragment headers", ipv6(44, fragment(44, 0) + fragment(17, 0) + kUdp),
       "ipv6.exthdr_useless_fh ipv6.exthdr_dupl_fh", false},
      {"fragment of 12 bytes", ipv6(44, fragment(17, 1) + zeros(12)), "ipv6.frag_invalid_length", false},
      {"a byte behind a fragment header", ipv6(44, fragment(6, 0) + u8(0)),
       "ipv6.exthdr_useless_fh ipv6.trunc_exthdr"},
      {"nothing follows", ipv6(59, ""), "", false},
      {"data after no next header", ipv6(59, "x"), "ipv6.data_after_none_header", false},
      {"unknown protocol", ipv6(200, "x"), "ipv6.unknown_next_header", false},
      {"icmpv4 inside", ipv6(1, zeros(8)), "ipv6.icmpv4"},
      {"ipv4 inside, short", ipv6(4, zeros(19)), "ipv6.ipv4_in_ipv6_too_small"},
      {"ipv4 inside, version", ipv6(4, zeros(20)), "ipv6.ipv4_in_ipv6_wrong_version"},
      {"ipv6 inside, short", ipv6(41, zeros(39)), "ipv6.ipv6_in_ipv6_too_small"},
      {"ipv6 inside, version", ipv6(41, zeros(40)), "ipv6.ipv6_in_ipv6_wrong_version"},
  };
  check_faults(rows, 229);
  const FaultRow typed[] = {{"version", ethernet(0x86dd, u8(0x40) + zeros(39)), "ipv6.wrong_ip_version"}};
  check_faults(typed);
}

TEST_CASE("ipv6: a fragment says where its headers end") {
  const Wire wire = ipv6(0, extension(44, u32(0x05020000)) + fragment(17, 0x0011, 77) + zeros(16));
  const test::Decoded got(wire, 101);
  const IpHeader& ip = got->ip;
  CHECK(ip.is_fragment);
  CHECK(ip.more_fragments);
  CHECK(ip.fragment_offset == 16);
  CHECK(ip.id == 77);
  CHECK(ip.unfragmentable_length == 48);
  CHECK(ip.next_header_offset == 40);
  CHECK(ip.fragment_next_header == 17);
  CHECK(ip.protocol == 17);
  CHECK(ip.header.size() == 56);
  CHECK(ip.fragment_payload.size() == 16);
  CHECK(got->layers.back().header_length == 56);
}

TEST_CASE("ipv6: a chain of extension headers ends at its limit") {
  Wire chain;
  for (int i = 0; i < 200; ++i) chain += extension(135, zeros(6));
  const test::Decoded got(ipv6(135, chain), 101);
  CHECK(got.faults() == "too_many_layers");
  CHECK(got->invalid);
}

TEST_CASE("arp: a request is read, and what is not Ethernet and IPv4 is refused") {
  const Wire addresses = Wire("\x02\0\0\0\0\x01", 6) + u32(0x0a000001) + zeros(6) + u32(0x0a000002);
  const auto arp = [&](std::uint16_t hardware, std::uint16_t protocol, std::uint16_t sizes,
                       std::uint16_t opcode) {
    return ethernet(0x0806, u16(hardware) + u16(protocol) + u16(sizes) + u16(opcode) + addresses);
  };
  const test::Decoded got(arp(1, 0x0800, 0x0604, 1));
  REQUIRE(got->has_arp);
  CHECK(got->arp.opcode == 1);
  CHECK(text(got->arp.source_protocol) == u32(0x0a000001));
  CHECK(text(got->arp.destination_protocol) == u32(0x0a000002));
  CHECK(text(got->arp.source_hardware) == Wire("\x02\0\0\0\0\x01", 6));
  sweep(arp(1, 0x0800, 0x0604, 1), 1);
  const FaultRow rows[] = {{"hardware", arp(6, 0x0800, 0x0604, 1), "arp.unsupported_hardware"},
                           {"protocol", arp(1, 0x86dd, 0x0604, 1), "arp.unsupported_protocol"},
                           {"hardware size", arp(1, 0x0800, 0x0804, 1), "arp.invalid_hardware_size"},
                           {"protocol size", arp(1, 0x0800, 0x0610, 1), "arp.invalid_protocol_size"},
                           {"opcode", arp(1, 0x0800, 0x0604, 77), "arp.unsupported_opcode"},
                           {"cut", arp(1, 0x0800, 0x0604, 2).substr(0, 40), "arp.invalid_pkt"},
                           {"short", arp(1, 0x0800, 0x0604, 2).substr(0, 20), "arp.pkt_too_small"}};
  check_faults(rows);
}
