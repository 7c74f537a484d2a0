#include "tests/decoders/flow/flow_wire.h"

using namespace weir;
using namespace weir::test;

namespace {

constexpr std::uint16_t kOtherPort = 5000;

Wire learned(std::uint16_t number = 256) {
  return ipfix_template(number, kBasic);
}

}  // namespace

TEST_CASE("ipfix: a record is read by its template, with its exporter and domain") {
  FlowBench bench;
  bench.send(ipfix(learned() + data_set(256, basic(1) + basic(2)), 0, 99));
  REQUIRE(bench.size() == 2);
  CHECK(bench.is_basic(0, 1));
  CHECK(bench.is_basic(1, 2));
  CHECK(bench.at(0).exporter.address == IpAddress::v4(0x7f000201));
  CHECK(bench.at(0).exporter.domain == 99);
  CHECK(bench.at(0).sampling == 1);
  CHECK(bench.at(0).detail == nullptr);
  CHECK(bench.account().records == 2);
  CHECK(bench.account().messages == 1);
}

TEST_CASE("ipfix: nothing is decoded without a template, and what came before it is when it comes") {
  FlowBench bench;
  bench.send(ipfix(data_set(256, basic(1))));
  CHECK(bench.size() == 0);
  CHECK(bench.account().no_template == 1);
  std::size_t named = 0;
  bench.decoder.for_each_missing(
      [&](const IpAddress&, std::uint32_t domain, std::uint16_t number, const flow::MissingTemplate& m) {
        named += domain == 7 && number == 256 && m.sets == 1 && m.since == kNowUs ? 1 : 0;
      });
  CHECK(named == 1);
  bench.send(ipfix(learned(), 1));
  REQUIRE(bench.size() == 1);
  CHECK(bench.is_basic(0, 1));
  CHECK(bench.account().no_template == 0);
  CHECK(bench.account().lost == 0);
}

TEST_CASE("ipfix: the template of the same port comes first, else the newest of the address") {
  FlowBench bench;
  bench.send(ipfix(learned()));
  bench.send(ipfix(data_set(256, basic(1))), kOtherPort);
  REQUIRE(bench.size() == 1);
  CHECK(bench.is_basic(0, 1));
  bench.send(ipfix(ipfix_template(256, kTurned)), kOtherPort);
  bench.send(ipfix(data_set(256, basic(2))));
  bench.send(ipfix(data_set(256, turned(3))), kOtherPort);
  bench.send(ipfix(data_set(256, turned(4))), 6000);
  REQUIRE(bench.size() == 4);
  CHECK(bench.is_basic(1, 2));
  CHECK(bench.is_basic(2, 3));
  CHECK(bench.is_basic(3, 4));
}

TEST_CASE("ipfix: templates of other domains and exporters are not used") {
  FlowBench bench;
  bench.send(ipfix(learned(), 0, 1));
  bench.send(ipfix(data_set(256, basic(1)), 0, 2));
  bench.send(ipfix(data_set(256, basic(1)), 0, 1), 4000, 0x7f000301);
  CHECK(bench.size() == 0);
  CHECK(bench.account().no_template == 2);
}

TEST_CASE("ipfix: a template that is sent anew with other fields replaces the one before") {
  FlowBench bench;
  bench.send(ipfix(learned() + data_set(256, basic(1))));
  bench.send(ipfix(ipfix_template(256, kTurned) + data_set(256, turned(2)), 1));
  REQUIRE(bench.size() == 2);
  CHECK(bench.is_basic(1, 2));
}

TEST_CASE("ipfix: withdrawn templates are not used any more, one or all of them") {
  for (const std::uint16_t number : {std::uint16_t{256}, std::uint16_t{2}}) {
    CAPTURE(number);
    FlowBench bench;
    bench.send(ipfix(learned() + data_set(256, basic(1))));
    bench.send(ipfix(withdrawal(number), 1));
    bench.send(ipfix(data_set(256, basic(2)), 1));
    CHECK(bench.size() == 1);
    CHECK(bench.account().no_template == 1);
    bench.send(ipfix(learned(), 2));
    CHECK(bench.size() == 2);
  }
}

