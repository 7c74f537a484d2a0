#include "tests/decoders/flow/flow_wire.h"

using namespace weir;
using namespace weir::test;

namespace {

constexpr std::uint32_t kUptime = 1'000'000;  // ms

Wire v5_record(std::uint8_t n, std::uint8_t protocol = 6, std::uint16_t to_port = 443) {
  return u32(0x0a000000U + n) + u32(0xc0000201) + u32(0xc00002fe) + u16(3) + u16(4) + u32(n + 1U) + u32(100) +
         u32(kUptime - 5000) + u32(kUptime - 1000) + u16(1000) + u16(to_port) + u8(0) + u8(0x12) +
         u8(protocol) + u8(0x10) + u16(65001) + u16(65002) + u8(24) + u8(16) + u16(0);
}
Wire v5(const Wire& records, std::uint16_t count, std::uint32_t sequence = 0, std::uint16_t sampling = 0) {
  return u16(5) + u16(count) + u32(kUptime) + u32(kNow) + u32(0) + u32(sequence) + u8(1) + u8(2) +
         u16(sampling) + records;
}

const Fields kOld{{8, 4}, {12, 4}, {2, 4}, {1, 4}, {22, 4}, {21, 4}};
Wire old_record(std::uint32_t first, std::uint32_t last) {
  return u32(1) + u32(2) + u32(3) + u32(4) + u32(first) + u32(last);
}

}  // namespace

TEST_CASE("netflow5: all fields are read, times by the uptime") {
  FlowBench bench;
  bench.send(v5(v5_record(1), 1, 0, 0x4000 | 256));
  REQUIRE(bench.size() == 1);
  const flow::Record& r = bench.at(0);
  CHECK(r.source == IpAddress::v4(0x0a000001));
  CHECK(r.destination == IpAddress::v4(0xc0000201));
  CHECK(r.routing.next_hop == IpAddress::v4(0xc00002fe));
  CHECK(r.in_interface == 3);
  CHECK(r.out_interface == 4);
  CHECK(r.sides[0].packets == 2);
  CHECK(r.sides[0].bytes == 100);
  CHECK(r.sides[0].first == kNowUs - 5'000'000);
  CHECK(r.sides[0].last == kNowUs - 1'000'000);
  CHECK(r.sides[0].tcp_flags == 0x12);
  CHECK(r.sides[0].tos == 0x10);
  CHECK(r.protocol == 6);
  CHECK(r.routing.source_as == 65001);
  CHECK(r.routing.destination_mask == 16);
  CHECK(r.exporter.domain == 0x0102);
  CHECK(r.sampling == 256);
}

TEST_CASE("netflow5: type and code of ICMP stand in the destination port") {
  FlowBench bench;
  bench.send(v5(v5_record(1, 1, 0x0301), 1));
  REQUIRE(bench.size() == 1);
  CHECK(bench.at(0).has_icmp);
  CHECK(bench.at(0).icmp_type == 3);
  CHECK(bench.at(0).icmp_code == 1);
  CHECK(bench.at(0).destination_port == 0);
}

TEST_CASE("netflow5: a count that the datagram does not hold, or above 30, is malformed") {
  Wire thirty;
  for (std::uint8_t i = 0; i < 30; ++i) thirty += v5_record(i);
  FlowBench bench;
  bench.send(v5(thirty, 31));
  bench.send(v5(thirty + v5_record(30), 31));
  bench.send(v5(v5_record(1), 2));
  CHECK(bench.size() == 0);
  CHECK(bench.account().malformed == 3);
  bench.send(v5(thirty, 30));
  CHECK(bench.size() == 30);
}

TEST_CASE("netflow5: flows are counted by the sequence number") {
  FlowBench bench;
  bench.send(v5(v5_record(1), 1, 0));
  bench.send(v5(v5_record(1), 1, 61));
  CHECK(bench.account().lost == 60);
}

TEST_CASE("netflow: every truncation of versions 1, 5 and 7 is malformed and gives no record") {
  const Wire v1 = u16(1) + u16(1) + u32(kUptime) + u32(kNow) + u32(0) + v5_record(1).substr(0, 36) + u16(0) +
                  u8(6) + u8(2) + u8(0x12) + zeros(7);
  const Wire v7 =
      u16(7) + u16(1) + u32(kUptime) + u32(kNow) + u32(0) + u32(0) + u32(0) + v5_record(1) + u32(0);
  for (const Wire& whole : {v1, v5(v5_record(1), 1), v7}) {
    for (std::size_t n = 0; n < whole.size(); ++n) {
      CAPTURE(n);
      FlowBench bench;
      bench.send(whole.substr(0, n));
      CHECK(bench.size() == 0);
      CHECK(bench.account().malformed == 1);
    }
    FlowBench bench;
    bench.send(whole);
    REQUIRE(bench.size() == 1);
    CHECK(bench.at(0).protocol == 6);
    CHECK(bench.at(0).sides[0].tcp_flags == 0x12);
    CHECK(bench.at(0).sides[0].first == kNowUs - 5'000'000);
  }
}

TEST_CASE("netflow1: records of 48 bytes are told from those of 52 by the length of the datagram") {
  const auto v1 = [](std::size_t each) {
    Wire record = v5_record(1).substr(0, 36) + u16(0) + u8(6) + u8(2) + u8(0x12);
    record += zeros(each - record.size());
    return u16(1) + u16(3) + u32(kUptime) + u32(kNow) + u32(0) + record + record + record;
  };
  for (const std::size_t each : {48U, 52U}) {
    CAPTURE(each);
    FlowBench bench;
    bench.send(v1(each));
    REQUIRE(bench.size() == 3);
    CHECK(bench.at(2).source == IpAddress::v4(0x0a000001));
    CHECK(bench.at(2).sides[0].tcp_flags == 0x12);
  }
}

