#include <set>

#include "tests/output/flow/export/export_bench.h"

using namespace weir;
using namespace weir::test;
using output::ExportFormat;
using output::FlowKind;
using output::NatFields;
using output::RecordShape;
using output::TunnelFields;

namespace {

constexpr std::uint32_t kOwnNumber = 99'999;

// One record of both directions with that detail, sent and read again.
std::unique_ptr<FlowBench> sent_and_read(ExportFormat format, const flow::Detail& d, std::uint16_t vlan = 0,
                                         std::uint32_t enterprise = 0) {
  auto settings = export_settings(format);
  settings.enterprise = enterprise;
  ExportBench bench(settings);
  flow::Record r = tcp_record();
  r.vlan = vlan;
  r.detail = &d;
  bench.add(r);
  bench.flush();
  auto read = bench.read();
  CHECK(read->account().malformed == 0);
  REQUIRE(read->size() == (format == ExportFormat::ipfix_biflow ? 1 : 2));
  return read;
}

// How often bytes stand in what is sent.
std::size_t times_in(const ExportBench& bench, const Wire& bytes) {
  std::size_t out = 0;
  for (const KeptMessages::Kept& m : bench.kept.all) {
    const Wire all(m.bytes.begin(), m.bytes.end());
    for (std::size_t at = 0; (at = all.find(bytes, at)) != Wire::npos; ++at) ++out;
  }
  return out;
}

}  // namespace

TEST_CASE("flow export: a second VLAN tag is read again, with the first one before it") {
  flow::Detail d;
  d.vlans = {100, 7};
  for (const ExportFormat format : kWithTemplates) {
    CAPTURE(static_cast<int>(format));
    const auto read = sent_and_read(format, d, 100);
    CHECK(read->at(0).vlan == 100);
    CHECK(read->detail(0).vlans[0] == 100);
    CHECK(read->detail(0).vlans[1] == 7);
  }
}

TEST_CASE("flow export: labels of MPLS go with the direction that had them, as many as there were") {
  flow::Detail d;
  d.mpls = {16 << 4U, 0xfffff << 4U | 1U, 0, 0};
  for (const ExportFormat format : {ExportFormat::netflow9, ExportFormat::ipfix})
    for (const bool reversed : {false, true}) {
      CAPTURE(reversed);
      d.reversed = reversed;
      const auto read = sent_and_read(format, d);
      CHECK(read->detail(reversed ? 1 : 0).mpls == d.mpls);
      CHECK_FALSE(read->has_detail(reversed ? 0 : 1));
    }
  CHECK(sent_and_read(ExportFormat::ipfix_biflow, d)->detail(0).mpls == d.mpls);
}

TEST_CASE("flow export: the number of a tunnel comes back with its kind") {
  struct Row {
    std::string_view kind;
    std::uint64_t id;
    bool is_sent;  // IANA has an element for it
  };
  for (const Row& row : {Row{"vxlan", 5001, true}, Row{"nvgre", 0xffffff, true}, Row{"gre", 0xdeadbeef, true},
                         Row{"geneve", 9, false}, Row{"gtp-u", 9, false}}) {
    CAPTURE(row.kind);
    flow::Detail d;
    d.tunnel_kind = row.kind;
    d.tunnel_id = row.id;
    d.tunnel_source = IpAddress::v4(0xc6336401);
    d.tunnel_destination = IpAddress::v4(0xc6336402);
    for (const ExportFormat format : kWithTemplates) {
      const auto read = sent_and_read(format, d);
      CHECK(read->has_detail(0) == row.is_sent);
      if (!row.is_sent) continue;
      CHECK(read->detail(0).tunnel_kind == row.kind);
      CHECK(read->detail(0).tunnel_id == row.id);
    }
  }
}

