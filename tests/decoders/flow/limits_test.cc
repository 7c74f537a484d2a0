#include "decoders/flow/limits.h"

#include <set>

#include "decoders/flow/elements.h"
#include "tests/decoders/flow/flow_wire.h"

using namespace weir;
using namespace weir::test;

namespace {

Wire claimed_template(std::uint16_t count, const Fields& fields) {
  return a_set(2, u16(256) + u16(count) + wire_of(fields));
}
Wire still_well() {
  return ipfix(ipfix_template(999, kBasic) + data_set(999, basic(1)), 0, 1);
}

}  // namespace

TEST_CASE("limits: templates that cannot be are malformed, and the next ones are read") {
  const Fields too_many(flow::kMaxFields + 1, Field{210, 1});
  const Fields too_long{{210, 65000}, {211, 65000}};
  for (const Wire& set :
       {claimed_template(60'000, kBasic), ipfix_template(300, Fields(20, Field{8, 0})),
        ipfix_template(300, too_many), ipfix_template(300, too_long), ipfix_template(255, kBasic),
        a_set(3, u16(300) + u16(1) + u16(2) + u32(0)), a_set(3, u16(300) + u16(60'000) + u16(1) + u32(0))}) {
    FlowBench bench;
    bench.send(ipfix(set));
    CHECK(bench.account().malformed == 1);
    bench.send(ipfix(data_set(300, Wire(1000, 'x'))));
    bench.send(still_well());
    CHECK(bench.size() == 1);
  }
}

TEST_CASE("limits: a flood of templates takes bounded memory, and the exporter is read as before") {
  FlowBench bench;
  for (std::uint32_t i = 0; i < 4 * flow::kMaxTemplatesHeld; ++i)
    bench.send(ipfix(ipfix_template(static_cast<std::uint16_t>(256 + i % 60'000), kBasic), 0, i % 3));
  std::size_t lines = 0;
  for (const char c : saved_state(bench.decoder)) lines += c == '\n' ? 1 : 0;
  CHECK(lines == flow::kMaxTemplatesHeld);
  CHECK(bench.decoder.state_bytes() < std::size_t{16} << 20U);
  bench.send(still_well());
  CHECK(bench.size() == 1);
}

TEST_CASE("limits: data whose template never comes takes bounded memory, and the newest is kept") {
  FlowBench bench;
  constexpr std::uint32_t kSets = 8000;
  for (std::uint32_t i = 0; i < kSets; ++i)
    bench.send(ipfix(data_set(static_cast<std::uint16_t>(256 + i), basic(1) + Wire(1000, '\1'))));
  constexpr std::size_t kOfDomain = 16384;
  CHECK(bench.decoder.state_bytes() <= flow::kMaxHeldBytes + kOfDomain);
  CHECK(bench.account().no_template == kSets);
  bench.send(ipfix(ipfix_template(256, kBasic)));
  CHECK(bench.size() == 0);
  bench.send(ipfix(ipfix_template(256 + kSets - 1, kBasic)));
  CHECK(bench.size() > 0);
  CHECK(bench.is_basic(0, 1));
}

TEST_CASE(
    "limits: domains and exporters that nobody hears of any more make room, and what they counted stays") {
  FlowBench bench;
  constexpr std::uint32_t kDomains = 3 * flow::kMaxDomains;
  for (std::uint32_t i = 0; i < kDomains; ++i) bench.send(ipfix(ipfix_template(256, kBasic), 0, i));
  std::size_t kept = 0;
  bench.decoder.for_each_account([&](const IpAddress&, std::optional<std::uint32_t> domain,
                                     const flow::Account&) { kept += domain ? 1 : 0; });
  CHECK(kept == flow::kMaxDomains);
  CHECK(bench.account().messages == kDomains);

  FlowBench many;
  constexpr std::uint32_t kExporters = flow::kMaxExporters + 100;
  for (std::uint32_t i = 0; i < kExporters; ++i)
    many.send(ipfix(ipfix_template(256, kBasic)), 4000, 0x0a000000 + i);
  kept = 0;
  many.decoder.for_each_account(
      [&](const IpAddress& address, auto, const flow::Account&) { kept += address.family != 0 ? 1 : 0; });
  CHECK(kept == flow::kMaxExporters);
  CHECK(many.account().messages == kExporters);
}

TEST_CASE("limits: names, rates and data of all exporters together take no more than the decoder may") {
  Collected collected;
  constexpr std::size_t kSmall = 100'000;
  flow::FlowDecoder decoder(collected, kSmall);
  std::size_t most = 0;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    const Wire message = ipfix(ipfix_options(400, 1, {{10, 4}, {82, 8}}) +
                               data_set(400, u32(i + 1) + "eth-eth-") + data_set(401, Wire(100, 'x')));
    decoder.datagram({IpAddress::v4(0x0a000000 + i % 50), 4000}, kNowUs, bytes_of(message));
    CHECK(decoder.state_bytes() <= kSmall);
    most = std::max(most, decoder.state_bytes());
  }
  CHECK(most > kSmall * 7 / 8);  // so that room had to be made
  bool is_counted = false;
  decoder.for_each_account([&](auto&&, auto&&, const flow::Account& a) { is_counted |= a.over_limit != 0; });
  CHECK(is_counted);
  flow::FlowDecoder roomy(collected);
  for (std::uint32_t i = 0; i < 2000; ++i)
    roomy.datagram({IpAddress::v4(0x0a000000 + i % 50), 4000}, kNowUs,
                   bytes_of(ipfix(ipfix_options(400, 1, {{10, 4}, {82, 8}}) +
                                  data_set(400, u32(i + 1) + "eth-eth-") + data_set(401, Wire(100, 'x')))));
  CHECK(roomy.state_bytes() > 2 * kSmall);
}

TEST_CASE("limits: exporters that send floods do not take the room of the others") {
  Collected collected;
  flow::FlowDecoder decoder(collected, std::size_t{1} << 20U);
  const auto send = [&](std::uint32_t address, const Wire& message) {
    decoder.datagram({IpAddress::v4(address), 4000}, kNowUs, bytes_of(message));
  };
  for (std::uint32_t i = 0; i < 4000; ++i) {
    send(0x0a000000 + i % 3, ipfix(data_set(static_cast<std::uint16_t>(256 + i), Wire(1000, 'x'))));
    if (i == 2000) send(0x7f000001, ipfix(ipfix_template(256, kBasic)));
  }
  send(0x7f000001, ipfix(data_set(256, basic(1))));
  send(0x7f000002, still_well());
  CHECK(collected.all.size() == 2);
}

TEST_CASE("limits: data that waits too long goes, as does that of a domain that makes room") {
  FlowBench bench;
  bench.send(ipfix(data_set(256, basic(1))));
  const std::size_t before = bench.decoder.state_bytes();
  bench.decoder.tick(kNowUs + flow::kHeldLifetime);
  CHECK(bench.decoder.state_bytes() == before);
  bench.decoder.tick(kNowUs + flow::kHeldLifetime + 1);
  CHECK(bench.decoder.state_bytes() < before);
  bench.send(ipfix(ipfix_template(256, kBasic)));
  CHECK(bench.size() == 0);

  FlowBench many;
  many.send(ipfix(data_set(256, basic(1))));
  for (std::uint32_t i = 0; i < flow::kMaxDomains; ++i) many.send(ipfix("", 0, 100 + i));
  many.send(ipfix(ipfix_template(256, kBasic)));
  CHECK(many.size() == 0);
  CHECK(many.account().no_template == 1);
}

TEST_CASE("limits: what is beyond the number of sets, templates, messages or samples is counted") {
  const auto many = [](const Wire& one, std::size_t count) {
    Wire out;
    for (std::size_t i = 0; i < count; ++i) out += one;
    return out;
  };
  const Wire withdraw_one = u16(300) + u16(0), counters = u32(2) + u32(0);
  const Wire samples = u32(5) + u32(1) + u32(0x7f000001) + u32(1) + u32(1) + u32(1000);
  for (const Wire& message :
       {ipfix(many(a_set(200, ""), flow::kMaxSets + 1)),
        ipfix(a_set(2, many(withdraw_one, flow::kMaxTemplates + 1))),
        ipfix(a_set(3, many(withdraw_one, flow::kMaxTemplates + 1))), many(ipfix(""), flow::kMaxMessages + 1),
        samples + u32(flow::kMaxSamples + 1) + many(counters, flow::kMaxSamples + 1)}) {
    FlowBench bench;
    bench.send(message);
    CHECK(bench.account().over_limit == 1);
    CHECK(bench.account().malformed == 0);
  }
}

TEST_CASE("limits: templates that were not sent again are forgotten after a day") {
  FlowBench bench;
  bench.send(ipfix(ipfix_template(256, kBasic)));
  constexpr TimeUs kHour = TimeUs{3600} * 1'000'000;
  bench.decoder.tick(kNowUs + 23 * kHour);
  bench.send(ipfix(data_set(256, basic(1))));
  CHECK(bench.size() == 1);
  bench.decoder.tick(kNowUs + 25 * kHour);
  bench.send(ipfix(data_set(256, basic(2))));
  CHECK(bench.size() == 1);
}

TEST_CASE("limits: what is no flow protocol is malformed") {
  FlowBench bench;
  for (const Wire& message :
       {Wire{}, u8(0), u16(8) + zeros(100), u16(11) + zeros(100), u32(4) + zeros(100), Wire(50, 'x')})
    bench.send(message);
  CHECK(bench.account().malformed == 6);
}

TEST_CASE("elements: numbers and names are found, and names are unique") {
  std::set<std::string_view> names;
  for (const flow::Element& e : flow::all_elements()) {
    CHECK(names.insert(e.name).second);
    CHECK(flow::find_element(e.name) == &e);
    CHECK(flow::find_element(flow::kIana, e.number) == &e);
    CHECK((e.rank == 0) == (e.slot == flow::Slot::none));
  }
  REQUIRE(flow::find_element("octetDeltaCount") != nullptr);
  CHECK(flow::find_element("octetDeltaCount")->number == 1);
  CHECK(flow::find_element(9999, 1) == nullptr);
  CHECK(flow::find_v9_element(40000)->name == "aaaUserName");
  CHECK(flow::find_element(flow::kIana, 40000) == nullptr);
}
