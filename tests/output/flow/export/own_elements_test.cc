// Elements of our own, sent and read again.
#include "decoders/flow/own_elements.h"

#include <string>

#include "tests/output/flow/export/export_bench.h"

using namespace weir;
using namespace weir::test;
using output::ExportFormat;

namespace {

constexpr std::uint32_t kSensorNumber = 99'999;

// Each member that the table has gets a value that no other one has, as far as it takes any.
struct Said {
  std::uint64_t next = 0;
  std::vector<std::string> texts = std::vector<std::string>(64);
  flow::Record r = tcp_record();
  flow::Detail d;

  template <class T>
  void number(T& to) {
    to = static_cast<T>(++next);
  }
  void number(flow::InitiatorBy& to) { to = flow::InitiatorBy::ports; }
  void text(std::string_view& to) {
    std::string& kept = texts[++next % texts.size()];
    kept = "text " + std::to_string(next);
    to = kept;
  }
  void side(flow::SideDetail& s);
  Said() {
#define FLOW(n, bytes, lvalue) number(lvalue);
#define FLOW_TEXT(n, member) text(d.member);
#define SIDE(n, bytes, member)
#define SIDE_TEXT(n, member)
#include "decoders/flow/own_elements.def"
#undef FLOW
#undef FLOW_TEXT
#undef SIDE
#undef SIDE_TEXT
    d.verdict = 2;
    for (flow::SideDetail& s : d.sides) side(s);
    d.tunnel_kind = "geneve";
    d.tunnel_id = std::uint64_t{1} << 40U;
    d.tunnel_source = IpAddress::v4(0xc6336401);
    d.tunnel_destination = an_ipv6(0x44);
    r.detail = &d;
  }
};

void Said::side(flow::SideDetail& s) {
#define FLOW(n, bytes, lvalue)
#define FLOW_TEXT(n, member)
#define SIDE(n, bytes, member) number(s.member);
#define SIDE_TEXT(n, member) text(s.member);
#include "decoders/flow/own_elements.def"
#undef FLOW
#undef FLOW_TEXT
#undef SIDE
#undef SIDE_TEXT
}

std::string text_of(std::string_view text) {
  return std::string(text);
}
template <class T>
std::string text_of(T number) {
  return std::to_string(static_cast<std::uint64_t>(number));
}

std::string listed_side(const flow::SideDetail& s) {
  std::string out;
#define FLOW(n, bytes, lvalue)
#define FLOW_TEXT(n, member)
#define SIDE(n, bytes, member) out += text_of(s.member) + ' ';
#define SIDE_TEXT(n, member) out += text_of(s.member) + ' ';
#include "decoders/flow/own_elements.def"
#undef FLOW
#undef FLOW_TEXT
#undef SIDE
#undef SIDE_TEXT
  return out;
}

// All that the table has of a record.
struct OwnList final : flow::RecordConsumer {
  std::vector<std::string> flows, ahead, back, tunnels;
  void take(std::span<const flow::Record> records) override {
    for (const flow::Record& r : records) {
      static const flow::Detail kNothing;
      const flow::Detail& d = r.detail != nullptr ? *r.detail : kNothing;
      std::string& out = flows.emplace_back();
#define FLOW(n, bytes, lvalue) out += text_of(lvalue) + ' ';
#define FLOW_TEXT(n, member) out += text_of(d.member) + ' ';
#define SIDE(n, bytes, member)
#define SIDE_TEXT(n, member)
#include "decoders/flow/own_elements.def"
#undef FLOW
#undef FLOW_TEXT
#undef SIDE
#undef SIDE_TEXT
      ahead.push_back(listed_side(d.sides[0]));
      back.push_back(listed_side(d.sides[1]));
      tunnels.push_back(text_of(d.tunnel_kind) + ' ' + text_of(d.tunnel_id) + ' ' +
                        to_string(d.tunnel_source) + ' ' + to_string(d.tunnel_destination));
    }
  }
};

OwnList read_again(const ExportBench& bench, std::uint32_t enterprise) {
  OwnList out;
  flow::FlowDecoder decoder(out, flow::kMaxStateBytes, enterprise);
  for (const KeptMessages::Kept& m : bench.kept.all)
    decoder.datagram({IpAddress::v4(0x7f000201), 4000}, kNowUs, m.bytes);
  return out;
}

ExportBench sent(const Said& said, ExportFormat format) {
  auto settings = export_settings(format);
  settings.enterprise = kSensorNumber;
  ExportBench bench(settings);
  bench.add(said.r);
  bench.flush();
  return bench;
}

}  // namespace

