#include "tests/decoders/flow/flow_wire.h"

using namespace weir;
using namespace weir::test;

namespace {

const Fields kSampled{{8, 4}, {12, 4}, {48, 1}, {10, 4}};
Wire sampled(std::uint8_t sampler, std::uint32_t interface = 0) {
  return u32(1) + u32(2) + u8(sampler) + u32(interface);
}

}  // namespace

TEST_CASE(
    "options: a rate that is said of the whole exporter holds for its records, in the same message too") {
  struct Form {
    const char* name;
    Fields fields;
    Wire values;
    std::uint32_t rate;
  };
  for (const Form& form :
       {Form{"34", {{34, 4}, {35, 1}}, u32(512) + u8(1), 512}, Form{"50", {{50, 4}}, u32(64), 64},
        Form{"305, 306", {{305, 4}, {306, 4}}, u32(1) + u32(99), 100},
        Form{"305, 306, two of them", {{305, 4}, {306, 4}}, u32(2) + u32(98), 50},
        Form{"309, 310", {{309, 4}, {310, 4}}, u32(10) + u32(1000), 100},
        Form{"311", {{311, 8}}, be(0x3f847ae147ae147b, 8), 100}}) {
    CAPTURE(form.name);
    FlowBench bench;
    bench.send(netflow9(v9_options(400, {{1, 4}}, form.fields) + data_set(400, u32(0) + form.values) +
                        v9_template(256, kSampled) + data_set(256, sampled(0))));
    REQUIRE(bench.size() == 1);
    CHECK(bench.at(0).sampling == form.rate);
    CHECK(bench.account().options == 1);
  }
}

TEST_CASE("options: samplers and interfaces have rates of their own") {
  FlowBench bench;
  bench.send(netflow9(v9_template(256, kSampled) + v9_options(400, {{1, 4}}, {{48, 1}, {49, 1}, {50, 4}}) +
                      data_set(400, u32(0) + u8(1) + u8(2) + u32(1000) + u32(0) + u8(2) + u8(2) + u32(50)) +
                      v9_options(401, {{2, 4}}, {{34, 4}}) + data_set(401, u32(77) + u32(10))));
  bench.send(netflow9(data_set(256, sampled(1) + sampled(2) + sampled(0, 77) + sampled(0, 78)), 1));
  REQUIRE(bench.size() == 4);
  CHECK(bench.at(0).sampling == 1000);
  CHECK(bench.at(1).sampling == 50);
  CHECK(bench.at(2).sampling == 10);
  CHECK(bench.at(3).sampling == 1);
}

TEST_CASE("options: what the record says itself comes first") {
  FlowBench bench;
  bench.send(ipfix(ipfix_options(400, 1, {{144, 4}, {34, 4}}) + data_set(400, u32(1) + u32(100)) +
                   ipfix_template(256, {{8, 4}, {12, 4}, {34, 4}}) +
                   data_set(256, u32(1) + u32(2) + u32(7))));
  REQUIRE(bench.size() == 1);
  CHECK(bench.at(0).sampling == 7);
}

TEST_CASE("options: a rate of domain 0 is that of the exporter as a whole, one of another domain is not") {
  const Wire options = ipfix_options(400, 1, {{302, 4}, {34, 4}});
  const Wire record = u32(1) + u32(2) + u32(5);
  FlowBench bench;
  bench.send(ipfix(options + data_set(400, u32(5) + u32(200)), 0, 3));
  bench.send(ipfix(ipfix_template(256, {{8, 4}, {12, 4}, {302, 4}}) + data_set(256, record), 0, 2));
  bench.send(ipfix(options + data_set(400, u32(5) + u32(100)), 0, 0));
  bench.send(ipfix(data_set(256, record), 1, 2));
  bench.send(ipfix(options + data_set(400, u32(5) + u32(50)), 2, 2));
  bench.send(ipfix(data_set(256, record), 3, 2));
  REQUIRE(bench.size() == 3);
  CHECK(bench.at(0).sampling == 1);
  CHECK(bench.at(1).sampling == 100);
  CHECK(bench.at(2).sampling == 50);
}

