#include <limits>
#include <random>

#include "tests/output/flow/export/export_bench.h"

using namespace weir;
using namespace weir::test;
using output::ExportFormat;

namespace {

// Records of all shapes, from a seed.
class AnyRecords {
 public:
  explicit AnyRecords(unsigned seed) : random_(seed) {}

  flow::Record next(flow::Detail& detail) {
    flow::Record r;
    const bool v6 = one_in(2);
    r.source = v6 ? an_ipv6(static_cast<std::uint8_t>(below(256)))
                  : IpAddress::v4(static_cast<std::uint32_t>(below(1U << 31U)));
    r.destination = v6 ? an_ipv6(static_cast<std::uint8_t>(below(256)))
                       : IpAddress::v4(static_cast<std::uint32_t>(below(1U << 31U)));
    constexpr std::array<std::uint8_t, 7> kProtocols{1, 6, 17, 47, 58, 132, 255};
    if (one_in(20)) r.destination = v6 ? IpAddress::v4(9) : one_in(3) ? IpAddress{} : an_ipv6(9);
    if (one_in(5)) r.flows = 1 + static_cast<std::uint32_t>(below(1000));
    r.protocol = kProtocols[below(kProtocols.size())];
    r.source_port = static_cast<std::uint16_t>(below(65536));
    r.destination_port = static_cast<std::uint16_t>(below(65536));
    r.icmp_type = static_cast<std::uint8_t>(below(256));
    r.part = static_cast<std::uint32_t>(below(3));
    for (flow::Side& side : r.sides)
      if (one_in(3) || &side == &r.sides[0]) side = any_side();
    r.vlan = static_cast<std::uint16_t>(one_in(2) ? below(4096) : 0);
    r.in_interface = static_cast<std::uint32_t>(one_in(2) ? below(5) : 0);
    if (one_in(2)) {
      fill(detail);
      r.detail = &detail;
    }
    return r;
  }
  std::size_t below(std::size_t most) { return random_() % most; }
  bool one_in(std::size_t n) { return below(n) == 0; }

 private:
  flow::Side any_side() {
    const TimeUs first = kFlowBegin + static_cast<TimeUs>(below(1'000'000'000));
    const std::uint64_t scale = one_in(5) ? std::uint64_t{1} << 34U : 100'000;
    return {.packets = 1 + below(scale),
            .bytes = below(scale),
            .first = first,
            .last = first + static_cast<TimeUs>(below(100'000'000)),
            .tcp_flags = static_cast<std::uint8_t>(below(256)),
            .tos = static_cast<std::uint8_t>(below(256))};
  }
  std::string_view any_text() {
    return std::string_view(text_).substr(0, one_in(2) ? 0 : below(text_.size()));
  }
  void fill(flow::Detail& d) {
    d = {};
    if (one_in(2)) d.source_mac = {2, 0, 0, 0, 0, static_cast<std::uint8_t>(below(256))};
    d.application = any_text().substr(0, 3);
    d.host = any_text();
    d.history = any_text();
    d.ja4 = any_text();
    d.certificate_sha256 = any_text();
    d.sides[0].size_max = static_cast<std::uint32_t>(one_in(2) ? below(65536) : 0);
    d.sides[0].payload = any_text();
    if (one_in(3)) fill_rare(d);
  }
  void fill_rare(flow::Detail& d) {
    constexpr std::array<std::string_view, 5> kKinds{"", "gre", "vxlan", "geneve", "nvgre"};
    d.vlans = {1, static_cast<std::uint16_t>(below(3)), static_cast<std::uint16_t>(below(3))};
    for (std::size_t i = 0, labels = below(5); i < labels; ++i)
      d.mpls[i] = 0x10 + static_cast<std::uint32_t>(i);
    d.tunnel_kind = kKinds[below(kKinds.size())];
    d.tunnel_id = below(5000);
    d.tunnel_source = one_in(2) ? an_ipv6(7) : IpAddress::v4(7);
    d.nat_source = one_in(3) ? an_ipv6(8) : one_in(2) ? IpAddress::v4(8) : IpAddress{};
    d.nat_destination_port = static_cast<std::uint16_t>(below(3));
    d.reversed = one_in(2);
  }

  std::mt19937 random_;
  const std::string text_ = std::string(700, 'x');
};

}  // namespace

TEST_CASE(
    "flow export: whatever records say, messages have their size, can be read, and nothing is missing") {
  for (unsigned seed = 0; seed < 120; ++seed) {
    CAPTURE(seed);
    AnyRecords any(seed);
    auto settings = export_settings(static_cast<ExportFormat>(seed % 4));
    settings.mtu = output::kMinMtu + any.below(1000);
    settings.template_messages = static_cast<std::uint32_t>(1 + any.below(20));
    settings.enterprise = any.one_in(2) ? 99'999 : 0;
    if (settings.format != ExportFormat::netflow5 && settings.format != ExportFormat::netflow9 &&
        any.one_in(2))
      settings.target.transport = output::ExportTarget::Transport::tcp;
    ExportBench bench(settings, {{3, "eth3"}});
    bench.encoder->begin_session(kFlowBegin);
    output::ExportTotals given;
    std::uint64_t ways = 0;
    for (int i = 0; i < 300; ++i) {
      flow::Detail detail;
      const flow::Record r = any.next(detail);
      bench.add(r, kFlowBegin + i * 1'000'000);
      if (settings.format == ExportFormat::netflow5 && (r.source.family != 4 || r.destination.family != 4))
        continue;
      for (const flow::Side& side : r.sides) {
        given.add(side);
        ways += side.packets != 0 ? 1 : 0;
      }
      if (any.one_in(10)) bench.flush();
    }
    bench.encoder->end_session(kFlowBegin);
    for (const KeptMessages::Kept& m : bench.kept.all) CHECK(m.bytes.size() <= settings.mtu);
    const auto read = bench.read();
    output::ExportTotals got;
    std::uint64_t got_ways = 0;
    for (std::size_t i = 0; i < read->size(); ++i)
      for (const flow::Side& side : read->at(i).sides) {
        got.add(side);
        got_ways += side.packets != 0 ? 1 : 0;
      }
    CHECK(got.packets == given.packets);
    CHECK(got.bytes == given.bytes);
    if (settings.format != ExportFormat::netflow5) CHECK(got_ways == ways);
    CHECK(bench.encoder->counters().left_out_large == 0);
    CHECK(read->account().lost == 0);
    CHECK(read->account().malformed == 0);
    CHECK(read->account().no_template == 0);
  }
}
