#include "output/flow/flow_json.h"

#include <doctest/doctest.h>

using namespace weir;

namespace {

std::string flow_line(const flow::Record& record) {
  output::JsonWriter out;
  output::TimestampFormatter times;
  output::write_flow_record(out, times, record);
  return std::string(out.text());
}

flow::Record web_record() {
  flow::Record r;
  r.source = IpAddress::v4(0x0a000001);
  r.destination = IpAddress::v4(0xc0000201);
  r.source_port = 1000;
  r.destination_port = 443;
  r.protocol = 6;
  r.sides[0] = {3, 300, 1'700'000'000'000'000, 1'700'000'001'500'000, 0x1b, 0};
  r.exporter = {IpAddress::v4(0x7f000001), 7};
  return r;
}

}  // namespace

TEST_CASE("flow records: a one-sided one has the fields of an EVE flow, and its exporter") {
  CHECK(
      flow_line(web_record()) ==
      R"({"timestamp":"2023-11-14T22:13:21.500000+0000","event_type":"flow","src_ip":"10.0.0.1","src_port":1000,)"
      R"("dest_ip":"192.0.2.1","dest_port":443,"proto":"TCP","flow":{"pkts_toserver":3,"pkts_toclient":0,)"
      R"("bytes_toserver":300,"bytes_toclient":0,"start":"2023-11-14T22:13:20.000000+0000",)"
      R"("end":"2023-11-14T22:13:21.500000+0000","age":1},"tcp":{"tcp_flags":"1b","tcp_flags_ts":"1b",)"
      R"("tcp_flags_tc":"00"},"exporter":{"address":"127.0.0.1","domain":7,"sampling":1}})");
}

TEST_CASE("flow records: countries stand in them when somebody has looked them up") {
  flow::Record r = web_record();
  CHECK(flow_line(r).find("country") == std::string::npos);
  r.countries = {{{'D', 'E'}, {}}};
  CHECK(flow_line(r).find(R"("proto":"TCP","src_country":"DE","flow":)") != std::string::npos);
}

TEST_CASE(
    "flow records: directions with times of their own say so, and what only some say stands in its object") {
  flow::Record r = web_record();
  flow::Detail d;
  d.in_interface_name = "eth\"0";
  d.nat_source = IpAddress::v4(0x05050505);
  d.nat_event = 1;
  d.user = "alice";
  d.application = "web";
  d.source_mac = {2, 0, 0, 0, 0, 1};
  r.detail = &d;
  r.sides[1] = {2, 200, 1'700'000'000'100'000, 1'700'000'002'000'000, 0x12, 8};
  r.protocol = 17;
  r.in_interface = 3;
  r.vlan = 9;
  r.sampling = 100;
  r.end_reason = flow::EndReason::idle;
  CHECK(
      flow_line(r) ==
      R"({"timestamp":"2023-11-14T22:13:22.000000+0000","event_type":"flow","vlan":[9],"src_ip":"10.0.0.1","src_port":1000,)"
      R"("dest_ip":"192.0.2.1","dest_port":443,"proto":"UDP","flow":{"pkts_toserver":3,"pkts_toclient":2,)"
      R"("bytes_toserver":300,"bytes_toclient":200,"start":"2023-11-14T22:13:20.000000+0000",)"
      R"("end":"2023-11-14T22:13:22.000000+0000","start_toserver":"2023-11-14T22:13:20.000000+0000",)"
      R"("end_toserver":"2023-11-14T22:13:21.500000+0000","start_toclient":"2023-11-14T22:13:20.100000+0000",)"
      R"("end_toclient":"2023-11-14T22:13:22.000000+0000","age":2,"end_reason":"idle","tos_toclient":8},)"
      R"("tcp":{"tcp_flags":"1b","tcp_flags_ts":"1b","tcp_flags_tc":"12"},)"
      R"("exporter":{"address":"127.0.0.1","domain":7,"sampling":100},)"
      R"("path":{"in_interface":3,"in_interface_name":"eth\"0","src_mac":"02:00:00:00:00:01"},)"
      R"("nat":{"src_ip":"5.5.5.5","event":1},"firewall":{"user":"alice"},"application":{"name":"web"}})");
}

TEST_CASE("flow records: rules and indicators that hit are named") {
  flow::Record r = web_record();
  flow::Detail d;
  d.rule_hits = 3;
  d.indicator_hits = 1;
  d.hit_rules = "2000001 3:17";
  d.hit_indicators = "abuse\tevil.example";
  r.detail = &d;
  CHECK(flow_line(r).find(
            R"("rules":{"hits":3,"indicator_hits":1,"signatures":[{"gid":1,"signature_id":2000001},)"
            R"({"gid":3,"signature_id":17}],"indicators":[{"value":"evil.example","feed":"abuse"}]})") !=
        std::string::npos);
}

TEST_CASE("flow records: ICMP has type and code, and a protocol without a common name its number") {
  flow::Record r = web_record();
  r.protocol = 1;
  r.has_icmp = true;
  r.icmp_type = 8;
  r.sides[0].tcp_flags = 0;
  CHECK(flow_line(r).find(R"("dest_ip":"192.0.2.1","proto":"ICMP","icmp_type":8,"icmp_code":0,"flow")") !=
        std::string::npos);
  CHECK(flow_line(r).find("\"tcp\"") == std::string::npos);
  CHECK(output::flow_protocol_name(0) == "0");
  CHECK(output::flow_protocol_name(89) == "89");
  CHECK(output::flow_protocol_name(255) == "255");
}

TEST_CASE("flow records: an account says what came, and a file is no exporter") {
  output::JsonWriter out;
  output::TimestampFormatter times;
  output::ExporterAccount e{1, IpAddress{}, 7U, {}};
  e.account.messages = 2;
  e.account.lost = 3;
  e.account.version = 10;
  e.account.clock_offset_us = -1'500'000;
  e.account.first_message = e.account.last_message = 1'700'000'000'000'000;
  output::write_exporter_account(out, times, e);
  CHECK(
      out.text() ==
      R"({"address":"file","domain":7,"version":10,"messages":2,"bytes":0,"records":0,"options":0,"lost":3,)"
      R"("no_template":0,"malformed":0,"over_limit":0,"clock_offset_s":-1.5,"first":"2023-11-14T22:13:20.000000+0000",)"
      R"("last":"2023-11-14T22:13:20.000000+0000"})");
}
