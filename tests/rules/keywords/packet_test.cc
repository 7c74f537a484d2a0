// Keywords about headers of the packet.
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;
using test::with_options;

namespace {

Packet tcp_packet() {
  Packet p;
  p.ip.version = 4;
  p.ip.ttl = 64;
  p.ip.tos = 8;
  p.ip.id = 77;
  p.ip.protocol = 6;
  p.ip.dont_fragment = true;
  p.ip.source = IpAddress::v4(0x0a000001);
  p.ip.destination = IpAddress::v4(0x0a000002);
  p.has_tcp = true;
  p.tcp.sequence = 1000;
  p.tcp.acknowledgment = 2000;
  p.tcp.window = 512;
  p.tcp.flags = tcp_flag::syn | tcp_flag::ece;
  p.tcp.have_mss = true;
  p.tcp.mss = 1460;
  p.vlan_count = 2;
  p.vlan_ids = {200, 300, 0};
  return p;
}

bool holds(const char* options, const Packet& p) {
  const auto one = with_options(options);
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  return test::packet_checks_hold(*one.signature, {.packet = p});
}

struct Row {
  const char* options;
  bool match;
};

}  // namespace

TEST_CASE("IP and TCP header keywords") {
  const Packet p = tcp_packet();
  for (const Row& row : std::initializer_list<Row>{{"ttl:64;", true},           {"ttl:<64;", false},
                                                   {"ttl:60-70;", true},        {"tos:8;", true},
                                                   {"tos:!8;", false},          {"id:77;", true},
                                                   {"tos:x08;", true},          {"tos:!x8;", false},
                                                   {"tos:x80;", false},         {"tos:0x8;", true},
                                                   {"fragoffset:0;", true},     {"fragoffset:>0;", false},
                                                   {"fragbits:D;", true},       {"fragbits:MD;", false},
                                                   {"fragbits:*MD;", true},     {"fragbits:+D;", true},
                                                   {"fragbits:!M;", true},      {"fragbits:!D;", false},
                                                   {"sameip;", false},          {"seq:1000;", true},
                                                   {"tcp.ack:2000;", true},     {"window:!512;", false},
                                                   {"flags:S;", false},         {"flags:S,12;", true},
                                                   {"flags:SE;", true},         {"flags:S+;", true},
                                                   {"flags:+S;", true},         {"flags:*FA;", false},
                                                   {"flags:*SA;", true},        {"flags:!S;", false},
                                                   {"flags:0;", false},         {"tcp.flags:S,CE;", true},
                                                   {"tcp.mss:<1461;", true},    {"tcp.wscale:7;", false},
                                                   {"itype:8;", false},         {"ipopts:any;", false},
                                                   {"vlan.id:200;", true},      {"vlan.id:200,1;", false},
                                                   {"vlan.id:300,-1;", true},   {"vlan.id:>100,all;", true},
                                                   {"vlan.id:200,all;", false}, {"vlan.id:!500,all;", true},
                                                   {"vlan.id:0x12C,1;", true},  {"vlan.layers:2;", true},
                                                   {"vlan.layers:>2;", false},  {"vlan.id:400,2;", false}}) {
    CAPTURE(row.options);
    CHECK(holds(row.options, p) == row.match);
  }
}

TEST_CASE("a condition on a header that is not there does not match, negated or not") {
  const Packet nothing;
  for (const char* options :
       {"ttl:!5;", "tos:!5;", "seq:!1;", "flags:!S;", "itype:!8;", "icmp_id:!1;", "tcp.mss:!1;",
        "fragbits:!M;", "vlan.id:!5;", "ipopts:any;", "ipv4-csum:valid;", "rpc:1,*,*;", "sameip;"}) {
    CAPTURE(options);
    CHECK_FALSE(holds(options, nothing));
  }
  CHECK(holds("vlan.layers:0;", nothing));
  CHECK(holds("vlan.id:5,or_absent;", nothing));
}

TEST_CASE("IP options are found by walking their lengths, also in broken lists") {
  Packet p = tcp_packet();
  constexpr std::array<std::uint8_t, 9> options{1, 7,   4, 4, 9,
                                                0, 131, 3, 4};  // nop, record route, end, (not looked at)
  p.ip.options = options;
  CHECK(holds("ipopts:nop;", p));
  CHECK(holds("ipopts:rr;", p));
  CHECK(holds("ipopts:eol;", p));
  CHECK_FALSE(holds("ipopts:lsrr;", p));
  CHECK(holds("ipopts:any;", p));
  for (std::size_t n = 0; n <= options.size(); ++n) {
    p.ip.options = Bytes(options).first(n);
    CHECK_FALSE(holds("ipopts:ssrr;", p));
  }
  constexpr std::array<std::uint8_t, 2> zero_length{7, 0};
  p.ip.options = zero_length;
  CHECK_FALSE(holds("ipopts:ts;", p));
}

TEST_CASE("ICMP keywords") {
  Packet p;
  p.ip.version = 4;
  p.has_icmp = true;
  p.icmp.type = 8;
  p.icmp.has_id = true;
  p.icmp.id = 5;
  p.icmp.sequence = 2216;
  CHECK(holds("itype:8; icode:0; icmp_id:5; icmp_seq:2216;", p));
  CHECK(holds("itype:7<>9;", p));
  CHECK(holds("icmp_seq:\"2216\";", p));
  CHECK_FALSE(holds("icode:>0;", p));
  CHECK_FALSE(holds("icmpv6.mtu:<1280;", p));
}

