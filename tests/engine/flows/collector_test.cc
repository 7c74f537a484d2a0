#include "engine/flows/collector.h"

#include <filesystem>
#include <fstream>

#include "engine/flows/export_files.h"
#include "engine/flows/export_socket.h"
#include "output/flow/journal_reader.h"
#include "output/flow/store/record_file.h"
#include "output/flow/store/store_files.h"
#include "tests/decoders/flow/flow_wire.h"
#include "tests/output/flow/export/export_bench.h"
#include "tests/output/log_folder.h"

using namespace weir;
using namespace weir::test;
using engine::Collector;
using engine::looks_like_export;
using output_test::LogFolder;

namespace {

constexpr TimeUs kMinute = 60'000'000;

struct CollectorBench {
  Collected collected;
  std::unique_ptr<Collector> collector;
  explicit CollectorBench(const engine::CollectorSettings& settings = {}) {
    auto opened = Collector::open(settings, kNowUs, &collected);
    REQUIRE(opened.has_value());
    collector = std::move(*opened);
  }
  void send(const Wire& message, std::uint32_t address = 0x7f000201) {
    collector->datagram({IpAddress::v4(address), 4000}, kNowUs, bytes_of(message));
  }
};

std::size_t stored(const std::string& folder) {
  std::size_t count = 0;
  const auto listing = output::list_store(folder);
  REQUIRE(listing.has_value());
  for (const output::StoreFile& file : listing->files)
    CHECK(output::read_records(file.path, [&](const flow::Record&) { ++count; }).has_value());
  return count;
}

Wire with_template(std::uint32_t sequence = 0) {
  return ipfix(ipfix_template(256, kBasic) + data_set(256, basic(1)), sequence);
}

// A capture file of one frame each.
Wire capture_of(const std::vector<Wire>& frames) {
  const auto le32 = [](std::uint32_t n) { return u8(n) + u8(n >> 8U) + u8(n >> 16U) + u8(n >> 24U); };
  Wire out = le32(0xa1b2c3d4) + u8(2) + u8(0) + u8(4) + u8(0) + zeros(8) + le32(65535) + le32(1);
  for (const Wire& frame : frames)
    out += le32(kNow) + le32(0) + le32(static_cast<std::uint32_t>(frame.size())) +
           le32(static_cast<std::uint32_t>(frame.size())) + frame;
  return out;
}

}  // namespace

TEST_CASE("collector: records are kept with the accounts of their exporters") {
  const LogFolder folder;
  {
    CollectorBench bench({.store = {.folder = folder.path + "/store"}, .state = {}, .allowed = {}});
    bench.send(with_template());
    bench.send(ipfix(data_set(256, basic(2)), 11));
    bench.send("nonsense");
    bench.collector->finish(kNowUs);
    CHECK(bench.collector->totals().records_written == 2);
    CHECK(bench.collected.all.empty());
  }
  CHECK(stored(folder.path + "/store") == 2);
  output::AccountSums sums;
  auto reader = output::JournalReader::open(folder.path + "/store");
  reader->read(nullptr, [&](const output::ExporterAccount& a) { sums.add(a); });
  const auto accounts = sums.sums();
  REQUIRE(accounts.size() == 2);
  CHECK(accounts[0].account.malformed == 1);
  CHECK(accounts[1].domain == 7U);
  CHECK(accounts[1].account.records == 2);
  CHECK(accounts[1].account.lost == 10);
}

TEST_CASE("collector: nothing is taken from exporters that are not allowed") {
  engine::CollectorSettings settings;
  settings.allowed = {*IpNetwork::parse("127.0.2.0/24"), *IpNetwork::parse("2001:db8::/32")};
  CollectorBench bench(settings);
  bench.send(with_template(), 0x7f000301);
  CHECK(bench.collected.all.empty());
  CHECK(bench.collector->totals().refused == 1);
  bench.send(with_template());
  CHECK(bench.collected.all.size() == 1);
  std::size_t exporters = 0;
  bench.collector->for_each_account([&](auto&&...) { ++exporters; });
  CHECK(exporters == 1);
}

