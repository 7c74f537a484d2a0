#include "output/eve_log.h"

#include <cstdlib>
#include <ctime>

#include <doctest/doctest.h>

#include "decoders/app/protocol_ids.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

class LineSink final : public Sink {
 public:
  void write_line(std::string_view line, const std::shared_ptr<LineCondition>&) override { lines.emplace_back(line); }
  void flush() override {}
  std::vector<std::string> lines;
};

// One eve-log with one type, and the lines that it wrote.
struct Fixture {
  FakeSettings log_settings, type_settings;
  LineSink sink;
  EveLog log;
  EveSession session;

  explicit Fixture(const std::string& type, FakeSettings type_options = {}, FakeSettings log_options = {})
      : log_settings(std::move(log_options)),
        type_settings(std::move(type_options)),
        log(log_settings, {{type, &type_settings}}),
        session(log, sink) {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
  [[nodiscard]] std::string only_line() const {
    REQUIRE(sink.lines.size() == 1);
    return sink.lines[0];
  }
};

constexpr TimeUs kTime = 1'468'449'727'199'672;  // 2016-07-13T22:42:07.199672Z

EventHead tcp_head() {
  EventHead head;
  head.time = kTime;
  head.flow_id = 42;
  head.pcap_cnt = 7;
  head.source = IpAddress::v4(0x0a000001);
  head.destination = IpAddress::v4(0xc0a80102);
  head.has_ports = true;
  head.source_port = 49152;
  head.destination_port = 80;
  head.ip_protocol = 6;
  head.ip_version = 4;
  return head;
}

const std::string kHead =
    R"("flow_id":42,"pcap_cnt":7,"event_type":"alert","src_ip":"10.0.0.1","src_port":49152,)"
    R"("dest_ip":"192.168.1.2","dest_port":80,"proto":"TCP","ip_v":4,"pkt_src":"wire/pcap")";
const std::string kTimestamp = R"({"timestamp":"2016-07-13T22:42:07.199672+0000",)";

rules::SignatureMeta meta() {
  rules::SignatureMeta m;
  m.sid = 1000001;
  m.rev = 3;
  m.msg = "test \"quoted\"";
  m.category = "Misc activity";
  m.metadata = {{"tag", "a"}, {"created_at", "2020_01_02"}, {"tag", "b"}};
  m.references = {{"http://", "example.com/x"}, {"https://cve/", "1"}};
  m.text = "alert tcp any any -> any any (sid:1000001;)";
  return m;
}

const std::string kAlert =
    R"("alert":{"action":"allowed","gid":1,"signature_id":1000001,"rev":3,"signature":"test \"quoted\"",)"
    R"("category":"Misc activity","severity":3,"metadata":{"tag":["b","a"],"created_at":["2020_01_02"]})";

FlowRecord flow_record() {
  FlowRecord f;
  f.head = tcp_head();
  f.head.pcap_cnt = 0;
  f.head.has_packet_source = false;
  f.app_proto = AppProto::http;
  f.app_proto_tc = AppProto::failed;
  f.packets = {3, 2};
  f.bytes = {300, 200};
  f.start = kTime;
  f.end = kTime + 1'900'000;
  f.state = "closed";
  f.reason = "timeout";
  f.is_tcp = f.has_tcp_session = true;
  f.tcp_flags = 0x1b;
  f.tcp_flags_ts = 0x1b;
  f.tcp_flags_tc = 0x13;
  f.tcp_state = "closed";
  f.tcp_max_regions = {1, 1};
  f.tcp_gap = {false, true};
  f.ttl_min = {64, 60};
  f.ttl_max = {64, 61};
  return f;
}

Bytes view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("eve: an alert has head, signature, direction and flow") {
  Fixture f{"alert"};
  const rules::SignatureMeta m = meta();
  const FlowRecord flow = flow_record();
  AlertRecord r;
  r.head = tcp_head();
  r.signature = &m;
  r.has_direction = true;
  r.flow = &flow;
  f.session.alert(r);
  CHECK(
      f.only_line() ==
      kTimestamp + kHead + "," + kAlert +
          R"(},"app_proto":"http","app_proto_tc":"failed","direction":"to_server","flow":{"pkts_toserver":3,)"
          R"("pkts_toclient":2,"bytes_toserver":300,"bytes_toclient":200,"start":"2016-07-13T22:42:07.199672+0000",)"
          R"("src_ip":"10.0.0.1","dest_ip":"192.168.1.2","src_port":49152,"dest_port":80}})");
}