TEST_CASE(
    "flow export: a record of both directions with all elements of our own is the same when it is read") {
  const Said said;
  OwnList as_sent;
  as_sent.take({&said.r, 1});
  const ExportBench bench = sent(said, ExportFormat::ipfix_biflow);
  const OwnList read = read_again(bench, kSensorNumber);
  REQUIRE(read.flows.size() == 1);
  CHECK(read.flows == as_sent.flows);
  CHECK(read.ahead == as_sent.ahead);
  CHECK(read.back == as_sent.back);
  CHECK(read.tunnels == as_sent.tunnels);
  for (const std::uint32_t other : {0U, kSensorNumber + 1}) {
    const OwnList not_read = read_again(bench, other);
    REQUIRE(not_read.flows.size() == 1);
    CHECK(not_read.flows[0].find("text") == std::string::npos);
    CHECK(not_read.tunnels[0].find("geneve") == std::string::npos);
  }
}

TEST_CASE(
    "flow export: of records of one way each direction gets what is its own, and the tunnel its way round") {
  const Said said;
  OwnList as_sent;
  as_sent.take({&said.r, 1});
  const OwnList read = read_again(sent(said, ExportFormat::ipfix), kSensorNumber);
  REQUIRE(read.flows.size() == 2);
  CHECK(read.ahead[0] == as_sent.ahead[0]);
  CHECK(read.ahead[1] == as_sent.back[0]);
  CHECK(read.tunnels[0] == as_sent.tunnels[0]);
  CHECK(read.tunnels[1] == "geneve " + std::to_string(std::uint64_t{1} << 40U) + ' ' +
                               to_string(said.d.tunnel_destination) + ' ' + to_string(said.d.tunnel_source));
}

TEST_CASE("flow export: a tunnel whose addresses are not known has none behind the export either") {
  Said said;
  said.d.tunnel_source = said.d.tunnel_destination = {};
  said.d.tunnel_kind = {};
  said.d.tunnel_id = 4242;
  OwnList as_sent;
  as_sent.take({&said.r, 1});
  const OwnList read = read_again(sent(said, ExportFormat::ipfix_biflow), kSensorNumber);
  REQUIRE(read.tunnels.size() == 1);
  CHECK(read.tunnels == as_sent.tunnels);
}

TEST_CASE("flow collection: templates that were kept over a restart read elements of our own, too") {
  const Said said;
  const ExportBench bench = sent(said, ExportFormat::ipfix_biflow);
  Collected first;
  flow::FlowDecoder before(first, flow::kMaxStateBytes, kSensorNumber);
  const flow::Source source{IpAddress::v4(0x7f000201), 4000};
  for (const KeptMessages::Kept& m : bench.kept.all) before.datagram(source, kNowUs, m.bytes);
  OwnList read;
  flow::FlowDecoder after(read, flow::kMaxStateBytes, kSensorNumber);
  CHECK(after.load(saved_state(before), kNowUs) == 0);
  after.datagram(source, kNowUs, bench.kept.all.back().bytes);
  REQUIRE(!read.tunnels.empty());
  CHECK(read.tunnels.back().starts_with("geneve "));
}

TEST_CASE("flow collection: values of our own elements that cannot be are not taken") {
  FlowBench bench(kSensorNumber);
  Fields fields = kBasic;
  for (const Field& own :
       {Field{2, 1, kSensorNumber}, Field{12, 1, kSensorNumber}, Field{41, 4, kSensorNumber},
        Field{16, 4, kSensorNumber}, Field{17, 65535, kSensorNumber}, Field{1 + 128, 4, kSensorNumber},
        Field{20, 4, kSensorNumber}, Field{32767, 2, kSensorNumber}})
    fields.push_back(own);
  bench.send(
      ipfix(ipfix_template(300, fields) + data_set(300, basic(1) + u8(200) + u8(9) + u32(70'000) + u32(1) +
                                                            u8(3) + "abc" + u32(5) + u32(6) + u16(7))));
  REQUIRE(bench.size() == 1);
  CHECK(bench.is_basic(0, 1));
  const flow::Detail& d = bench.detail(0);
  CHECK(d.initiator_by == flow::InitiatorBy::unknown);
  CHECK(d.verdict == 0);
  CHECK(d.sides[0].mss == 65535);
  CHECK(d.tunnel_source.family == 0);
  CHECK(d.tunnel_destination.family == 0);
  CHECK(bench.at(0).part == 0);
  CHECK(bench.account().malformed == 0);
}