TEST_CASE(
    "flow export: a tunnel's addresses are among the user's elements, of IPv4 mapped, answers the other way "
    "round") {
  flow::Detail d;
  d.tunnel_kind = "geneve";
  d.tunnel_id = 9;
  d.tunnel_source = IpAddress::v4(0xc6336401);
  d.tunnel_destination = an_ipv6(0x44);
  auto settings = export_settings(ExportFormat::ipfix);
  settings.enterprise = kOwnNumber;
  ExportBench bench(settings);
  flow::Record r = tcp_record();
  r.detail = &d;
  bench.add(r);
  bench.flush();
  const Wire outer = Wire(10, '\0') + "\xff\xff\xc6\x33\x64\x01",
             other(d.tunnel_destination.bytes.begin(), d.tunnel_destination.bytes.end());
  const Wire rest = be(9, 8) + u8(6) + "geneve";
  CHECK(times_in(bench, outer + other + rest) == 1);
  CHECK(times_in(bench, other + outer + rest) == 1);
  CHECK(times_in(bench, u16(0x8000U + 16) + u16(16) + u32(kOwnNumber)) == 1);
}

TEST_CASE("flow export: translated addresses and ports are read again, also of the other family") {
  flow::Detail d;
  d.nat_source = IpAddress::v4(0xcb007101);
  d.nat_source_port = 40'001;
  d.nat_event = 4;
  for (const ExportFormat format : kWithTemplates) {
    CAPTURE(static_cast<int>(format));
    const auto read = sent_and_read(format, d);
    CHECK(read->detail(0).nat_source == d.nat_source);
    CHECK(read->detail(0).nat_destination.family == 0);
    CHECK(read->detail(0).nat_source_port == 40'001);
    CHECK(read->detail(0).nat_event == 4);
    if (format != ExportFormat::ipfix_biflow) {
      CHECK(read->detail(1).nat_destination == d.nat_source);
      CHECK(read->detail(1).nat_destination_port == 40'001);
    }
  }
  d.nat_source = d.nat_destination = an_ipv6(9);
  CHECK(sent_and_read(ExportFormat::ipfix, d)->detail(0).nat_destination == an_ipv6(9));
}

TEST_CASE("flow export: shapes with what is seldom there have numbers of their own") {
  std::set<std::uint16_t> numbers;
  std::size_t shapes = 0;
  const auto add = [&](const RecordShape& shape) {
    ++shapes;
    CHECK(shape.number() < output::kShapeNumbers);
    numbers.insert(shape.number());
  };
  for (unsigned labels = 0; labels <= RecordShape::kMostLabels; ++labels)
    for (const auto nat : {NatFields::none, NatFields::v4, NatFields::v6})
      for (unsigned tunnel = 0; tunnel < 4; ++tunnel)
        for (const bool second : {false, true})
          for (unsigned bits = 0; bits < 128; ++bits)
            for (const auto kind : {FlowKind::other, FlowKind::ports, FlowKind::tcp, FlowKind::icmp}) {
              RecordShape s{.is_v6 = (bits & 1U) != 0, .kind = kind, .is_wide = true, .has_interfaces = true};
              s.is_biflow = (bits & 2U) != 0;
              s.has_macs = (bits & 4U) != 0;
              s.has_application = (bits & 8U) != 0;
              s.has_host = s.has_application && (bits & 16U) != 0;
              s.has_packet_facts = (bits & 32U) != 0;
              s.has_own = (bits & 64U) != 0;
              s.has_vlan = s.has_customer_vlan = second;
              s.mpls_labels = static_cast<std::uint8_t>(labels);
              s.tunnel = static_cast<TunnelFields>(tunnel);
              s.nat = nat;
              const bool is_twice = !s.has_application && (bits & 16U) != 0;
              if (s.is_rare() && !is_twice && (s.has_own || s.tunnel != TunnelFields::own)) add(s);
            }
  CHECK(*numbers.begin() >= output::kCommonShapes);
  for (unsigned bits = 0; bits < 128; ++bits)
    for (const auto kind : {FlowKind::other, FlowKind::ports, FlowKind::tcp, FlowKind::icmp}) {
      RecordShape s{.is_v6 = (bits & 1U) != 0, .kind = kind, .is_wide = true, .is_biflow = (bits & 2U) != 0};
      s.has_interfaces = (bits & 4U) != 0;
      s.has_vlan = (bits & 8U) != 0;
      s.has_macs = (bits & 16U) != 0;
      s.has_application = (bits & 32U) != 0;
      s.has_own = (bits & 64U) != 0;
      s.has_flow_count = true;
      add(s);
    }
  CHECK(numbers.size() == shapes);
}