TEST_CASE("collector: templates are there again after a restart") {
  const LogFolder folder;
  const engine::CollectorSettings settings{.store = {}, .state = folder.path + "/state", .allowed = {}};
  {
    CollectorBench before(settings);
    before.send(with_template());
    before.collector->finish(kNowUs);
  }
  CollectorBench after(settings);
  after.send(ipfix(data_set(256, basic(2)), 9));
  CHECK(after.collected.all.size() == 1);
  CHECK(after.collector->take_notices().empty());
  std::ofstream(folder.path + "/state/flow-exporters", std::ios::app) << "sampler-of 127.0.2.9 1 2 3\n";
  CollectorBench odd(settings);
  const auto notices = odd.collector->take_notices();
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].find("1 lines are wrong") != std::string::npos);
}

TEST_CASE(
    "collector: losses and templates that do not come are told with who, what and since when, once a "
    "minute") {
  CollectorBench bench;
  bench.collector->tick(kNowUs);
  bench.send(with_template());
  bench.send(ipfix(data_set(256, basic(2)), 4));
  bench.send(ipfix(data_set(300, basic(2)), 5));
  bench.collector->tick(kNowUs + 1);
  CHECK(bench.collector->take_notices().empty());
  bench.collector->tick(kNowUs + kMinute);
  auto notices = bench.collector->take_notices();
  REQUIRE(notices.size() == 2);
  CHECK(notices[0] == "exporter 127.0.2.1 domain 7: 3 records lost on their way");
  CHECK(notices[1] ==
        "exporter 127.0.2.1 domain 7: template 300 has not come, 1 sets of data wait or had to go since "
        "2023-11-14T22:13:20.000000+0000");
  bench.send(ipfix(ipfix_template(300, kBasic), 6));
  bench.collector->tick(kNowUs + 2 * kMinute);
  CHECK(bench.collector->take_notices().empty());
}

TEST_CASE("collector: of each exporter and domain losses are told once a minute, and the rest at the end") {
  CollectorBench bench;
  const auto notices_at = [&](TimeUs after) {
    bench.collector->tick(kNowUs + after);
    return bench.collector->take_notices();
  };
  constexpr TimeUs kStep = 10'000'000;
  bench.send(with_template());
  bench.send(ipfix(data_set(256, basic(2)), 4));
  CHECK(notices_at(0).size() == 1);
  bench.send(ipfix(data_set(256, basic(2)), 7));
  CHECK(notices_at(kStep).empty());
  bench.send(ipfix(ipfix_template(256, kBasic) + data_set(256, basic(2)), 0, 8));
  bench.send(ipfix(data_set(256, basic(2)), 2, 8));
  CHECK(notices_at(2 * kStep) ==
        std::vector<std::string>{"exporter 127.0.2.1 domain 8: 1 records lost on their way"});
  CHECK(notices_at(kMinute) ==
        std::vector<std::string>{"exporter 127.0.2.1 domain 7: 2 records lost on their way"});
  bench.send(ipfix(data_set(256, basic(2)), 9));
  CHECK(notices_at(kMinute + kStep).empty());
  bench.collector->finish(kNowUs + kMinute + kStep);
  CHECK(bench.collector->take_notices().size() == 1);
}

TEST_CASE("collector: what domains that made room had counted is counted once") {
  const LogFolder folder;
  constexpr std::uint32_t kDomains = 2 * flow::kMaxDomains;
  {
    CollectorBench bench({.store = {.folder = folder.path + "/store"}, .state = {}, .allowed = {}});
    for (const TimeUs round : {0, 1, 2}) {
      for (std::uint32_t i = 0; i < kDomains; ++i) {
        bench.send(ipfix(ipfix_template(256, kBasic), 0, i));
        if (i % 100 == 0) bench.collector->tick(kNowUs + (round * kDomains + i) * 1'000'000);
      }
    }
    bench.collector->finish(kNowUs);
  }
  output::AccountSums sums;
  auto reader = output::JournalReader::open(folder.path + "/store");
  reader->read(nullptr, [&](const output::ExporterAccount& a) { sums.add(a); });
  std::uint64_t messages = 0;
  for (const auto& account : sums.sums()) messages += account.account.messages;
  CHECK(messages == 3 * kDomains);
  CHECK(sums.sums().size() == flow::kMaxDomains + 1);
}

