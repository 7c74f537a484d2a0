#include "tests/output/flow/export/export_bench.h"

using namespace weir;
using namespace weir::test;
using output::ExportFormat;

namespace {

// 0: of any length.
std::size_t natural_bytes(flow::DataType type) {
  switch (type) {
    case flow::DataType::unsigned8: return 1;
    case flow::DataType::unsigned16: return 2;
    case flow::DataType::unsigned32:
    case flow::DataType::ipv4Address: return 4;
    case flow::DataType::macAddress: return 6;
    case flow::DataType::unsigned64:
    case flow::DataType::dateTimeMilliseconds: return 8;
    case flow::DataType::ipv6Address: return 16;
    default: return 0;
  }
}

// Calls for each of all templates of a message, scopes of version 9 excepted, which are no elements.
template <class F>
void for_each_specifier(const std::vector<std::uint8_t>& message, bool is_v9, F&& f) {
  ByteCursor in{Bytes{message}};
  in.skip(is_v9 ? 20 : 16);
  while (in.remaining() >= 4 && !in.failed()) {
    const std::uint16_t set = in.be16(), length = in.be16();
    ByteCursor body = in.sub(length - 4U);
    const bool is_option = set == (is_v9 ? 1 : 3);
    if (set > 3) continue;
    while (body.remaining() >= 6) {
      body.skip(2);
      std::uint16_t fields = body.be16();
      if (is_option) {
        const std::uint16_t second = body.be16();
        if (is_v9) {
          body.skip(fields);
          fields = second / 4;
        }
      }
      for (; fields != 0 && !body.failed(); --fields) {
        const std::uint16_t number = body.be16(), bytes = body.be16();
        const bool has_enterprise = !is_v9 && (number & 0x8000U) != 0;
        const std::uint32_t enterprise = has_enterprise ? body.be32() : 0;
        f(enterprise, static_cast<std::uint16_t>(number & 0x7fffU), bytes);
      }
    }
    CHECK_FALSE(body.failed());
  }
}

}  // namespace

TEST_CASE("flow export: every element that is sent is in the registry, and no longer than its type is") {
  flow::Detail d;
  d.application = "http";
  d.host = "example.org";
  d.source_mac[5] = 1;
  d.sides[0].size_max = 1500;
  d.vlans = {1, 2};
  d.mpls = {0x10, 0x20, 0x30, 0x41};
  for (const ExportFormat format : kWithTemplates) {
    CAPTURE(static_cast<int>(format));
    auto settings = export_settings(format);
    settings.mtu = output::kMaxMtu;
    settings.enterprise = 99'999;
    ExportBench bench(settings, {{3, "eth3"}});
    for (const unsigned protocol : {1U, 6U, 17U, 58U})
      for (flow::Record r : {tcp_record(), udp6_record()}) {
        r.protocol = static_cast<std::uint8_t>(protocol);
        r.vlan = 1;
        const bool is_6 = r.source.family == 6;
        d.tunnel_kind = is_6 ? "vxlan" : "gre";
        d.tunnel_id = 9;
        d.nat_source = r.source;
        r.in_interface = 3;
        r.sides[0].packets = kFull32 + 1;
        r.detail = &d;
        bench.add(r);
      }
    bench.flush();
    REQUIRE(bench.kept.all.size() == 1);
    std::size_t seen = 0;
    for_each_specifier(bench.kept.all[0].bytes, format == ExportFormat::netflow9,
                       [&](std::uint32_t enterprise, std::uint16_t number, std::uint16_t length) {
                         CAPTURE(number);
                         ++seen;
                         if (enterprise == settings.enterprise) return;
                         const flow::Element* const element = flow::find_element(enterprise, number);
                         REQUIRE(element != nullptr);
                         const std::size_t most = natural_bytes(element->type);
                         if (length == flow::kVariableLength || most == 0)
                           CHECK(most == 0);
                         else
                           CHECK(length <= most);
                       });
    CHECK(seen > 100);
  }
}