TEST_CASE("netflow9: the header's count is not believed, and zeros behind the last set are padding") {
  FlowBench bench;
  bench.send(netflow9(v9_template(256, kOld) + data_set(256, old_record(1, 2) + zeros(3)) + zeros(8)));
  CHECK(bench.size() == 1);
  CHECK(bench.account().malformed == 0);
}

TEST_CASE("netflow9: an uptime that has wrapped since the flow began gives the right times") {
  FlowBench bench;
  bench.send(
      netflow9(v9_template(256, kOld) + data_set(256, old_record(0xffffffffU - 999, 1000)), 0, 7, 3000));
  REQUIRE(bench.size() == 1);
  CHECK(bench.at(0).sides[0].first == kNowUs - 4'000'000);
  CHECK(bench.at(0).sides[0].last == kNowUs - 2'000'000);
}

TEST_CASE("netflow9: messages are counted by the sequence number") {
  FlowBench bench;
  bench.send(netflow9(v9_template(256, kOld) + data_set(256, old_record(1, 2) + old_record(3, 4)), 10));
  bench.send(netflow9(data_set(256, old_record(1, 2)), 14));
  CHECK(bench.account().lost == 3);
}

TEST_CASE("netflow9: data that came before its template is decoded with the times of its own message") {
  FlowBench bench;
  bench.send(netflow9(data_set(256, old_record(90'000, 95'000)), 0, 7, 100'000));
  bench.send(netflow9(v9_template(256, kOld), 1, 7, 777'000));
  REQUIRE(bench.size() == 1);
  CHECK(bench.at(0).sides[0].first == kNowUs - 10'000'000);
}

TEST_CASE(
    "netflow9: total and difference, before and after the router: the counters of the lowest rank are "
    "taken") {
  FlowBench bench;
  bench.send(
      netflow9(v9_template(256, {{8, 4}, {12, 4}, {24, 4}, {23, 4}, {86, 4}, {2, 4}, {1, 4}, {85, 4}}) +
               data_set(256, u32(1) + u32(2) + u32(24) + u32(23) + u32(86) + u32(2) + u32(1) + u32(85))));
  REQUIRE(bench.size() == 1);
  CHECK(bench.at(0).sides[0].packets == 2);
  CHECK(bench.at(0).sides[0].bytes == 1);
}

TEST_CASE("netflow9: fields of variable length are read there, too") {
  FlowBench bench;
  bench.send(netflow9(v9_template(256, {{8, 4}, {96, 0xffff}, {12, 4}}) +
                      data_set(256, u32(1) + u8(3) + "abc" + u32(2))));
  REQUIRE(bench.size() == 1);
  CHECK(bench.at(0).destination == IpAddress::v4(2));
  CHECK(bench.collected.all[0].application == "abc");
}

TEST_CASE("netflow9: Palo Alto Networks' firewalls say application and user") {
  FlowBench bench;
  bench.send(
      netflow9(v9_template(257, {{8, 4}, {12, 4}, {346, 4}, {56701, 32}, {56702, 64}}) +
               data_set(257, u32(1) + u32(2) + u32(25461) + "ssl" + zeros(29) + "corp\\anna" + zeros(55))));
  REQUIRE(bench.size() == 1);
  CHECK(bench.collected.all[0].application == "ssl");
  CHECK(bench.collected.all[0].user == "corp\\anna");
}

TEST_CASE("netflow9: events of a firewall say both directions, who it was, and what was translated") {
  FlowBench bench;
  bench.send(netflow9(v9_template(263, {{8, 4},
                                        {12, 4},
                                        {7, 2},
                                        {11, 2},
                                        {4, 1},
                                        {225, 4},
                                        {226, 4},
                                        {227, 2},
                                        {228, 2},
                                        {233, 1},
                                        {33002, 2},
                                        {323, 8},
                                        {152, 8},
                                        {231, 4},
                                        {232, 4},
                                        {40000, 20}}) +
                      data_set(263, u32(1) + u32(2) + u16(3) + u16(4) + u8(6) + u32(5) + u32(6) + u16(7) +
                                        u16(8) + u8(2) + u16(2030) + be(std::uint64_t{kNow} * 1000, 8) +
                                        be(std::uint64_t{kNow} * 1000 - 7000, 8) + u32(111) + u32(222) +
                                        "alice" + zeros(15))));
  REQUIRE(bench.size() == 1);
  const flow::Record& r = bench.at(0);
  CHECK(r.side(Direction::to_server).bytes == 111);
  CHECK(r.side(Direction::to_client).bytes == 222);
  CHECK(r.sides[0].first == kNowUs - 7'000'000);
  const flow::Detail& d = bench.collected.all[0].detail;
  CHECK(d.nat_source == IpAddress::v4(5));
  CHECK(d.nat_destination == IpAddress::v4(6));
  CHECK(d.nat_source_port == 7);
  CHECK(d.nat_destination_port == 8);
  CHECK(d.firewall_event == 2);
  CHECK(d.firewall_reason == 2030);
  CHECK(bench.collected.all[0].user == "alice");
}