TEST_CASE("options: templates have rates of their own") {
  const Fields ends{{8, 4}, {12, 4}};
  const Wire record = u32(1) + u32(2);
  const Wire said = u16(256) + u32(100) + u16(257) + u32(10);
  FlowBench nine, ten;
  nine.send(netflow9(v9_options(400, {{5, 2}}, {{34, 4}}) + data_set(400, said) + v9_template(256, ends) +
                     v9_template(257, ends) + v9_template(258, ends) + data_set(256, record) +
                     data_set(257, record) + data_set(258, record)));
  const Wire of_domain = u32(7) + u16(256) + u32(100) + u32(7) + u16(257) + u32(10);
  ten.send(ipfix(ipfix_options(400, 2, {{149, 4}, {145, 2}, {34, 4}}) + data_set(400, of_domain) +
                 ipfix_template(256, ends) + ipfix_template(257, ends) + ipfix_template(258, ends) +
                 data_set(256, record) + data_set(257, record) + data_set(258, record)));
  for (const FlowBench* bench : {&nine, &ten}) {
    REQUIRE(bench->size() == 3);
    CHECK(bench->at(0).sampling == 100);
    CHECK(bench->at(1).sampling == 10);
    CHECK(bench->at(2).sampling == 1);
  }
}

TEST_CASE("options: domain 0 says rates of other domains, and another one its own") {
  const Fields ends{{8, 4}, {12, 4}};
  const Wire options = ipfix_options(400, 1, {{149, 4}, {34, 4}});
  const Wire flow = ipfix_template(256, ends) + data_set(256, u32(1) + u32(2));
  FlowBench bench;
  bench.send(ipfix(options + data_set(400, u32(1) + u32(100) + u32(2) + u32(10)), 0, 0));
  bench.send(ipfix(options + data_set(400, u32(4) + u32(40)), 0, 4));
  for (const std::uint32_t domain : {1U, 2U, 3U, 4U}) bench.send(ipfix(flow, 1, domain));
  REQUIRE(bench.size() == 4);
  CHECK(bench.at(0).sampling == 100);
  CHECK(bench.at(1).sampling == 10);
  CHECK(bench.at(2).sampling == 1);
  CHECK(bench.at(3).sampling == 40);
}

TEST_CASE("options: a record's selection sequence names its sampler (RFC 5476)") {
  FlowBench bench;
  bench.send(ipfix(ipfix_options(400, 1, {{301, 8}, {302, 8}}) + data_set(400, be(5, 8) + be(9, 8)) +
                   ipfix_options(401, 1, {{302, 8}, {304, 2}, {305, 4}, {306, 4}}) +
                   data_set(401, be(9, 8) + u16(1) + u32(1) + u32(99) + be(8, 8) + u16(1) + u32(1) + u32(9)) +
                   ipfix_template(256, {{8, 4}, {12, 4}, {301, 8}}) +
                   data_set(256, u32(1) + u32(2) + be(5, 8) + u32(1) + u32(2) + be(6, 8))));
  REQUIRE(bench.size() == 2);
  CHECK(bench.at(0).sampling == 100);
  CHECK(bench.at(1).sampling == 1);
}

TEST_CASE("options: the only sampler is that of records that name none") {
  const Wire said = ipfix_options(400, 1, {{302, 4}, {34, 4}}) + data_set(400, u32(5) + u32(200));
  FlowBench bench;
  bench.send(ipfix(said + ipfix_template(256, {{8, 4}, {12, 4}}) + data_set(256, u32(1) + u32(2)) +
                   ipfix_template(257, {{8, 4}, {12, 4}, {302, 4}}) +
                   data_set(257, u32(1) + u32(2) + u32(0))));
  bench.send(ipfix(data_set(400, u32(6) + u32(10)) + data_set(256, u32(1) + u32(2)), 3));
  REQUIRE(bench.size() == 3);
  CHECK(bench.at(0).sampling == 200);
  CHECK(bench.at(1).sampling == 1);  // it says that there was none
  CHECK(bench.at(2).sampling == 1);  // nobody knows which of two
}

TEST_CASE("options: interfaces and applications have names") {
  FlowBench bench;
  bench.send(ipfix(ipfix_options(400, 1, {{10, 4}, {82, 8}}) +
                   data_set(400, u32(3) + "eth3" + zeros(4) + u32(4) + "ppp0" + zeros(4)) +
                   ipfix_options(401, 1, {{95, 4}, {96, 0xffff}}) +
                   data_set(401, u32(0x03000050) + u8(4) + "http")));
  bench.send(ipfix(ipfix_template(256, {{8, 4}, {12, 4}, {10, 4}, {14, 4}, {95, 4}}) +
                       data_set(256, u32(1) + u32(2) + u32(3) + u32(4) + u32(0x03000050)),
                   3));
  REQUIRE(bench.size() == 1);
  CHECK(bench.collected.all[0].in_interface == "eth3");
  CHECK(bench.collected.all[0].out_interface == "ppp0");
  CHECK(bench.collected.all[0].application == "http");
}