TEST_CASE("collector: a flood of things to tell is a few lines and a number") {
  CollectorBench bench;
  for (std::uint32_t i = 0; i < 100; ++i) bench.send(ipfix(data_set(300, "xxxx"), 0, i));
  bench.collector->tick(kNowUs);
  const auto notices = bench.collector->take_notices();
  REQUIRE(notices.size() == Collector::kMostNotices + 1);
  CHECK(notices.back() == "and 80 more such lines");
}

TEST_CASE("export files: IPFIX files and captures are told apart and read") {
  const LogFolder folder;
  folder.write("flows.ipfix", with_template() + ipfix(data_set(256, basic(2)), 1));
  const auto packet = [](std::uint16_t port, const Wire& payload) {
    return ethernet(0x0800, ipv4({}, udp(9, port, payload)));
  };
  folder.write("flows.pcap",
               capture_of({packet(2055, with_template()), packet(12345, ipfix(data_set(256, basic(2)), 1)),
                           packet(53, "a query to somebody"), packet(4739, "xx")}));
  folder.write("torn.ipfix", (with_template() + ipfix(data_set(256, basic(2)), 1)).substr(0, 150));
  folder.write("odd.ipfix", with_template() + "and then something else");
  folder.write("empty", "");
  CollectorBench bench;
  const auto file = engine::read_export_file(folder.file("flows.ipfix"), *bench.collector);
  REQUIRE(file.has_value());
  CHECK(file->messages == 2);
  REQUIRE(bench.collected.all.size() == 2);
  CHECK(bench.collected.all[0].record.exporter.address.family == 0);
  const auto capture = engine::read_export_file(folder.file("flows.pcap"), *bench.collector);
  REQUIRE(capture.has_value());
  CHECK(capture->messages == 3);
  CHECK(capture->passed_over == 1);
  REQUIRE(bench.collected.all.size() == 4);
  CHECK(bench.collected.all[2].record.exporter.address == IpAddress::v4(0x0a000001));
  for (const char* name : {"torn.ipfix", "odd.ipfix", "empty", "missing"}) {
    CAPTURE(name);
    const auto wrong = engine::read_export_file(folder.file(name), *bench.collector);
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error().find(name) != std::string::npos);
  }
}

TEST_CASE("export files: exports in fragments and in tunnels are found") {
  const LogFolder folder;
  const Wire payload = udp(9, 2055, with_template());
  const std::size_t cut = payload.size() / 16 * 8;
  Ipv4 first, last;
  first.fragment = 0x2000;
  last.fragment = static_cast<std::uint16_t>(cut / 8);
  Ipv4 gre;
  gre.protocol = 47;
  const Wire mirrored =
      ipv4(gre, u16(0) + u16(0x0800) + ipv4({}, udp(9, 2055, ipfix(data_set(256, basic(2)), 1))));
  folder.write("pieces.pcap",
               capture_of({ethernet(0x0800, ipv4(first, payload.substr(0, cut))),
                           ethernet(0x0800, ipv4(last, payload.substr(cut))), ethernet(0x0800, mirrored)}));
  CollectorBench bench;
  const auto capture = engine::read_export_file(folder.file("pieces.pcap"), *bench.collector);
  REQUIRE(capture.has_value());
  CHECK(capture->messages == 2);
  CHECK(capture->passed_over == 1);  // the first fragment
  CHECK(bench.collected.all.size() == 2);
}

TEST_CASE("export files: what looks like an export is one by all that it says of itself") {
  CHECK(looks_like_export(bytes_of(with_template())));
  CHECK(looks_like_export(bytes_of(with_template() + ipfix(data_set(256, basic(2)), 1))));
  CHECK(looks_like_export(bytes_of(netflow9(v9_template(256, kBasic)))));
  CHECK(looks_like_export(bytes_of(u16(5) + u16(1) + zeros(20 + 48))));
  CHECK_FALSE(looks_like_export(bytes_of(u16(5) + u16(2) + zeros(20 + 48))));
  CHECK_FALSE(looks_like_export(bytes_of(with_template() + "x")));
  CHECK_FALSE(looks_like_export(bytes_of(u16(9) + u16(1) + Wire(40, 'x'))));
  CHECK_FALSE(looks_like_export(bytes_of(u32(5) + zeros(40))));
  CHECK_FALSE(looks_like_export({}));
}