TEST_CASE("eve: alert options add payload, packet, verdict, references and rule text") {
  Fixture f{"alert",
            {{"payload", "yes"},
             {"payload-printable", "yes"},
             {"packet", "yes"},
             {"verdict", "yes"},
             {"payload-buffer-size", "4"},
             {"metadata.flow", "no"},
             {"metadata.rule.metadata", "no"},
             {"metadata.rule.reference", "yes"},
             {"metadata.rule.raw", "yes"}}};
  rules::SignatureMeta m = meta();
  m.msg = "m";
  m.target = rules::Target::destination;
  const FlowRecord flow = flow_record();
  AlertRecord r;
  r.head = tcp_head();
  r.signature = &m;
  r.flow = &flow;
  r.payload = view("GOOD\x01 cut");
  r.from_stream = true;
  r.packet = view("\x01\x02\x03");
  r.verdict = "alert";
  r.reject_target = "to_client";
  r.reject_method = "tcp-reset";
  f.session.alert(r);
  CHECK(
      f.only_line() ==
      kTimestamp + kHead +
          R"(,"alert":{"action":"allowed","gid":1,"signature_id":1000001,"rev":3,"signature":"m",)"
          R"("category":"Misc activity","severity":3,"source":{"ip":"10.0.0.1","port":49152},)"
          R"("target":{"ip":"192.168.1.2","port":80},"references":["https://example.com/x","https://cve/1"],)"
          R"x("rule":"alert tcp any any -> any any (sid:1000001;)"},"app_proto":"http","app_proto_tc":"failed",)x"
          R"("payload":"R09PRA==","payload_length":4,"payload_printable":"GOOD","stream":1,"packet":"AQID",)"
          R"("packet_info":{"linktype":1,"linktype_name":"EN10MB"},)"
          R"("verdict":{"action":"alert","reject-target":"to_client","reject":["tcp-reset"]}})");
}

TEST_CASE("eve: the length of an alert's payload goes without the payload") {
  Fixture f{"alert", {{"payload-length", "yes"}}};
  const rules::SignatureMeta m = meta();
  AlertRecord r;
  r.head = tcp_head();
  r.signature = &m;
  r.payload = view("GOOD");
  f.session.alert(r);
  CHECK(f.only_line().find(R"("payload_length":4,"stream":0)") != std::string::npos);
  CHECK(f.only_line().find(R"("payload":)") == std::string::npos);
}

TEST_CASE("eve: a packet that a tag asks for is written as it is, unless the alerts' settings say no") {
  PacketRecord r;
  r.head = tcp_head();
  r.packet = view("\x01\x02\x03");
  Fixture f{"alert"};
  CHECK(f.log.wants(EventType::packet));
  f.session.packet(r);
  CHECK(f.only_line().find(R"("event_type":"packet")") != std::string::npos);
  CHECK(f.only_line().find(R"("packet":"AQID","packet_info":{"linktype":1,"linktype_name":"EN10MB"}})") !=
        std::string::npos);
  Fixture without{"alert", {{"tagged-packets", "no"}}};
  CHECK_FALSE(without.log.wants(EventType::packet));
  without.session.packet(r);
  CHECK(without.sink.lines.empty());
}

TEST_CASE("eve: an alert shows what its rule captured for it") {
  const rules::SignatureMeta m = meta();
  const std::vector<ContextItem> captured{{"a/b", "\xff"}, {"c", "d"}, {"e", R"({"f":1})", true}};
  Fixture f{"alert"};
  AlertRecord r;
  r.head = tcp_head();
  r.signature = &m;
  r.context = captured;
  f.session.alert(r);
  CHECK(f.only_line().find(R"("context":{"a/b":"\\xff","c":"d","e":{"f":1}})") != std::string::npos);
}