TEST_CASE("ipfix: what one process withdraws, another one at the same address keeps") {
  FlowBench bench;
  bench.send(ipfix(learned()));
  bench.send(ipfix(ipfix_template(256, kTurned)), kOtherPort);
  bench.send(ipfix(withdrawal(256)), kOtherPort);
  bench.send(ipfix(data_set(256, basic(1))));
  REQUIRE(bench.size() == 1);
  CHECK(bench.is_basic(0, 1));
}

TEST_CASE("ipfix: several messages in a datagram are all read") {
  FlowBench bench;
  bench.send(ipfix(learned() + data_set(256, basic(1))) + ipfix(data_set(256, basic(2)), 1));
  REQUIRE(bench.size() == 2);
  CHECK(bench.account().messages == 2);
  CHECK(bench.account().lost == 0);
}

TEST_CASE("ipfix: fields of variable length have their length before them, in one byte or three") {
  Fields fields = kBasic;
  fields.insert(fields.begin(), {96, 0xffff});
  fields.push_back({1, 0xffff, 9999});
  FlowBench bench;
  bench.send(ipfix(ipfix_template(256, fields) +
                   data_set(256, u8(3) + "web" + basic(1) + u8(0) + u8(255) + u16(300) + Wire(300, 'x') +
                                     basic(2) + u8(1) + "y")));
  REQUIRE(bench.size() == 2);
  CHECK(bench.is_basic(0, 1));
  CHECK(bench.is_basic(1, 2));
  CHECK(bench.collected.all[0].application == "web");
}

TEST_CASE("ipfix: a length beyond the set ends the set, and what came before it stands") {
  Fields fields = kBasic;
  fields.push_back({96, 0xffff});
  FlowBench bench;
  bench.send(ipfix(ipfix_template(256, fields) +
                   data_set(256, basic(1) + u8(0) + basic(2) + u8(255) + u16(0xfff0) + "abc") +
                   data_set(256, basic(3) + u8(0))));
  REQUIRE(bench.size() == 2);
  CHECK(bench.is_basic(0, 1));
  CHECK(bench.is_basic(1, 3));
  CHECK(bench.account().malformed == 1);
}

TEST_CASE("ipfix: a set whose length cannot be ends the message") {
  for (const unsigned length : {0U, 3U, 65535U}) {
    CAPTURE(length);
    FlowBench bench;
    bench.send(ipfix(learned() + u16(256) + u16(length) + basic(1)));
    CHECK(bench.size() == 0);
    CHECK(bench.account().malformed == 1);
    bench.send(ipfix(data_set(256, basic(1)), 1));
    CHECK(bench.size() == 1);
    CHECK(bench.account().lost == 0);  // nobody knows how many records it had
  }
}

TEST_CASE("ipfix: every truncation of a message is malformed and gives no record") {
  const Wire whole = ipfix(learned() + data_set(256, basic(1)));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    FlowBench bench;
    bench.send(whole.substr(0, n));
    CHECK(bench.size() == 0);
    CHECK(bench.account().malformed == 1);
  }
}

