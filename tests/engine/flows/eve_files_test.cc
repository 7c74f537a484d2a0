#include "engine/flows/eve_files.h"

#include <memory>
#include <random>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>

#include "output/flow/detail_fields.h"
#include "output/flow/flow_json.h"
#include "tests/deflated.h"
#include "tests/temporary_folder.h"

using namespace weir;
using namespace weir::engine;

namespace {

// Keeps records as the lines that `weir flows list --json` writes of them, and copies of their own parts.
class LineKeeper final : public flow::RecordConsumer {
 public:
  void take(std::span<const flow::Record> records) override {
    for (const flow::Record& record : records) {
      writer_.clear();
      output::write_flow_record(writer_, times_, record);
      lines.emplace_back(writer_.text());
      kept.push_back(record);
      kept.back().detail = nullptr;
      application.emplace_back(record.detail == nullptr ? "" : record.detail->application);
    }
  }
  std::vector<std::string> lines, application;
  std::vector<flow::Record> kept;

 private:
  output::JsonWriter writer_;
  output::TimestampFormatter times_;
};

struct Loaded {
  LineKeeper records;
  EveLines::Counts counts;
  std::string problem;
};
std::unique_ptr<Loaded> load(std::string_view line) {
  auto out = std::make_unique<Loaded>();
  EveLines lines(out->records);
  if (const auto taken = lines.take(line); !taken) out->problem = taken.error();
  lines.flush();
  out->counts = lines.counts();
  return out;
}

std::string line_of(const flow::Record& record) {
  output::JsonWriter out;
  output::TimestampFormatter times;
  output::write_flow_record(out, times, record);
  return std::string(out.text());
}

// Fills all members of a detail.
struct AnyDetail {
  std::mt19937& random;
  template <class T>
  void number(T& n) const {
    if constexpr (std::is_same_v<T, bool>)
      n = random() % 2 == 0;
    else if constexpr (std::is_enum_v<T>)
      n = static_cast<T>(random() % 5);
    else
      n = random() % 3 == 0 ? T{} : static_cast<T>(random() % 200);
  }
  void text(std::string_view& t) const {
    constexpr std::array<std::string_view, 4> kTexts{"", "web", "a \"quoted\" text", "ümlaut"};
    t = kTexts[random() % kTexts.size()];
  }
  void address(IpAddress& a) const {
    if (random() % 3 == 0) return;
    a.family = random() % 2 == 0 ? 4 : 6;
    for (std::size_t i = 0; i < (a.family == 4 ? 4U : 16U); ++i)
      a.bytes[i] = static_cast<std::uint8_t>(random());
  }
};

flow::Record any_record(std::mt19937& random, flow::Detail& detail) {
  const AnyDetail any{random};
  flow::Record r;
  r.source = IpAddress::v4(static_cast<std::uint32_t>(random()));
  r.destination = IpAddress::v4(static_cast<std::uint32_t>(random()));
  any.number(r.source_port), any.number(r.destination_port);
  constexpr std::array<std::uint8_t, 8> kProtocols{1, 6, 6, 17, 47, 58, 132, 253};
  r.protocol = kProtocols[random() % kProtocols.size()];
  r.has_icmp = r.protocol == 1 || r.protocol == 58;
  if (r.has_icmp) any.number(r.icmp_type), any.number(r.icmp_code);
  for (flow::Side& side : r.sides) {
    side.packets = random() % 3 == 0 ? 0 : random();
    side.bytes = side.packets == 0 ? 0 : random();
    if (side.packets == 0) continue;
    side.first = TimeUs{1'700'000'000} * 1'000'000 + static_cast<TimeUs>(random());
    side.last = side.first + static_cast<TimeUs>(random() % 100'000'000);
    any.number(side.tcp_flags), any.number(side.tos);
  }
  if (r.sides[0].packets == 0 && r.sides[1].packets == 0)
    r.sides[0] = {1, 60, 1'700'000'000'000'000, 1'700'000'000'000'001};
  r.times_of_message = random() % 4 == 0;
  r.end_reason = static_cast<flow::EndReason>(random() % 6);
  any.number(r.part), any.number(r.in_interface), any.number(r.out_interface), any.number(r.vlan);
  r.flows = 1 + static_cast<std::uint32_t>(random() % 2) * 11;
  r.sampling = 1 + static_cast<std::uint32_t>(random() % 2) * 999;
  r.observed_at = static_cast<std::uint8_t>(random() % 3);
  any.address(r.routing.next_hop), any.address(r.exporter.address);
  any.number(r.routing.source_as), any.number(r.routing.source_mask), any.number(r.exporter.domain);
  if (random() % 4 == 0) return r;
  detail = {};
  output::visit_detail(detail, any);
  for (std::uint32_t& label : detail.mpls) label &= 0xfffff0U;
  // What nobody can have seen is not written: a third label without the first two, bytes without packets.
  if (detail.mpls[0] == 0 || detail.mpls[1] == 0) detail.mpls[2] = detail.mpls[3] = 0;
  if (detail.vlans[0] == 0 || detail.vlans[1] == 0) detail.vlans[2] = 0;
  detail.gateway_error = random() % 2 == 0 ? 0 : 1U << 16U | static_cast<std::uint32_t>(random() & 0xffffU);
  detail.verdict = static_cast<std::uint8_t>(random() % 3);
  detail.hit_rules = random() % 2 == 0 ? "" : "2000001 3:17";  // of a form of their own: hits.h
  detail.hit_indicators = random() % 2 == 0 ? "" : "feed\t192.0.2.1\n\"quoted\"\tbad.example";
  for (flow::SideDetail& side : detail.sides)
    side.entropy_milli = static_cast<std::uint32_t>(random() % 8001);
  for (std::size_t i = 0; i < r.sides.size(); ++i)
    if (r.sides[i].packets == 0) detail.sides[i] = {};
  r.detail = &detail;
  return r;
}

constexpr std::string_view kSuricataFlow =
    R"({"timestamp":"2023-11-14T22:14:20.000000+0100","flow_id":1234,"in_iface":"eth0","event_type":"flow","vlan":[10,20],)"
    R"("src_ip":"10.0.0.1","src_port":1000,"dest_ip":"2001:0db8:0000:0000:0000:0000:0000:0001","dest_port":443,"proto":"TCP",)"
    R"("app_proto":"tls","flow":{"pkts_toserver":3,"pkts_toclient":2,"bytes_toserver":300,"bytes_toclient":200,)"
    R"("start":"2023-11-14T23:13:20.000000+0100","end":"2023-11-14T23:13:21.500000+0100","age":1,"state":"closed",)"
    R"("reason":"timeout","alerted":false},"community_id":"1:x","tcp":{"tcp_flags":"1b","tcp_flags_ts":"1a",)"
    R"("tcp_flags_tc":"13","syn":true,"state":"closed"}})";

std::string with(std::string_view text, std::string_view what, std::string_view instead) {
  std::string out(text);
  const std::size_t at = out.find(what);
  REQUIRE(at != std::string::npos);
  return out.replace(at, what.size(), instead);
}

}  // namespace

TEST_CASE("eve: what list --json writes of any record comes back as it was") {
  std::mt19937 random(5);
  flow::Detail detail;
  LineKeeper keeper;
  EveLines lines(keeper);
  std::vector<std::string> written;
  for (int i = 0; i < 2000; ++i) {
    written.push_back(line_of(any_record(random, detail)));
    const auto taken = lines.take(written.back());
    CHECK_MESSAGE(taken.has_value(), (taken ? "" : taken.error()), written.back());
  }
  lines.flush();
  REQUIRE(keeper.lines.size() == written.size());
  for (std::size_t i = 0; i < written.size(); ++i) CHECK(keeper.lines[i] == written[i]);
}

TEST_CASE("eve: a flow of Suricata is a record") {
  const auto loaded = load(kSuricataFlow);
  REQUIRE(loaded->problem.empty());
  REQUIRE(loaded->records.kept.size() == 1);
  const flow::Record& r = loaded->records.kept[0];
  CHECK(r.source == IpAddress::v4(0x0a000001));
  CHECK(r.destination.family == 6);
  CHECK(r.protocol == 6);
  CHECK(r.sides[0].packets == 3);
  CHECK(r.sides[1].bytes == 200);
  CHECK(r.sides[0].first == 1'700'000'000'000'000);
  CHECK(r.sides[1].last == 1'700'000'001'500'000);
  CHECK(r.sides[0].tcp_flags == 0x1a);
  CHECK(r.sides[1].tcp_flags == 0x13);
  CHECK(r.vlan == 10);
  CHECK((r.end_reason == flow::EndReason::end));
  CHECK(loaded->records.application[0] == "tls");
  CHECK(loaded->records.lines[0].find(R"("vlans":[10,20])") != std::string::npos);
}

TEST_CASE("eve: why a flow ended is told by its state and reason") {
  using flow::EndReason;
  const auto reason = [](std::string_view instead) {
    const auto loaded = load(with(kSuricataFlow, R"("state":"closed","reason":"timeout")", instead));
    REQUIRE(loaded->records.kept.size() == 1);
    return loaded->records.kept[0].end_reason;
  };
  CHECK((reason(R"("state":"established","reason":"timeout")") == EndReason::idle));
  CHECK((reason(R"("state":"new","reason":"forced")") == EndReason::forced));
  CHECK((reason(R"("state":"new","reason":"shutdown")") == EndReason::forced));
  CHECK((reason(R"("emergency":true,"reason":"timeout")") == EndReason::resources));
  CHECK((reason(R"("reason":"unknown")") == EndReason::unknown));
}

TEST_CASE("eve: a netflow event is a record of one direction") {
  const auto loaded = load(
      R"({"timestamp":"2023-11-14T22:14:20.000000+0000","event_type":"netflow","src_ip":"10.0.0.1","dest_ip":"10.0.0.2",)"
      R"("proto":"IPv6-ICMP","icmp_type":128,"icmp_code":0,"netflow":{"pkts":4,"bytes":400,)"
      R"("start":"2023-11-14T22:13:20Z","end":"2023-11-14T22:13:20.25+00:00","age":0,"min_ttl":3,"max_ttl":64}})");
  REQUIRE(loaded->problem.empty());
  CHECK(loaded->counts.netflows == 1);
  const flow::Record& r = loaded->records.kept.at(0);
  CHECK(r.protocol == 58);
  CHECK(r.has_icmp);
  CHECK(r.icmp_type == 128);
  CHECK(r.sides[0].packets == 4);
  CHECK(r.sides[0].last == 1'700'000'000'250'000);
  CHECK(r.sides[1].packets == 0);
  CHECK(r.sides[1].first == 0);
  CHECK(loaded->records.lines[0].find(R"("ttl":{"min":3,"max":64})") != std::string::npos);
}

TEST_CASE("eve: what is wrong with a line is told, and it is no record") {
  struct Row {
    std::string line, problem;
  };
  const std::array rows{
      Row{"{", "not JSON"},
      Row{"[]", "no event: expected an object with event_type"},
      Row{R"({"event_type":7})", "no event"},
      Row{R"({"event_type":"flow"})", "src_ip: expected an address"},
      Row{with(kSuricataFlow, "10.0.0.1", "10.0.0.256"), "src_ip: expected an address"},
      Row{with(kSuricataFlow, R"("dest_port":443)", R"("dest_port":70000)"),
          "dest_port: expected a number up to 65535"},
      Row{with(kSuricataFlow, R"("dest_port":443)", R"("dest_port":-1)"),
          "dest_port: expected a number up to 65535"},
      Row{with(kSuricataFlow, R"("TCP")", R"("what")"), "proto: expected a protocol's name or number"},
      Row{with(kSuricataFlow, R"("pkts_toserver":3)", R"("pkts_toserver":"3")"),
          "flow.pkts_toserver: expected a number"},
      Row{with(kSuricataFlow, "2023-11-14T23:13:20", "2023-13-14T23:13:20"), "flow.start: expected a time"},
      Row{with(kSuricataFlow, R"("start":)", R"("begin":)"), "flow.start: expected a time"},
      Row{with(kSuricataFlow, R"("start":"2023-11-14)", R"("start":"2023-11-15)"),
          "flow.end: expected a time that is not before start"},
      Row{with(kSuricataFlow, R"("tcp_flags_ts":"1a")", R"("tcp_flags_ts":"100")"),
          "tcp.tcp_flags_ts: expected two"},
      Row{with(kSuricataFlow, R"("vlan":[10,20])", R"("vlan":[10,"x"])"),
          "vlan: expected numbers up to 65535"},
      Row{with(kSuricataFlow, R"("community_id":"1:x")", R"("exporter":{"sampling":0})"),
          "exporter.sampling: expected"},
      Row{with(kSuricataFlow, R"("community_id":"1:x")", R"("meter":[])"), "meter: expected an object"},
  };
  for (const Row& row : rows) {
    const auto loaded = load(row.line);
    CHECK_MESSAGE(loaded->problem.starts_with(row.problem), loaded->problem, " of ", row.line);
    CHECK(loaded->records.kept.empty());
    CHECK(loaded->counts.wrong == 1);
  }
}

TEST_CASE("eve: a file's other events are passed over, and its wrong lines are named by their numbers") {
  const test::TemporaryFolder folder;
  const std::string flow(kSuricataFlow);
  const std::string path = folder.write(
      "eve.json", flow + "\n" + R"({"event_type":"alert"})" + "\n\nbroken\r\n" + flow + "\r\n" + flow);
  LineKeeper keeper;
  const EveFileReport report = read_eve_file(path, keeper);
  CHECK(report.counts.lines == 6);
  CHECK(report.counts.flows == 3);
  CHECK(report.counts.other == 1);
  CHECK(report.counts.wrong == 1);
  REQUIRE(report.problems.size() == 1);
  CHECK(report.problems[0].starts_with(path + ":4: error: not JSON"));
  CHECK(keeper.kept.size() == 3);
}

TEST_CASE(
    "eve: lines that are too long are passed over, whatever their length, and those behind them are read") {
  const test::TemporaryFolder folder;
  const std::string flow(kSuricataFlow);
  for (const std::size_t size : {kMaxEveLineBytes - 1, kMaxEveLineBytes, kMaxEveLineBytes + 1,
                                 2 * kMaxEveLineBytes, 3 * kMaxEveLineBytes + 17}) {
    CAPTURE(size);
    const std::string path = folder.write("eve.json", std::string(size, 'x') + "\n" + flow + "\n");
    LineKeeper keeper;
    const EveFileReport report = read_eve_file(path, keeper);
    CHECK(report.counts.lines == 2);
    CHECK(report.counts.wrong == 1);
    CHECK(report.problems.size() == 1);
    CHECK(keeper.kept.size() == 1);
  }
}

TEST_CASE("eve: only the first wrong lines are named") {
  const test::TemporaryFolder folder;
  std::string text;
  for (std::size_t i = 0; i < kMaxEveProblems + 5; ++i) text += "x\n";
  LineKeeper keeper;
  const EveFileReport report = read_eve_file(folder.write("eve.json", text), keeper);
  REQUIRE(report.problems.size() == kMaxEveProblems + 1);
  CHECK(report.problems.back().ends_with("and 5 more lines are wrong"));
}

TEST_CASE("eve: packed files are read, and one that is cut says so") {
  const test::TemporaryFolder folder;
  std::string lines;
  for (int i = 0; i < 300; ++i) lines += std::string(kSuricataFlow) + "\n";
  const std::string path = folder.write("eve.json.gz", test::deflated(lines, 16 + MAX_WBITS));
  LineKeeper keeper;
  CHECK(read_eve_file(path, keeper).counts.flows == 300);
  CHECK(keeper.lines.size() == 300);
  CHECK(keeper.lines.front() == keeper.lines.back());
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 20);
  const EveFileReport cut = read_eve_file(path, keeper);
  CHECK_FALSE(cut.problems.empty());
  CHECK(read_eve_file(folder / "none", keeper).problems.at(0).find("none: error: ") != std::string::npos);
}