TEST_CASE("eve: the head carries metadata, traffic labels, ethernet, VLANs and community id when asked") {
  Fixture f{"anomaly",
            {{"types.decode", "yes"}},
            {{"ethernet", "yes"}, {"community-id", "yes"}, {"pcap-file", "yes"}, {"sensor-name", "s1"}}};
  FlowMetadata metadata;
  metadata.flowbits = {"a.bit", "traffic/id/web", "traffic/label/x"};
  metadata.flowints = {{"n", 4}};
  metadata.flowvars = {{"key", "\xff"}};
  metadata.entropies = {{"file_data", 4.25}};
  AnomalyRecord r;
  r.head = tcp_head();
  r.head.source = IpAddress::v4(0x80e86e78);  // the example of the community id specification
  r.head.destination = IpAddress::v4(0x4223facc);
  r.head.source_port = 34855;
  r.head.vlan = {5, 6};
  r.head.vlan_count = 2;
  r.head.pcap_filename = "/tmp/a.pcap";
  r.head.metadata = &metadata;
  r.head.ether_source = view("\x01\x02\x03\x04\x05\x06");
  r.head.ether_destination = view("\xff\xff\xff\xff\xff\xff");
  r.type = "decode";
  r.event = "decoder.ipv4.trunc_pkt";
  f.session.anomaly(r);
  CHECK(
      f.only_line() ==
      kTimestamp +
          R"("flow_id":42,"host":"s1","pcap_cnt":7,"event_type":"anomaly","vlan":[5,6],"src_ip":"128.232.110.120",)"
          R"("src_port":34855,"dest_ip":"66.35.250.204","dest_port":80,"proto":"TCP","ip_v":4,"pkt_src":"wire/pcap",)"
          R"("pcap_filename":"/tmp/a.pcap","metadata":{"flowvars":[{"key":"\\xff"}],"flowbits":["a.bit"],)"
          R"("flowints":{"n":4},"entropy":{"file_data":4.25}},"traffic":{"id":["web"],"label":["x"]},)"
          R"("ether":{"src_mac":"01:02:03:04:05:06","dest_mac":"ff:ff:ff:ff:ff:ff"},)"
          R"("community_id":"1:LQU9qZlK+B5F3KDmev6m5PMibrg=",)"
          R"("anomaly":{"type":"decode","event":"decoder.ipv4.trunc_pkt"}})");
}

TEST_CASE("eve: anomalies are chosen by type, application ones are on by default") {
  Fixture f{"anomaly"};
  AnomalyRecord r;
  r.head = tcp_head();
  for (const std::string_view type : {"decode", "stream", "applayer"}) {
    r.type = type;
    r.event = "x";
    f.session.anomaly(r);
  }
  CHECK(f.only_line().find(R"("type":"applayer")") != std::string::npos);
}

TEST_CASE("eve: a flow has totals, age, state and its TCP summary") {
  Fixture f{"flow"};
  f.session.flow(flow_record());
  CHECK(
      f.only_line() ==
      kTimestamp +
          R"("flow_id":42,"event_type":"flow","src_ip":"10.0.0.1","src_port":49152,"dest_ip":"192.168.1.2",)"
          R"("dest_port":80,"proto":"TCP","ip_v":4,"app_proto":"http","app_proto_tc":"failed",)"
          R"("flow":{"pkts_toserver":3,"pkts_toclient":2,"bytes_toserver":300,"bytes_toclient":200,)"
          R"("start":"2016-07-13T22:42:07.199672+0000","end":"2016-07-13T22:42:09.099672+0000","age":2,)"
          R"("state":"closed","reason":"timeout","alerted":false},"tcp":{"tcp_flags":"1b","tcp_flags_ts":"1b",)"
          R"("tcp_flags_tc":"13","syn":true,"fin":true,"psh":true,"ack":true,"state":"closed","tc_gap":true,)"
          R"("ts_max_regions":1,"tc_max_regions":1}})");
}

TEST_CASE("eve: netflow writes one line a direction that had packets") {
  Fixture f{"netflow"};
  FlowRecord r = flow_record();
  for (const Direction d : {Direction::to_server, Direction::to_client}) f.session.netflow({r, d});
  REQUIRE(f.sink.lines.size() == 2);
  CHECK(f.sink.lines[1].find(
            R"("src_ip":"192.168.1.2","src_port":80,"dest_ip":"10.0.0.1","dest_port":49152)") !=
        std::string::npos);
  CHECK(f.sink.lines[1].find(R"("netflow":{"pkts":2,"bytes":200,)") != std::string::npos);
  CHECK(f.sink.lines[1].find(
            R"("min_ttl":60,"max_ttl":61},"tcp":{"tcp_flags":"13","syn":true,"fin":true,"ack":true}})") !=
        std::string::npos);
  r.packets[1] = 0;
  for (const Direction d : {Direction::to_server, Direction::to_client}) f.session.netflow({r, d});
  CHECK(f.sink.lines.size() == 3);
}

