#include "decoders/transport/transport.h"

#include "decoders/checksum.h"
#include "tests/decoders/wire_bytes.h"

using namespace weir;
using namespace weir::test;

namespace {

Wire with_tcp(const Wire& options, const Wire& payload = "") {
  return ipv4({.protocol = 6}, tcp(0x18, options, payload));
}
Wire icmp4(std::uint8_t type, std::uint8_t code, const Wire& rest) {
  return ipv4({.protocol = 1}, u8(type) + u8(code) + u16(0) + rest);
}
Wire icmp6(std::uint8_t type, std::uint8_t code, const Wire& rest, std::uint8_t hop_limit = 255) {
  return ipv6(58, u8(type) + u8(code) + u16(0) + rest, hop_limit);
}

// The datagram with a right checksum in its transport header.
Wire seal(Wire datagram, std::size_t segment_at, std::size_t field_at, std::uint8_t protocol) {
  const test::Decoded got(datagram, 101);
  const Bytes segment = view(datagram).subspan(segment_at);
  const std::uint16_t sum = protocol == 1
                                ? internet_checksum(segment)
                                : transport_checksum(got->ip.source, got->ip.destination, protocol, segment);
  return datagram.replace(segment_at + field_at, 2, u16(sum));
}

}  // namespace

TEST_CASE("tcp: header and options are read") {
  const Wire options =
      u32(0x020405b4) + u32(0x01030307) + u32(0x04020101) + u16(0x080a) + u32(11) + u32(22) + u16(0x0101);
  const test::Decoded got(with_tcp(options, "data"), 101);
  REQUIRE(got->has_tcp);
  const TcpHeader& h = got->tcp;
  CHECK(got->source_port == 1025);
  CHECK(got->destination_port == 80);
  CHECK(h.sequence == 7);
  CHECK(h.acknowledgment == 9);
  CHECK(h.window == 512);
  CHECK(h.flags == (tcp_flag::ack | tcp_flag::psh));
  CHECK(h.have_mss);
  CHECK(h.mss == 1460);
  CHECK(h.have_window_scale);
  CHECK(h.window_scale == 7);
  CHECK(h.sack_permitted);
  CHECK(h.have_timestamp);
  CHECK(h.timestamp_value == 11);
  CHECK(h.timestamp_echo == 22);
  CHECK(text(got->payload) == "data");
  CHECK(got.faults() == "");
  CHECK(got->layers.back().header_length == 20 + options.size());
}

TEST_CASE("tcp: broken headers and options") {
  const FaultRow rows[] = {
      {"short", ipv4({.protocol = 6}, zeros(19)), "tcp.pkt_too_small"},
      {"header beyond the end", ipv4({.protocol = 6}, tcp(2, "", "").replace(12, 1, "\x60")),
       "tcp.hlen_too_small"},
      {"header length 16", ipv4({.protocol = 6}, tcp(2, "", "").replace(12, 1, "\x40")),
       "tcp.invalid_optlen"},
      {"option length 0", with_tcp(u32(0x1e000000)), "tcp.opt_invalid_len"},
      {"option length 1", with_tcp(u32(0x1e010000)), "tcp.opt_invalid_len"},
      {"option beyond the header", with_tcp(u32(0x1e050000)), "tcp.opt_invalid_len"},
      {"segment size of 5 bytes", with_tcp(u32(0x02050000) + u32(0)), "tcp.opt_invalid_len", false},
      {"two segment sizes", with_tcp(u32(0x020405b4) + u32(0x020405b4)), "tcp.opt_duplicate", false},
      {"empty sack", with_tcp(u32(0x05020101)), "", false},
      {"sack of 7 bytes", with_tcp(u32(0x05090000) + zeros(8)), "tcp.opt_invalid_len", false},
      {"fast open, request", with_tcp(u32(0x22020101)), "", false},
      {"fast open, cookie", with_tcp(u32(0x22080000) + u32(1)), "", false},
      {"fast open, odd cookie", with_tcp(u32(0x22070000) + u32(1)), "tcp.opt_invalid_len", false},
      {"fast open, experiment", with_tcp(u32(0xfe04f989)), "", false},
      {"other experiment", with_tcp(u32(0xfe041111)), "", false},
      {"md5", with_tcp(u16(0x1312) + zeros(18)), "", false},
      {"md5 of 17 bytes", with_tcp(u16(0x1311) + zeros(18)), "tcp.opt_invalid_len", false},
      {"kind without a length", with_tcp(u32(0x01010102)), "", false},
  };
  check_faults(rows, 101);
  CHECK(test::Decoded(with_tcp(u32(0x22080000) + u32(1)), 101)->tcp.have_tfo);
  CHECK(test::Decoded(with_tcp(u32(0xfe04f989)), 101)->tcp.have_tfo);
  CHECK(test::Decoded(with_tcp(u16(0x1312) + zeros(18)), 101)->tcp.have_md5);
  CHECK(test::Decoded(with_tcp(u32(0x1d040000)), 101)->tcp.have_ao);
  const Wire stamps = u32(0x0101080a) + u32(11) + u32(12) + u32(0x0101080a) + u32(21) + u32(22);
  CHECK(test::Decoded(with_tcp(stamps), 101)->tcp.timestamp_value == 21);
  CHECK(test::Decoded(with_tcp(u32(0x0303ff00)), 101)->tcp.window_scale == 14);
}