TEST_CASE("ipfix: counters and ports may be shorter than their type") {
  const Fields fields{{8, 4}, {12, 4}, {2, 1}, {1, 3}, {150, 4}, {151, 4}};
  FlowBench bench;
  bench.send(ipfix(ipfix_template(256, fields) +
                   data_set(256, u32(1) + u32(2) + u8(200) + be(70'000, 3) + u32(kNow - 5) + u32(kNow - 1))));
  REQUIRE(bench.size() == 1);
  CHECK(bench.at(0).sides[0].packets == 200);
  CHECK(bench.at(0).sides[0].bytes == 70'000);
  CHECK(bench.at(0).sides[0].first == kNowUs - 5'000'000);
}

TEST_CASE(
    "ipfix: times come in milliseconds, microseconds and nanoseconds, or counted from the exporter's start") {
  const Wire ends = u32(1) + u32(2);
  const Wire ntp =
      u32(kNow - 10 + 2'208'988'800U) + u32(0x80000000) + u32(kNow - 9 + 2'208'988'800U) + u32(0);
  const auto times_of = [&](const Fields& times, const Wire& values, const Wire& before = {}) {
    Fields fields{{8, 4}, {12, 4}};
    fields.insert(fields.end(), times.begin(), times.end());
    FlowBench bench;
    bench.send(ipfix(before + ipfix_template(256, fields) + data_set(256, ends + values)));
    REQUIRE(bench.size() == 1);
    return std::pair{bench.at(0).sides[0].first - kNowUs, bench.at(0).sides[0].last - kNowUs};
  };
  const std::pair<TimeUs, TimeUs> fine{-9'500'000, -9'000'000};
  CHECK(times_of({{154, 8}, {155, 8}}, ntp) == fine);
  CHECK(times_of({{156, 8}, {157, 8}}, ntp) == fine);
  CHECK(times_of({{158, 4}, {159, 4}}, u32(9'500'000) + u32(9'000'000)) == fine);
  CHECK(times_of({{158, 4}, {159, 4}}, u32(9'500'000) + u32(0)) == std::pair<TimeUs, TimeUs>{-9'500'000, 0});
  CHECK(times_of({{161, 4}}, u32(9500)) == std::pair<TimeUs, TimeUs>{-9'500'000, 0});
  CHECK(times_of({{152, 8}, {161, 4}}, be(std::uint64_t{kNow} * 1000 - 9500, 8) + u32(500)) == fine);
  const Wire started = ipfix_options(400, 1, {{144, 4}, {160, 8}}) +
                       data_set(400, u32(1) + be((std::uint64_t{kNow} - 100) * 1000, 8));
  CHECK(times_of({{22, 4}, {21, 4}}, u32(90'500) + u32(91'000), started) == fine);
  // The uptime has wrapped since.
  const Wire long_ago = ipfix_options(400, 1, {{144, 4}, {160, 8}}) +
                        data_set(400, u32(1) + be((std::uint64_t{kNow} - 100) * 1000 - (1ULL << 32U), 8));
  CHECK(times_of({{22, 4}, {21, 4}}, u32(90'500) + u32(91'000), long_ago) == fine);
}

TEST_CASE("ipfix: uptimes count from the start that domain 0 says, where their own domain says none") {
  const auto started = [](std::uint32_t ago) {
    return ipfix_options(400, 1, {{144, 4}, {160, 8}}) +
           data_set(400, u32(1) + be((std::uint64_t{kNow} - ago) * 1000, 8));
  };
  const Wire flow = ipfix_template(256, {{8, 4}, {12, 4}, {22, 4}, {21, 4}}) +
                    data_set(256, u32(1) + u32(2) + u32(90'000) + u32(91'000));
  FlowBench bench;
  bench.send(ipfix(started(300), 0, 5));
  bench.send(ipfix(flow, 0, 7));  // what one domain says is not of another one
  bench.send(ipfix(started(100), 0, 0));
  bench.send(ipfix(flow, 1, 7));
  bench.send(ipfix(started(200) + flow, 2, 7));
  REQUIRE(bench.size() == 3);
  CHECK(bench.at(0).times_of_message);
  CHECK_FALSE(bench.at(1).times_of_message);
  CHECK(bench.at(1).sides[0].first == kNowUs - 10'000'000);
  CHECK(bench.at(1).sides[0].last == kNowUs - 9'000'000);
  CHECK(bench.at(2).sides[0].first == kNowUs - 110'000'000);
}

TEST_CASE("ipfix: a record without times has that of its message, and says so") {
  FlowBench bench;
  bench.send(ipfix(ipfix_template(256, {{8, 4}, {12, 4}}) + data_set(256, u32(1) + u32(2))));
  REQUIRE(bench.size() == 1);
  CHECK(bench.at(0).times_of_message);
  CHECK(bench.at(0).sides[0].first == kNowUs);
}

TEST_CASE("ipfix: reverse elements are the other direction (RFC 5103)") {
  Fields fields = kBasic;
  for (const Field& f : Fields{{2, 4, 29305}, {1, 8, 29305}, {6, 1, 29305}}) fields.push_back(f);
  FlowBench bench;
  bench.send(ipfix(ipfix_template(256, fields) + data_set(256, basic(1) + u32(9) + be(900, 8) + u8(0x12))));
  REQUIRE(bench.size() == 1);
  CHECK(bench.is_basic(0, 1));
  const flow::Side& back = bench.at(0).side(Direction::to_client);
  CHECK(back.packets == 9);
  CHECK(back.bytes == 900);
  CHECK(back.tcp_flags == 0x12);
  CHECK(back.first == bench.at(0).sides[0].first);
}

TEST_CASE("ipfix: the source is the side that began, where the exporter says that it was the other one") {
  FlowBench bench;
  bench.send(ipfix(ipfix_template(256, {{8, 4}, {12, 4}, {7, 2}, {11, 2}, {2, 4}, {239, 1}}) +
                   data_set(256, u32(1) + u32(2) + u16(443) + u16(5000) + u32(3) + u8(2))));
  REQUIRE(bench.size() == 1);
  CHECK(bench.at(0).source == IpAddress::v4(2));
  CHECK(bench.at(0).destination_port == 443);
  CHECK(bench.at(0).side(Direction::to_client).packets == 3);
}

TEST_CASE("ipfix: of both address families the one that is there is taken, and two zeros are no record") {
  const Fields both{{8, 4}, {12, 4}, {27, 16}, {28, 16}};
  const Wire six = "\x20\x01" + zeros(13);
  FlowBench bench;
  bench.send(ipfix(ipfix_template(256, both) + data_set(256, u32(1) + u32(2) + zeros(32) + zeros(8) + six +
                                                                 u8(1) + six + u8(2) + zeros(40))));
  REQUIRE(bench.size() == 2);
  CHECK(bench.at(0).source == IpAddress::v4(1));
  CHECK(bench.at(1).source.family == 6);
  CHECK(bench.account().records == 3);
}

TEST_CASE("ipfix: a host without an address yet is one") {
  FlowBench bench;
  bench.send(ipfix(ipfix_template(256, {{8, 4}, {12, 4}}) + data_set(256, u32(0) + u32(0xffffffff))));
  REQUIRE(bench.size() == 1);
  CHECK(bench.at(0).source == IpAddress::v4(0));
}

TEST_CASE("ipfix: a host without an address yet is one in a template of both families, in either order") {
  const Fields four{{8, 4}, {12, 4}}, six{{27, 16}, {28, 16}};
  const Wire ends = u32(0) + u32(0xffffffff);
  for (const bool six_first : {false, true}) {
    CAPTURE(six_first);
    Fields fields = six_first ? six : four;
    const Fields& more = six_first ? four : six;
    fields.insert(fields.end(), more.begin(), more.end());
    FlowBench bench;
    bench.send(
        ipfix(ipfix_template(256, fields) + data_set(256, six_first ? zeros(32) + ends : ends + zeros(32))));
    REQUIRE(bench.size() == 1);
    CHECK(bench.at(0).source == IpAddress::v4(0));
    CHECK(bench.at(0).destination == IpAddress::v4(0xffffffff));
  }
}

TEST_CASE("ipfix: address fields of another size are no addresses") {
  FlowBench bench;
  bench.send(ipfix(ipfix_template(256, {{8, 250}, {12, 3}}) + data_set(256, Wire(253, 'x'))));
  CHECK(bench.size() == 0);
  CHECK(bench.account().records == 1);
}

TEST_CASE("ipfix: records of prefixes, and of bytes of the link alone, say what they can") {
  FlowBench bench;
  bench.send(ipfix(ipfix_template(256, {{44, 4}, {45, 4}, {2, 4}, {352, 8}}) +
                   ipfix_template(257, {{44, 4}, {8, 4}, {12, 4}, {352, 8}, {1, 8}}) +
                   data_set(256, u32(0x0a000100) + u32(0xc0000200) + u32(3) + be(300, 8)) +
                   data_set(257, u32(0x0a000100) + u32(0x0a000105) + u32(2) + be(300, 8) + be(258, 8))));
  REQUIRE(bench.size() == 2);
  CHECK(bench.at(0).source == IpAddress::v4(0x0a000100));
  CHECK(bench.at(0).destination == IpAddress::v4(0xc0000200));
  CHECK(bench.at(0).sides[0].bytes == 300);
  CHECK(bench.at(1).source == IpAddress::v4(0x0a000105));
  CHECK(bench.at(1).sides[0].bytes == 258);
}

TEST_CASE("ipfix: what a router dropped says so") {
  const Wire ends = u32(1) + u32(2);
  FlowBench bench;
  bench.send(ipfix(
      ipfix_template(256, {{8, 4}, {12, 4}, {89, 1}}) + ipfix_template(257, {{8, 4}, {12, 4}, {89, 4}}) +
      data_set(256, ends + u8(64) + ends + u8(130)) + data_set(257, ends + u32(66) + ends + u32(128))));
  REQUIRE(bench.size() == 4);
  CHECK(!bench.has_detail(0));
  CHECK(bench.detail(1).verdict == 2);
  CHECK(!bench.has_detail(2));
  CHECK(bench.detail(3).verdict == 2);
}

TEST_CASE("ipfix: sets with reserved numbers are passed over") {
  FlowBench bench;
  bench.send(ipfix(a_set(4, "xxxx") + a_set(255, "yyyy") + learned() + data_set(256, basic(1))));
  CHECK(bench.size() == 1);
  CHECK(bench.account().malformed == 0);
}

TEST_CASE("ipfix: a sampled frame in place of fields says who with whom") {
  const Wire frame = ethernet(0x0800, ipv4({}, udp(53, 5353, "0123456789")));
  FlowBench bench;
  bench.send(ipfix(ipfix_template(256, {{305, 4}, {306, 4}, {312, 2}, {315, 0xffff}}) +
                   data_set(256, u32(1) + u32(99) + u16(frame.size()) + u8(frame.size() - 6) +
                                     frame.substr(0, frame.size() - 6))));
  REQUIRE(bench.size() == 1);
  CHECK(bench.at(0).source == IpAddress::v4(0x0a000001));
  CHECK(bench.at(0).destination_port == 5353);
  CHECK(bench.at(0).sides[0].bytes == 38);
  CHECK(bench.at(0).sides[0].packets == 1);
  CHECK(bench.at(0).sampling == 100);
}

TEST_CASE("ipfix: what the destination of a record began is turned whole, with all that is of one side") {
  FlowBench bench;
  bench.send(ipfix(ipfix_template(256, {{8, 4},
                                        {12, 4},
                                        {10, 2},
                                        {14, 2},
                                        {16, 4},
                                        {9, 1},
                                        {56, 6},
                                        {225, 4},
                                        {227, 2},
                                        {52, 1},
                                        {52, 1, 29305},
                                        {2, 4},
                                        {2, 4, 29305},
                                        {239, 1}}) +
                   data_set(256, u32(0x0a000001) + u32(0x0a000002) + u16(3) + u16(4) + u32(65'000) + u8(24) +
                                     Wire(6, '\x05') + u32(0xc0000201) + u16(777) + u8(60) + u8(120) +
                                     u32(5) + u32(6) + u8(2))));
  REQUIRE(bench.size() == 1);
  const flow::Record& r = bench.at(0);
  const flow::Detail& d = bench.detail(0);
  CHECK(r.source == IpAddress::v4(0x0a000002));
  CHECK(r.sides[0].packets == 6);
  CHECK(d.sides[0].ttl_min == 120);
  CHECK(d.sides[1].ttl_min == 60);
  CHECK(r.in_interface == 4);
  CHECK(r.out_interface == 3);
  CHECK(r.routing.destination_as == 65'000);
  CHECK(r.routing.destination_mask == 24);
  CHECK(d.destination_mac[0] == 5);
  CHECK(d.source_mac[0] == 0);
  CHECK(d.nat_destination == IpAddress::v4(0xc0000201));
  CHECK(d.nat_destination_port == 777);
}

TEST_CASE("ipfix: a record that stands for several flows says so") {
  FlowBench bench;
  Fields fields = kBasic;
  fields.push_back({3, 8});
  const auto record = [](std::uint64_t flows) { return basic(1) + be(flows, 8); };
  bench.send(ipfix(ipfix_template(256, fields) +
                   data_set(256, record(12) + record(0) + record(std::uint64_t{1} << 40U))));
  REQUIRE(bench.size() == 3);
  CHECK(bench.is_basic(0, 1));
  CHECK(bench.at(0).flows == 12);
  CHECK(bench.at(1).flows == 1);
  CHECK(bench.at(2).flows == 0xffffffff);
  CHECK(bench.at(0).rollup == flow::Rollup::none);
}

TEST_CASE("ipfix: uptimes of both directions are times of their own") {
  const auto boot = [](std::uint16_t number) {
    return ipfix_options(number, 1, {{149, 4}, {160, 8}}) +
           data_set(number, u32(7) + be(std::uint64_t{kNow} * 1000 - 100'000, 8));
  };
  FlowBench bench;
  bench.send(ipfix(
      boot(300) +
      ipfix_template(
          256, {{8, 4}, {12, 4}, {2, 4}, {22, 4}, {21, 4}, {2, 4, 29305}, {22, 4, 29305}, {21, 4, 29305}}) +
      data_set(256,
               u32(1) + u32(2) + u32(3) + u32(10'000) + u32(20'000) + u32(4) + u32(11'000) + u32(19'000))));
  REQUIRE(bench.size() == 1);
  const flow::Record& r = bench.at(0);
  CHECK(r.sides[0].first == kNowUs - 90'000'000);
  CHECK(r.sides[0].last == kNowUs - 80'000'000);
  CHECK(r.sides[1].first == kNowUs - 89'000'000);
  CHECK(r.sides[1].last == kNowUs - 81'000'000);

  // Of the other direction alone it says nothing of the first one.
  FlowBench other;
  other.send(ipfix(boot(300) +
                   ipfix_template(256, {{8, 4}, {12, 4}, {2, 4}, {152, 8}, {2, 4, 29305}, {22, 4, 29305}}) +
                   data_set(256, u32(1) + u32(2) + u32(3) + be(0, 8) + u32(4) + u32(11'000))));
  REQUIRE(other.size() == 1);
  CHECK(other.at(0).sides[0].first == kNowUs);
  CHECK(other.at(0).times_of_message);
  CHECK(other.at(0).sides[1].first == kNowUs - 89'000'000);
}

TEST_CASE("ipfix: why the other direction ended is not why the flow did") {
  FlowBench bench;
  bench.send(ipfix(ipfix_template(256, {{8, 4}, {12, 4}, {136, 1}, {136, 1, 29305}}) +
                   data_set(256, u32(1) + u32(2) + u8(3) + u8(1))));
  REQUIRE(bench.size() == 1);
  CHECK(bench.at(0).end_reason == flow::EndReason::end);
}