TEST_CASE("eve: a drop describes the packet and why it went") {
  Fixture f{"drop", {{"alerts", "yes"}}};
  Packet packet;
  constexpr std::array<std::uint8_t, 20> header{0x45, 0, 0, 40};
  packet.ip.version = 4;
  packet.ip.header = header;
  packet.ip.ttl = 64;
  packet.ip.id = 9;
  packet.has_tcp = true;
  packet.tcp.flags = tcp_flag::syn;
  packet.tcp.sequence = 4'000'000'000;
  const rules::SignatureMeta m = meta();
  DropRecord r;
  r.head = tcp_head();
  r.dropped = &packet;
  r.action = "blocked";
  r.signature = &m;
  r.reason = "rules";
  f.session.drop(r);
  CHECK(
      f.only_line().find(
          R"("drop":{"len":40,"tos":0,"ttl":64,"ipid":9,"tcpseq":4000000000,"tcpack":0,"tcpwin":0,"syn":true,)"
          R"("ack":false,"psh":false,"rst":false,"urg":false,"fin":false,"tcpres":0,"tcpurgp":0,"reason":"rules"},)"
          R"("alert":{"action":"blocked",)") != std::string::npos);
  r.only_with_all = true;  // flows: start
  f.session.drop(r);
  CHECK(f.sink.lines.size() == 1);
}

TEST_CASE("eve: a file has its name, state, digests and size") {
  Fixture f{"files"};
  AppFile file;
  file.name = "a.exe";
  file.state = FileState::closed;
  file.size = 3;
  file.md5 = "\x01\xff";
  file.start = 5;
  file.end = 7;
  FileRecord r;
  r.head = tcp_head();
  r.app_proto = AppProto::http;
  r.file = &file;
  f.session.fileinfo(r);
  CHECK(f.only_line().find(
            R"("app_proto":"http","fileinfo":{"filename":"a.exe","gaps":false,"state":"CLOSED",)"
            R"("md5":"01ff","stored":false,"size":3,"start":5,"end":7,"tx_id":0}})") != std::string::npos);
}

TEST_CASE("eve: stats say what part of the time each stage takes, beside the counters") {
  Fixture f{"stats", {{"null-values", "no"}}};
  f.session.stats({kTime, 3, {{"decoder.pkts", 5}}, {{"decode", 0.25}, {"detect", 0.75}}});
  CHECK(f.only_line() == kTimestamp + R"("event_type":"stats","stats":{"uptime":3,"decoder":{"pkts":5}},)"
                                      R"("weir":{"stage_share":{"decode":0.25,"detect":0.75}}})");
}

TEST_CASE("eve: a prefix stands in front of each line") {
  Fixture f{"stats", {{"null-values", "no"}}, {{"prefix", "@cee: "}}};
  for (int i = 0; i < 2; ++i) f.session.stats({kTime, 3, {{"decoder.pkts", 5}}, {}});
  const std::string line = "@cee: " + std::string(kTimestamp) + R"("event_type":"stats","stats":{"uptime":3,"decoder":{"pkts":5}}})";
  CHECK(f.sink.lines == std::vector<std::string>{line, line});
}

TEST_CASE("eve: stats nest by the dots of their names") {
  Fixture f{"stats", {{"deltas", "yes"}, {"null-values", "no"}}};
  std::vector<CounterValue> counters{{"flow.tcp", 2},   {"decoder.pkts", 5}, {"flow_bypassed.pkts", 1},
                                     {"flow.mgr.x", 1}, {"flow.udp", 0},     {"detect.engines[].id", 1}};
  f.session.stats({kTime, 3, counters, {}});
  CHECK(
      f.only_line() ==
      kTimestamp +
          R"("event_type":"stats","stats":{"uptime":3,"decoder":{"pkts":5,"pkts_delta":5},)"
          R"("detect":{"engines":[{"id":1,"id_delta":1}]},"flow":{"mgr":{"x":1,"x_delta":1},"tcp":2,"tcp_delta":2},)"
          R"("flow_bypassed":{"pkts":1,"pkts_delta":1}}})");
  counters[1].second = 9;
  f.session.stats({kTime, 4, counters, {}});
  CHECK(f.sink.lines[1].find(R"("decoder":{"pkts":9,"pkts_delta":4})") != std::string::npos);
}