TEST_CASE("udp: its own length decides, not that of the datagram") {
  const FaultRow rows[] = {{"short", ipv4({}, zeros(7)), "udp.pkt_too_small"},
                           {"length 7", ipv4({}, u32(0) + u16(7) + u16(0)), "udp.len_invalid"},
                           {"length beyond", ipv4({}, u32(0) + u16(9) + u16(0)), "udp.pkt_too_small"}};
  check_faults(rows, 101);
  const test::Decoded got(ipv4({}, udp(1, 2, "abc") + "more"), 101);
  CHECK(text(got->payload) == "abc");
  CHECK(got->udp_length == 11);
}

TEST_CASE("transport: every truncation of a header is reported") {
  for (const Wire& wire :
       {with_tcp(u32(0x020405b4), "x"), ipv4({}, udp(1, 2, "x")), icmp4(8, 0, u32(1)),
        ipv4({.protocol = 132}, zeros(12)), ipv4({.protocol = 50}, zeros(8)), icmp6(128, 0, u32(1))})
    sweep(wire, 101);
  for (const auto& [protocol, fewest, name] : {std::tuple{6, 20, "tcp.pkt_too_small"},
                                               {17, 8, "udp.pkt_too_small"},
                                               {1, 8, "icmpv4.pkt_too_small"},
                                               {132, 12, "sctp.pkt_too_small"},
                                               {50, 8, "esp.pkt_too_small"}}) {
    for (int n = 0; n < fewest; ++n) {
      CAPTURE(n);
      const test::Decoded got(
          ipv4({.protocol = static_cast<std::uint8_t>(protocol)}, zeros(static_cast<std::size_t>(n))), 101);
      CHECK(got.faults() == name);
      CHECK(got->ip.version == 4);  // the network layer stays
    }
  }
}

TEST_CASE("sctp and esp: ports and index") {
  const test::Decoded sctp(ipv4({.protocol = 132}, u16(5000) + u16(6000) + zeros(8) + "chunk"), 101);
  CHECK(sctp->has_sctp);
  CHECK(sctp->source_port == 5000);
  CHECK(sctp->destination_port == 6000);
  CHECK(text(sctp->payload) == "chunk");
  const test::Decoded esp(ipv4({.protocol = 50}, u32(0xabcd) + u32(1) + "secret"), 101);
  CHECK(esp->has_esp);
  CHECK(esp->esp_spi == 0xabcd);
  CHECK(text(esp->payload) == "secret");
}

TEST_CASE("icmpv4: queries have an id, errors quote a packet") {
  const test::Decoded echo(icmp4(8, 0, u16(77) + u16(3) + "ping"), 101);
  CHECK(echo->has_icmp);
  CHECK(echo->icmp.has_id);
  CHECK(echo->icmp.id == 77);
  CHECK(echo->icmp.sequence == 3);
  CHECK(text(echo->payload) == "ping");

  const Wire quoted = ipv4({.options = u32(0x01010101)}, udp(53, 4000, ""));
  const test::Decoded error(icmp4(3, 3, u32(0) + quoted), 101);
  REQUIRE(error->icmp.has_embedded);
  CHECK(error->icmp.embedded_protocol == 17);
  CHECK(to_string(error->icmp.embedded_source) == "10.0.0.1");
  CHECK(error->icmp.embedded_source_port == 53);
  CHECK(error->icmp.embedded_destination_port == 4000);
}

TEST_CASE("icmpv4: what a type has of its own belongs to its header, and to the payload") {
  const test::Decoded advert(icmp4(9, 0, u32(0x01020708) + u32(0x0a000001) + u32(5) + "rest"), 101);
  CHECK(advert->layers.back().header_length == 16);
  CHECK(advert->payload.size() == 12);
  const test::Decoded cut(icmp4(9, 0, u32(0xffff0708) + "rest"), 101);
  CHECK(cut->layers.back().header_length == 12);
  CHECK(test::Decoded(icmp4(13, 0, u32(1) + zeros(12)), 101)->layers.back().header_length == 20);
}