TEST_CASE("export sockets: places to listen at") {
  const auto v4 = engine::parse_export_listener("udp://127.0.0.1:2055");
  REQUIRE(v4.has_value());
  CHECK(v4->ip == IpAddress::v4(0x7f000001));
  CHECK(v4->port == 2055);
  CHECK(engine::parse_export_listener("udp://[::1]:4739")->ip.family == 6);
  CHECK(engine::parse_export_listener("udp://:2055")->ip == IpAddress::v4(0));
  for (const char* wrong :
       {"", "127.0.0.1:2055", "udp://", "udp://127.0.0.1", "udp://127.0.0.1:0", "udp://127.0.0.1:x",
        "udp://127.0.0.1:70000", "udp://example:2055", "udp://10.0.0.0/8:2055", "ftp://127.0.0.1:1"}) {
    CAPTURE(wrong);
    CHECK_FALSE(engine::parse_export_listener(wrong).has_value());
  }
}

TEST_CASE(
    "collector: an IPFIX file of ours is kept with all that is under the enterprise number of its user") {
  constexpr std::uint32_t kOwnNumber = 99'999;
  flow::Detail d;
  d.state = "SF";
  d.rule_hits = 3;
  d.tunnel_kind = "geneve";
  d.tunnel_id = 77;
  d.tunnel_source = IpAddress::v4(0xc6336401);
  d.tunnel_destination = IpAddress::v4(0xc6336402);
  d.sides[1].retransmitted_packets = 5;
  flow::Record sent = tcp_record();
  sent.part = 4;
  sent.detail = &d;
  auto exporter = export_settings(output::ExportFormat::ipfix_biflow);
  exporter.enterprise = kOwnNumber;
  ExportBench bench(exporter);
  bench.add(sent);
  bench.flush();
  const LogFolder folder;
  const std::string path = folder.path + "/flows.ipfix", store = folder.path + "/store";
  {
    std::ofstream file(path, std::ios::binary);
    for (const KeptMessages::Kept& m : bench.kept.all)
      file.write(reinterpret_cast<const char*>(m.bytes.data()), static_cast<std::streamsize>(m.bytes.size()));
  }
  {
    CollectorBench collector(
        {.store = {.folder = store}, .state = {}, .allowed = {}, .enterprise = kOwnNumber});
    REQUIRE(engine::read_export_file(path, *collector.collector).has_value());
    collector.collector->finish(kNowUs);
  }
  std::size_t count = 0;
  const auto listing = output::list_store(store);
  REQUIRE(listing.has_value());
  for (const output::StoreFile& file : listing->files)
    CHECK(output::read_records(file.path, [&](const flow::Record& r) {
            ++count;
            CHECK(r.source == sent.source);
            CHECK(r.sides[1].bytes == sent.sides[1].bytes);
            CHECK(r.part == 4);
            REQUIRE(r.detail != nullptr);
            CHECK(r.detail->state == "SF");
            CHECK(r.detail->rule_hits == 3);
            CHECK(r.detail->tunnel_kind == "geneve");
            CHECK(r.detail->tunnel_id == 77);
            CHECK(r.detail->tunnel_source == d.tunnel_source);
            CHECK(r.detail->tunnel_destination == d.tunnel_destination);
            CHECK(r.detail->sides[1].retransmitted_packets == 5);
          }).has_value());
  CHECK(count == 1);
}

TEST_CASE("collector: how many flows a record stands for is kept") {
  const LogFolder folder;
  {
    CollectorBench bench({.store = {.folder = folder.path}, .state = {}, .allowed = {}});
    Fields fields = kBasic;
    fields.push_back({3, 4});
    bench.send(ipfix(ipfix_template(256, fields) + data_set(256, basic(1) + u32(12))));
    bench.collector->finish(kNowUs);
  }
  const auto listing = output::list_store(folder.path);
  REQUIRE(listing.has_value());
  REQUIRE(listing->files.size() == 1);
  for (const output::StoreFile& file : listing->files)
    CHECK(output::read_records(file.path, [&](const flow::Record& r) {
            CHECK(r.flows == 12);
            CHECK(r.rollup == flow::Rollup::none);
          }).has_value());
}
