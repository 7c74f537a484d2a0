#include "engine/flows/record_judge.h"

#include <doctest/doctest.h>

#include <sstream>

#include "engine/config/config.h"
#include "rules/ioc/feed_reader.h"
#include "tests/decoders/flow/flow_wire.h"
#include "tests/output/log_folder.h"

using namespace weir;
using engine::RecordJudge;
using output_test::LogFolder;

namespace {

constexpr TimeUs kEnd = TimeUs{1'700'000'000} * 1'000'000;

// 10.0.0.1:40000 to 192.0.2.1:443, both ways, for a minute.
flow::Record judged_record() {
  flow::Record r;
  r.source = IpAddress::v4(0x0a000001);
  r.destination = IpAddress::v4(0xc0000201);
  r.source_port = 40'000;
  r.destination_port = 443;
  r.protocol = 6;
  r.sides[0] = {.packets = 10, .bytes = 1000, .first = kEnd - 60'000'000, .last = kEnd, .tcp_flags = 0x1b};
  r.sides[1] = {
      .packets = 20, .bytes = 9000, .first = kEnd - 59'000'000, .last = kEnd - 1, .tcp_flags = 0x1a};
  r.exporter = {IpAddress::v4(0x7f000001), 7};
  return r;
}

flow::Record one_sided(flow::Record r) {
  r.sides[1] = {};
  return r;
}

// The same, seen by an exporter that has a record for each direction.
flow::Record reply_of(flow::Record r) {
  std::swap(r.source, r.destination);
  std::swap(r.source_port, r.destination_port);
  r.sides = {r.sides[1], {}};
  return r;
}

struct JudgeBench {
  LogFolder folder;
  test::Collected next;
  rules::RuleEnvironment environment;
  std::unique_ptr<RecordJudge> judge;

  explicit JudgeBench(const std::string& rules_text, const std::string& feed = {},
                      const engine::ScanWatchSettings& scans = {}) {
    engine::RecordJudgeSettings settings;
    settings.scans = scans;
    rules::LoadedRules loaded;
    rules::load_rule_text(rules_text, "test.rules", environment, loaded);
    REQUIRE(loaded.failed == 0);
    settings.rules = rules::RuleSet::build(std::move(loaded.signatures), environment, {});
    auto table = std::make_shared<rules::IndicatorTable>();
    REQUIRE(rules::read_feed_text(feed, "feed", *table, "feed").wrong == 0);
    settings.indicators = table;
    auto outputs = engine::LogOutputs::open(engine::Config{}, folder.path);
    REQUIRE(outputs.has_value());
    judge = std::make_unique<RecordJudge>(settings, std::move(*outputs));
    judge->hand_on_to(next);
  }
  void take(const flow::Record& record) const { judge->take({&record, 1}); }
  // Lines of eve.json so far, and until `now`.
  [[nodiscard]] std::vector<std::string> events(TimeUs now = kEnd) const {
    judge->tick(now);
    std::istringstream text(folder.read("eve.json"));
    std::vector<std::string> out;
    for (std::string line; std::getline(text, line);) out.push_back(line);
    return out;
  }
};

// How many alerts a rule gives on a record.
std::size_t alerts(const std::string& rule, const flow::Record& record) {
  const JudgeBench bench(rule);
  bench.take(record);
  return bench.events().size();
}

}  // namespace

TEST_CASE("records: rules match on what a record says") {
  const auto matches = [](const std::string& header, const std::string& options, const flow::Record& record) {
    CAPTURE(header);
    CAPTURE(options);
    const std::size_t n = alerts("alert " + header + " (msg:\"m\"; " + options + " sid:1;)\n", record);
    CHECK(n <= 1);
    return n == 1;
  };
  const flow::Record r = judged_record();
  CHECK(matches("tcp 10.0.0.0/8 any -> 192.0.2.1 443", "", r));
  CHECK(matches("tcp 192.0.2.1 443 -> 10.0.0.0/8 any", "", r));
  CHECK_FALSE(matches("tcp 10.0.0.2 any -> any any", "", r));
  CHECK_FALSE(matches("udp any any -> any any", "", r));
  CHECK(matches("ip any any -> any any", "flow.pkts:toclient,20; flow.bytes:toserver,1000; flow.age:60;", r));
  CHECK_FALSE(matches("ip any any -> any any", "flow.pkts:toclient,21;", r));
  CHECK(matches("tcp any any -> any 443", "flow:to_server,established;", r));
  CHECK_FALSE(matches("tcp any any -> any 443", "flow:to_client;", r));
  CHECK_FALSE(matches("tcp any any -> any any", "flow:not_established;", r));
  CHECK(matches("tcp any any -> any any", "flags:FSPA;", r));
  CHECK_FALSE(matches("tcp any any -> any any", "flags:S;", r));
  CHECK(matches("ip any any -> any any", "ip_proto:6;", r));
  CHECK_FALSE(matches("ip any any -> any any", "sameip;", r));

  flow::Record sampled = r;
  sampled.sampling = 100;
  CHECK(matches("ip any any -> any any", "flow.bytes:toserver,100000;", sampled));
  sampled.sides[0].bytes = std::uint64_t{1} << 62U;  // a hundred times that is more than there is
  CHECK(matches("ip any any -> any any", "flow.bytes:toserver,18446744073709551615;", sampled));
  flow::Record tagged = r;
  tagged.vlan = 12;
  CHECK(matches("ip any any -> any any", "vlan.id:12;", tagged));
  flow::Record silent = one_sided(r);
  silent.sides[0].tcp_flags = 0;  // nobody said
  CHECK_FALSE(matches("tcp any any -> any any", "flags:0;", silent));
  CHECK_FALSE(matches("tcp any any -> any any", "flow:established;", silent));
  flow::Record ping = one_sided(r);
  ping.protocol = 1;
  ping.has_icmp = true;
  ping.icmp_type = 8;
  ping.source_port = ping.destination_port = 0;
  CHECK(matches("icmp any any -> any any", "itype:8; icode:0;", ping));
}

TEST_CASE("records: of one direction the well-known port tells the server, and the counters go with it") {
  const flow::Record reply = reply_of(judged_record());
  CHECK(engine::is_reply(reply));
  CHECK_FALSE(engine::is_reply(judged_record()));
  CHECK(
      alerts("alert tcp any 443 -> any any (flow:to_client,established; flow.bytes:toclient,9000; sid:1;)\n",
             reply) == 1);
  CHECK(alerts("alert tcp any any -> any any (flow:to_server; sid:1;)\n", reply) == 0);
}

TEST_CASE("records: pass rules, thresholds and bits on hosts do as on packets") {
  CHECK(alerts("pass ip 10.0.0.1 any -> any any (sid:1;)\nalert ip any any -> any any (sid:2;)\n",
               judged_record()) == 0);
  const JudgeBench bench(
      "alert ip 10.0.0.1 any -> any any (msg:\"t\"; threshold:type limit,track by_src,count 2,seconds 60; "
      "sid:1;)\n"
      "alert ip 10.0.0.1 any -> any any (msg:\"x\"; xbits:set,met,track ip_src; noalert; sid:2;)\n"
      "alert ip any any -> any any (msg:\"y\"; xbits:isset,met,track ip_src; flow:to_server; sid:3;)\n");
  for (int i = 0; i < 5; ++i) bench.take(judged_record());
  const auto events = bench.events();
  const auto of = [&](const char* sid) {
    return std::count_if(events.begin(), events.end(),
                         [&](const std::string& line) { return line.find(sid) != std::string::npos; });
  };
  CHECK(of("\"signature_id\":1,") == 2);
  CHECK(of("\"signature_id\":2,") == 0);
  CHECK(of("\"signature_id\":3,") >= 4);
}

TEST_CASE("records: a threshold counts on, whatever times records have, and a record once") {
  const JudgeBench bench(
      "alert ip any any -> any any (msg:\"t\"; threshold:type limit,track by_rule,count 1,seconds 3600; "
      "sid:1;)\n"
      "alert ip any any -> any any (msg:\"n\"; threshold:type threshold,track by_rule,count 4,seconds 3600; "
      "sid:2;)\n");
  flow::Record record = judged_record();  // of two directions
  const TimeUs end = record.sides[0].last;
  for (const TimeUs back : {TimeUs{0}, TimeUs{90'000'000}, TimeUs{0}, end - 1}) {
    record.sides[0].last = record.sides[1].last = end - back;
    bench.take(record);
  }
  const auto events = bench.events();
  CHECK(events.size() == 2);
  for (const char* sid : {"\"signature_id\":1,", "\"signature_id\":2,"})
    CHECK(std::count_if(events.begin(), events.end(),
                        [&](const std::string& line) { return line.find(sid) != std::string::npos; }) == 1);
}

TEST_CASE("records: an alert says who sent the record, and whose address it is that is listed") {
  const JudgeBench bench("alert tcp any any -> any 443 (msg:\"m\"; sid:5; rev:2;)\n",
                         "ioc,confidence,expiry,tags,feed\n192.0.2.0/24:443,60,2030-01-01,a b,theirs\n");
  bench.take(judged_record());
  const auto events = bench.events();
  REQUIRE(events.size() == 2);
  const std::string flow_id = "\"flow_id\":" + std::to_string(engine::flow_id_of(judged_record())) + ",";
  CHECK(engine::flow_id_of(judged_record()) == engine::flow_id_of(reply_of(judged_record())));
  CHECK(events[1].find(flow_id) != std::string::npos);
  CHECK(
      events[0] ==
      R"({"timestamp":"2023-11-14T22:13:20.000000+0000",)" + flow_id +
          R"("event_type":"alert","src_ip":"10.0.0.1","src_port":40000,)"
          R"("dest_ip":"192.0.2.1","dest_port":443,"proto":"TCP","ip_v":4,"alert":{"action":"allowed","gid":900,)"
          R"("signature_id":2,"rev":1,"signature":"Indicator 192.0.2.0/24:443 of theirs","category":"Known indicator",)"
          R"("severity":2},"exporter":{"address":"127.0.0.1","domain":7,"sampling":1},"ioc":{"value":"192.0.2.0/24:443",)"
          R"("type":"network","where":"dest_ip","feed":"theirs","confidence":60,"expiry":"2030-01-01T00:00:00.000000+0000",)"
          R"("tags":["a","b"]},"flow":{"pkts_toserver":10,"pkts_toclient":20,"bytes_toserver":1000,"bytes_toclient":9000,)"
          R"("start":"2023-11-14T22:12:20.000000+0000","src_ip":"10.0.0.1","dest_ip":"192.0.2.1","src_port":40000,)"
          R"("dest_port":443}})");
  CHECK(events[1].find(R"("gid":1,"signature_id":5,"rev":2,"signature":"m")") != std::string::npos);
  CHECK(events[1].find(
            R"("exporter":{"address":"127.0.0.1","domain":7,"sampling":1},"direction":"to_server")") !=
        std::string::npos);
  CHECK(bench.next.all.size() == 1);
  CHECK(bench.judge->alerts() == 2);
}

TEST_CASE("records: those that something hit say what it was, and the others go on as they came") {
  const JudgeBench bench(
      "alert ip any any -> any any (msg:\"a\"; sid:7;)\n"
      "alert tcp any any -> any any (msg:\"b\"; gid:3; sid:8;)\n",
      "192.0.2.1\n");
  flow::Record quiet = judged_record();
  quiet.destination = IpAddress::v4(0xc0000202);
  quiet.protocol = 17;
  quiet.sides[0].tcp_flags = quiet.sides[1].tcp_flags = 0;
  flow::Detail detail;
  detail.rule_hits = 2;  // of who metered it
  flow::Record known = judged_record();
  known.detail = &detail;
  const std::vector<flow::Record> batch{quiet, known, judged_record()};
  bench.judge->take(batch);
  const auto& kept = bench.next.all;
  REQUIRE(kept.size() == 3);
  CHECK(kept[0].hit_rules == "7");
  CHECK(kept[0].hit_indicators.empty());
  CHECK(kept[0].detail.rule_hits == 1);
  CHECK(kept[1].hit_rules == "7 3:8");
  CHECK(kept[1].hit_indicators == "feed\t192.0.2.1");
  CHECK(kept[1].detail.rule_hits == 4);
  CHECK(kept[1].detail.indicator_hits == 1);
  CHECK(kept[2].detail.rule_hits == 2);
  const JudgeBench silent("alert udp any any -> any any (msg:\"a\"; sid:7;)\n", "192.0.2.9\n");
  silent.take(judged_record());
  CHECK_FALSE(silent.next.all.at(0).has_detail);
}

TEST_CASE("records: names and fingerprints are looked for, and what has expired is not") {
  const JudgeBench bench("", "ioc,expiry\nevil.example,\n10.0.0.1,2023-11-14\n" + std::string(64, 'a') +
                                 ",\nt13d1516h2_8daaf6152771_e5627efa2ab1,\n");
  flow::Detail detail;
  const std::string certificate(64, 'A');
  detail.host = "www.evil.example";
  detail.ja4 = "t13d1516h2_8daaf6152771_e5627efa2ab1";
  detail.certificate_sha256 = certificate;
  flow::Record r = judged_record();
  r.detail = &detail;
  bench.take(r);
  const auto events = bench.events();
  REQUIRE(events.size() == 3);
  CHECK(events[0].find(R"("type":"domain","where":"host")") != std::string::npos);
  CHECK(events[1].find(R"("type":"fingerprint","where":"ja4")") != std::string::npos);
  CHECK(events[2].find(R"("type":"fingerprint","where":"certificate")") != std::string::npos);
}

TEST_CASE("records: a scan is an event when it is looked for, and at the end at the latest") {
  for (const bool on : {false, true}) {
    const JudgeBench bench("", {}, {.on = on, .scan = {}});
    flow::Record r = one_sided(judged_record());
    r.sides[0].tcp_flags = 0x02;
    r.sides[0].packets = 1;
    for (std::uint32_t i = 0; i < 200; ++i) {
      r.destination = IpAddress::v4(0x0a460000 + i);
      bench.take(r);
    }
    CHECK(bench.events().empty());
    std::vector<std::string> errors;
    bench.judge->close(errors);
    CHECK(bench.judge->alerts() == (on ? 1 : 0));
    CHECK((bench.folder.read("eve.json").find(R"("scan":{"kind":"horizontal")") != std::string::npos) == on);
    CHECK(bench.next.all.size() == 200);
  }
}

TEST_CASE("records: a scan is told in time when no record comes after it") {
  const JudgeBench bench("", {}, {.on = true, .scan = {}});
  flow::Record r = one_sided(judged_record());
  r.sides[0].tcp_flags = 0x02;
  r.sides[0].packets = 1;
  for (std::uint32_t i = 0; i < 200; ++i) {
    r.destination = IpAddress::v4(0x0a460000 + i);
    bench.take(r);
  }
  CHECK(bench.events().empty());
  CHECK(bench.events(kEnd + engine::ScanWatch::kConfirm).size() == 1);
}

TEST_CASE("records: a gap in what an exporter sent is an event") {
  const JudgeBench bench("");
  bench.judge->gap({.exporter = IpAddress::v4(0x7f000001), .domain = 7, .version = 9, .lost = 3}, kEnd);
  CHECK(
      bench.events() ==
      std::vector<std::string>{
          R"({"timestamp":"2023-11-14T22:13:20.000000+0000","event_type":"anomaly","anomaly":{"type":"flow_export",)"
          R"("event":"gap","lost":3,"unit":"messages"},"exporter":{"address":"127.0.0.1","domain":7,"sampling":1}})"});
}