TEST_CASE("icmpv4: unknown types and codes are noted, broken quotes make the packet invalid") {
  const FaultRow rows[] = {
      {"type 1", icmp4(1, 0, u32(0)), "icmpv4.unknown_type", false},
      {"echo code", icmp4(8, 1, u32(0)), "icmpv4.unknown_code", false},
      {"unreachable code", icmp4(3, 16, u32(0)), "icmpv4.unknown_code", false},
      {"mobile router advertisement", icmp4(9, 16, u32(0)), "", false},
      {"unreachable without a quote", icmp4(3, 0, u32(0)), "", false},
      {"short quote", icmp4(11, 0, u32(0) + zeros(19)), "icmpv4.ipv4_trunc_pkt"},
      {"quote of version 0", icmp4(3, 1, u32(0) + zeros(28)), "icmpv4.ipv4_unknown_ver"},
  };
  check_faults(rows, 101);
}

TEST_CASE("icmpv6: messages, codes and quotes") {
  const Wire quoted = ipv6(17, udp(53, 4000, ""));
  const test::Decoded error(icmp6(2, 0, u32(1280) + quoted), 101);
  REQUIRE(error->icmp.has_embedded);
  CHECK(error->icmp.has_mtu);
  CHECK(error->icmp.mtu == 1280);
  CHECK(error->icmp.embedded_destination_port == 4000);
  const test::Decoded echo(icmp6(129, 0, u16(5) + u16(6)), 101);
  CHECK(echo->icmp.has_id);
  CHECK(echo->icmp.id == 5);
  CHECK(echo->icmp.sequence == 6);
  const FaultRow rows[] = {
      {"unreachable code", icmp6(1, 9, u32(0) + quoted), "icmpv6.unknown_code", false},
      {"echo code", icmp6(128, 2, u32(0)), "icmpv6.unknown_code", false},
      {"solicitation code", icmp6(135, 2, u32(0)), "icmpv6.unknown_code", false},
      {"listener query", icmp6(130, 0, u32(0), 1), "", false},
      {"listener query from afar", icmp6(130, 0, u32(0), 2), "icmpv6.mld_message_with_invalid_hl", false},
      {"listener report, version 2", icmp6(143, 0, u32(0)), "", false},
      {"type 50", icmp6(50, 0, u32(0)), "icmpv6.unassigned_type", false},
      {"type 100", icmp6(100, 0, u32(0)), "icmpv6.experimentation_type", false},
      {"type 255", icmp6(255, 0, u32(0)), "icmpv6.unknown_type", false},
      {"short quote", icmp6(3, 0, u32(0) + zeros(39)), "icmpv6.ipv6_trunc_pkt"},
      {"quote of version 0", icmp6(4, 0, u32(0) + zeros(40)), "icmpv6.ipv6_unknown_version"},
      {"short", ipv6(58, zeros(7)), "icmpv6.pkt_too_small"},
  };
  check_faults(rows, 101);
}

TEST_CASE("transport: checksums are verified when asked, and one changed bit is found") {
  const DecodeSettings verify;
  struct Row {
    const char* what;
    Wire datagram;
    std::size_t segment_at;
  };
  const Row rows[] = {
      {"tcp", seal(ipv4({.protocol = 6}, tcp(2, "", "odd")), 20, 16, 6), 20},
      {"udp", seal(ipv4({}, udp(1, 2, "odd")), 20, 6, 17), 20},
      {"icmpv4", seal(icmp4(8, 0, u32(5) + "abc"), 20, 2, 1), 20},
      {"tcp over ipv6", seal(ipv6(6, tcp(2, "", "even")), 40, 16, 6), 40},
      {"udp over ipv6", seal(ipv6(17, udp(1, 2, "even")), 40, 6, 17), 40},
      {"icmpv6", seal(icmp6(128, 0, u32(5) + "abc"), 40, 2, 58), 40},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK_FALSE(test::Decoded(row.datagram, 101, verify)->l4_checksum_bad);
    Wire changed = row.datagram;
    changed.back() = static_cast<char>(changed.back() ^ 4);
    CHECK(test::Decoded(changed, 101, verify)->l4_checksum_bad);
    CHECK_FALSE(test::Decoded(changed, 101)->l4_checksum_bad);
    CHECK_FALSE(
        test::Decoded(row.datagram + zeros(9), 101, verify)->l4_checksum_bad);  // padding does not count
  }
  CHECK_FALSE(test::Decoded(ipv4({}, udp(1, 2, "x")), 101, verify)->l4_checksum_bad);  // zero: not computed
  CHECK(test::Decoded(ipv4({}, udp(1, 2, "x")), 101, verify)->ip_checksum_bad);
}

TEST_CASE(
    "transport: with a source route to go on, the last destination is not known and nothing is called bad") {
  const Wire route = u8(6) + u8(2) + u8(2) + u8(1) + zeros(20);
  const test::Decoded got(ipv6(43, route + tcp(2, "", "x")), 101, DecodeSettings{});
  CHECK(got->ip.other_addresses);
  CHECK_FALSE(got->l4_checksum_bad);
}