TEST_CASE("checksum keywords compute the sum themselves") {
  // 10.0.0.1 -> 10.0.0.2, UDP 53 -> 53, 4 bytes of payload; both checksums are right.
  std::array<std::uint8_t, 32> frame{0x45, 0, 0, 32, 0, 0,  0, 0,  64, 17, 0x66, 0xcb, 10,  0,   0,   1,
                                     10,   0, 0, 2,  0, 53, 0, 53, 0,  12, 0,    0,    'a', 'b', 'c', 'd'};
  Packet p;
  p.frame = frame;
  p.ip.version = 4;
  p.ip.header = Bytes(frame).first(20);
  p.ip.source = IpAddress::v4(0x0a000001);
  p.ip.destination = IpAddress::v4(0x0a000002);
  p.has_udp = true;
  p.layers.push_back({Proto::ipv4, 0, 20});
  p.layers.push_back({Proto::udp, 20, 8});
  p.payload = Bytes(frame).subspan(28);
  CHECK(holds("ipv4-csum:valid;", p));
  CHECK_FALSE(holds("ipv4-csum:invalid;", p));
  frame[11] ^= 1U;
  CHECK(holds("ipv4-csum:invalid;", p));

  CHECK_FALSE(holds("udpv4-csum:valid;", p));  // none was sent
  p.udp_checksum = 0x26a3;
  frame[26] = 0x26;
  frame[27] = 0xa3;
  CHECK(holds("udpv4-csum:valid;", p));
  frame[31] ^= 1U;
  CHECK(holds("udpv4-csum:invalid;", p));
  p.ip.is_fragment = true;
  CHECK_FALSE(holds("udpv4-csum:invalid;", p));
}

TEST_CASE("rpc looks at calls, and every truncation of one is no match") {
  const std::vector<std::uint8_t> call{0, 0, 0,    1,    0, 0, 0, 0, 0, 0, 0, 2,
                                       0, 1, 0x86, 0xa0, 0, 0, 0, 2, 0, 0, 0, 3};
  Packet p;
  p.has_udp = true;
  p.payload = call;
  CHECK(holds("rpc:100000,2,3;", p));
  CHECK(holds("rpc:100000,*,*;", p));
  CHECK_FALSE(holds("rpc:100000,3,*;", p));
  for (std::size_t n = 0; n < call.size(); ++n) {
    p.payload = Bytes(call).first(n);
    CHECK_FALSE(holds("rpc:100000,*,*;", p));
  }
}

TEST_CASE("packet buffers show headers and addresses") {
  const std::array<std::uint8_t, 30> frame{0x60};
  Packet p = tcp_packet();
  p.frame = frame;
  p.ip.header = Bytes(frame).first(20);
  p.layers.push_back({Proto::tcp, 20, 60});  // longer than the frame
  const auto buffer = [&](const char* name) {
    const auto one = with_options((std::string(name) + "; content:\"a\";").c_str());
    REQUIRE_MESSAGE(one.signature != nullptr, one.error);
    return one.signature->buffers.at(0).buffer->packet(p);
  };
  CHECK(buffer("ipv4.hdr")->size() == 20);
  CHECK_FALSE(buffer("ipv6.hdr").has_value());
  CHECK(buffer("tcp.hdr")->size() == 10);
  CHECK_FALSE(buffer("udp.hdr").has_value());
  CHECK_FALSE(buffer("icmpv4.hdr").has_value());
  CHECK_FALSE(buffer("icmpv6.hdr").has_value());
  CHECK(buffer("ip.src")->size() == 4);
  CHECK((*buffer("ip.dst"))[3] == 2);
  CHECK(with_options("ipv4.hdr; content:\"a\"; ipv6.hdr; content:\"b\";").signature == nullptr);
  CHECK(test::load("alert udp any any -> any any (tcp.hdr; content:\"a\"; sid:1;)").signature == nullptr);
}

TEST_CASE("ip_proto narrows the protocols of the header") {
  const auto gre = with_options("ip_proto:gre;");
  REQUIRE_MESSAGE(gre.signature != nullptr, gre.error);
  CHECK(gre.signature->header.ip_protocols.count() == 1);
  CHECK(gre.signature->header.ip_protocols.test(47));
  CHECK(with_options("ip_proto:!6; ip_proto:!17; ip_proto:>5;").signature->header.ip_protocols.count() ==
        248);
  CHECK(with_options("ip_proto:6; ip_proto:17;").signature == nullptr);
  CHECK(with_options("ip_proto:256;").signature == nullptr);
  CHECK(with_options("ip_proto:nonsense;").signature == nullptr);
  const auto fragment = with_options("ip_proto:IPv6-Frag;");
  REQUIRE(fragment.signature != nullptr);
  CHECK(fragment.signature->header.ip_protocols.test(44));
}

TEST_CASE("header keywords refuse what they cannot read") {
  for (const char* options :
       {"ttl:256;",     "ttl:x;",           "tos:>255;",       "tos:xx;",          "fragbits:X;",
        "fragbits:+;",  "ipopts:nonsense;", "flags:;",         "flags:X;",         "flags:S; flags:A;",
        "flags:+;",     "flags:S+A;",       "seq:4294967296;", "window:65536;",    "vlan.id:4096;",
        "vlan.id:5,3;", "vlan.id:5,most;",  "vlan.layers:4;",  "ipv4-csum:wrong;", "rpc:x,*,*;",
        "rpc:*,1,1;",   "rpc:1,2,3,4;",     "sameip:yes;",     "icode:300;"}) {
    CAPTURE(options);
    CHECK(with_options(options).signature == nullptr);
  }
}