TEST_CASE("eve: stats have the counters of each thread on request, with the sums or without") {
  const std::vector<CounterValue> sums{{"decoder.pkts", 5}};
  const std::vector<ThreadStats> threads{{"W#01", {{"decoder.pkts", 2}, {"decoder.bytes", 0}}},
                                         {"W#02", {{"decoder.pkts", 3}}}};
  const auto line = [&](FakeSettings settings) {
    Fixture f{"stats", std::move(settings)};
    f.session.stats({kTime, 3, sums, {}, threads});
    return f.sink.lines.empty() ? "" : f.only_line().substr(f.only_line().find("\"uptime\""));
  };
  const std::string each = R"("threads":{"W#01":{"decoder":{"pkts":2}},"W#02":{"decoder":{"pkts":3}}}}})";
  CHECK(line({{"null-values", "no"}}) == R"("uptime":3,"decoder":{"pkts":5}}})");
  CHECK(line({{"threads", "yes"}, {"null-values", "no"}}) == R"("uptime":3,"decoder":{"pkts":5},)" + each);
  CHECK(line({{"threads", "yes"}, {"totals", "no"}, {"null-values", "no"}}) == R"("uptime":3,)" + each);
  CHECK(line({{"totals", "no"}}).empty());
}

TEST_CASE("eve: types that are off or disabled write nothing, and it is known which there are") {
  const FakeSettings off{{"enabled", "no"}};
  const FakeSettings none;
  LineSink sink;
  const EveLog log{none, {{"alert", &off}, {"flow", &none}}};
  EveSession session{log, sink};
  const rules::SignatureMeta m = meta();
  AlertRecord r;
  r.head = tcp_head();
  r.signature = &m;
  session.alert(r);
  session.netflow({flow_record(), Direction::to_server});
  session.drop(DropRecord{r});
  session.stats({kTime, 1, {}, {}});
  CHECK(sink.lines.empty());
  CHECK(log.wants(EventType::flow));
  CHECK_FALSE(log.wants(EventType::alert));
  for (const char* name : {"alert", "files", "dns"}) CHECK(EveLog::has_type(name));
  CHECK_FALSE(EveLog::has_type("no-such-thing"));
}

TEST_CASE("eve: protocols stands for every protocol that the list does not name") {
  const FakeSettings log_settings, none, off{{"enabled", "no"}};
  const EveLog log(log_settings, {{"protocols", &none}, {"dns", &off}});
  CHECK(log.tx_loggers(AppProto::tls).size() == 1);
  CHECK(log.tx_loggers(AppProto::ssh).size() == 1);
  CHECK(log.tx_loggers(AppProto::dns).empty());
  CHECK_FALSE(log.wants(EventType::alert));
  CHECK(EveLog::has_type("protocols"));
  const EveLog without(log_settings, {{"protocols", &off}, {"ssh", &none}});
  CHECK(without.tx_loggers(AppProto::tls).empty());
  CHECK(without.tx_loggers(AppProto::ssh).size() == 1);
}

namespace {

// An entry of the types list with a value that nobody can read.
class UnreadableEntry final : public Settings {
 public:
  [[nodiscard]] std::optional<std::string> text(std::string_view path) const override {
    return path == "enabled" ? std::optional<std::string>("maybe") : std::nullopt;
  }
  [[nodiscard]] std::vector<std::string> list(std::string_view) const override { return {}; }
  [[nodiscard]] bool has(std::string_view path) const override { return path == "enabled"; }
  void unreadable(std::string_view path, const char* expected) const override {
    told.append(path).append(": ").append(expected);
  }
  mutable std::string told;
};

}  // namespace

TEST_CASE("eve: what cannot be read in an entry of a protocol is told") {
  for (const char* type : {"smtp", "protocols"}) {
    CAPTURE(type);
    const FakeSettings log_settings;
    const UnreadableEntry entry;
    const EveLog log(log_settings, {{type, &entry}});
    CHECK(entry.told.starts_with("enabled: yes or no"));
  }
}