TEST_CASE("options: their records count in the sequence of IPFIX") {
  FlowBench bench;
  bench.send(ipfix(ipfix_options(400, 1, {{144, 4}, {34, 4}}) + data_set(400, u32(1) + u32(1)) +
                   ipfix_template(256, kBasic) + data_set(256, basic(1))));
  bench.send(ipfix(data_set(256, basic(2)), 2));
  CHECK(bench.account().lost == 0);
}

TEST_CASE("state: what a decoder knows is read by the next one") {
  FlowBench before;
  before.send(ipfix(
      ipfix_template(256, kBasic) + ipfix_template(257, {{8, 4}, {12, 4}, {96, 0xffff}, {2, 4, 29305}}) +
      ipfix_options(400, 1, {{302, 4}, {34, 4}}) + data_set(400, u32(0) + u32(100)) +
      ipfix_options(401, 1, {{10, 4}, {82, 8}}) + data_set(401, u32(3) + "eth \n3" + zeros(2)) +
      ipfix_options(402, 1, {{145, 2}, {34, 4}}) + data_set(402, u16(300) + u32(40)) +
      ipfix_options(403, 1, {{301, 4}, {302, 8}}) + data_set(403, u32(5) + be(1ULL << 40U, 8))));
  before.send(netflow9(v9_template(300, kTurned)), 9, 0x7f000202);
  const std::string saved = saved_state(before.decoder);
  FlowBench after;
  CHECK(after.decoder.load(saved, kNowUs) == 0);
  CHECK(saved_state(after.decoder) == saved);
  after.send(ipfix(data_set(256, basic(1)) + data_set(257, u32(1) + u32(2) + u8(1) + "x" + u32(9)) +
                       data_set(400, u32(0) + u32(50)),
                   5));
  after.send(netflow9(data_set(300, turned(2)), 5), 10, 0x7f000202);
  REQUIRE(after.size() == 3);
  CHECK(after.is_basic(0, 1));
  CHECK(after.at(0).sampling == 100);
  CHECK(after.at(1).side(Direction::to_client).packets == 9);
  CHECK(after.is_basic(2, 2));
}

TEST_CASE("state: lines that are wrong are passed over and counted") {
  FlowBench bench;
  CHECK(bench.decoder.load("template 127.0.2.1 7 4000 ipfix 256 data 0 8:4 12:4\n"
                           "template 127.0.2.1 7 4000 ipfix 257 data 0 8:x\n"
                           "template 127.0.2.1 7 4000 ipfix 258 data 0\n"
                           "template nowhere 7 4000 ipfix 259 data 0 8:4\n"
                           "sampler 127.0.2.1 7 1 0\nboot 127.0.2.1 7\n\nsampler 127.0.2.1 7 0 9\n",
                           kNowUs) == 5);
  bench.send(ipfix(data_set(256, u32(1) + u32(2))));
  REQUIRE(bench.size() == 1);
  CHECK(bench.at(0).sampling == 9);
}

TEST_CASE("options: names are shown also when the next message of the datagram pushes their domain out") {
  FlowBench bench;
  const std::string name = "an interface with a name of its own";
  bench.send(ipfix(ipfix_options(400, 1, {{10, 4}, {82, 40}}) +
                       data_set(400, u32(7) + name + Wire(40 - name.size(), '\0')) +
                       ipfix_template(256, {{8, 4}, {12, 4}, {10, 4}, {1, 4}, {2, 4}}),
                   0, 0));
  for (std::uint32_t domain = 1; domain < flow::kMaxDomains; ++domain) bench.send(ipfix({}, 0, domain));
  bench.send(ipfix(data_set(256, u32(0x0a000001) + u32(0x0a000002) + u32(7) + u32(100) + u32(1)), 0, 0) +
             ipfix({}, 0, flow::kMaxDomains));
  REQUIRE(bench.size() == 1);
  CHECK(bench.collected.all[0].in_interface == name);
}

TEST_CASE("options: data that waits for its template comes in its order, whatever else waits") {
  FlowBench bench;
  for (std::uint8_t n = 0; n < 3; ++n) bench.send(ipfix(data_set(256, basic(n)) + data_set(257, basic(n))));
  CHECK(bench.size() == 0);
  bench.send(ipfix(ipfix_template(256, kBasic)));
  REQUIRE(bench.size() == 3);
  for (std::uint8_t n = 0; n < 3; ++n) CHECK(bench.is_basic(n, n));
  bench.send(ipfix(ipfix_template(257, kBasic)));
  CHECK(bench.size() == 6);
}
