#include "decoders/flow/vpc_log.h"

#include "tests/decoders/flow/flow_wire.h"

using namespace weir;
using namespace weir::test;
using flow::VpcLog;

namespace {

struct VpcBench {
  Collected collected;
  flow::RecordBatch batch{collected};
  VpcLog log;
  VpcLog::Line read(std::string_view line) {
    const auto result = log.read(line, batch);
    batch.flush();
    return result;
  }
};

constexpr std::string_view kPlain =
    "2 123456789010 eni-0a1b 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK";

}  // namespace

TEST_CASE("vpc logs: lines of the default format are records") {
  VpcBench bench;
  REQUIRE(bench.read(kPlain) == VpcLog::Line::record);
  REQUIRE(bench.read(
              "2023-11-14T22:13:20.000Z 2 1 eni-1 2001:db8::1 2001:db8::2 0 0 58 1 104 1418530010 1418530010 "
              "REJECT OK\r") == VpcLog::Line::record);
  CHECK(bench.read("2 1 eni-1 - - - - - - - 1431280876 1431280934 - NODATA") == VpcLog::Line::no_data);
  CHECK(bench.read("2 1 eni-1 - - - - - - - 1431280876 1431280934 - SKIPDATA") == VpcLog::Line::skipped);
  CHECK(bench.read("") == VpcLog::Line::header);
  REQUIRE(bench.collected.all.size() == 2);
  const flow::Record& r = bench.collected.all[0].record;
  CHECK(r.source == IpAddress::v4(0xac1f108b));
  CHECK(r.destination == IpAddress::v4(0xac1f1015));
  CHECK(r.source_port == 20'641);
  CHECK(r.destination_port == 22);
  CHECK(r.protocol == 6);
  CHECK(r.sides[0].packets == 20);
  CHECK(r.sides[0].bytes == 4249);
  CHECK(r.sides[0].first == TimeUs{1'418'530'010} * 1'000'000);
  CHECK(r.sides[0].last == TimeUs{1'418'530'070} * 1'000'000);
  CHECK(bench.collected.all[0].in_interface == "eni-0a1b");
  CHECK(bench.collected.all[0].detail.verdict == 1);
  CHECK(bench.collected.all[1].record.source.family == 6);
  CHECK(bench.collected.all[1].detail.verdict == 2);
  CHECK(bench.collected.all[1].detail.firewall_event == 3);
}

TEST_CASE("vpc logs: a line of names says which fields follow") {
  VpcBench bench;
  CHECK(bench.read("version vpc-id interface-id instance-id type srcaddr dstaddr srcport dstport pkt-srcaddr "
                   "pkt-dstaddr "
                   "protocol bytes packets start end action tcp-flags log-status flow-direction traffic-path "
                   "pkt-src-aws-service") == VpcLog::Line::header);
  REQUIRE(bench.read("5 vpc-1 eni-2 i-3 IPv4 10.0.0.1 10.0.0.2 1000 443 10.0.0.1 198.51.100.7 6 500 5 "
                     "1418530010 1418530020 "
                     "ACCEPT 19 OK egress 8 S3") == VpcLog::Line::record);
  const KeptRecord& kept = bench.collected.all.at(0);
  CHECK(kept.record.sides[0].bytes == 500);
  CHECK(kept.record.sides[0].tcp_flags == 19);
  CHECK(kept.record.observed_at == 2);
  CHECK(kept.out_interface == "eni-2");
  CHECK(kept.detail.nat_source.family == 0);
  CHECK(kept.detail.nat_destination == IpAddress::v4(0xc6336407));
  CHECK(bench.read(kPlain) == VpcLog::Line::wrong);
}

TEST_CASE("vpc logs: a line of a record is no line of names, whatever words it begins with") {
  VpcBench bench;
  REQUIRE(bench.read("action log-status srcaddr dstaddr srcport dstport protocol") == VpcLog::Line::header);
  // Words that are names of fields stand for values here.
  REQUIRE(bench.read("version start 10.0.0.1 10.0.0.2 1 2 6") == VpcLog::Line::record);
  std::string long_one = "srcaddr dstaddr";
  for (std::size_t i = 0; i < flow::kMaxVpcFields; ++i) long_one += " more";
  CHECK(bench.read(long_one) == VpcLog::Line::wrong);
  CHECK(bench.read("ACCEPT OK 10.0.0.3 10.0.0.4 1 2 6") == VpcLog::Line::record);
}

TEST_CASE("vpc logs: of a wrong line is said what and where") {
  struct Row {
    const char *line, *what, *text;
    std::uint32_t column;
  };
  for (const Row& row :
       {Row{"2 1 eni 10.0.0 10.0.0.2 1 2 6 1 1 1 1 ACCEPT OK", "no address", "10.0.0", 9},
        Row{"2 1 eni 10.0.0.1 10.0.0.0/8 1 2 6 1 1 1 1 ACCEPT OK", "no address", "10.0.0.0/8", 18},
        Row{"2 1 eni 10.0.0.1 ::1 1 2 6 1 1 1 1 ACCEPT OK", "not of the family of the source", "::1", 18},
        Row{"2 1 eni 10.0.0.1 10.0.0.2 70000 2 6 1 1 1 1 ACCEPT OK", "no port", "70000", 27},
        Row{"2 1 eni 10.0.0.1 10.0.0.2 1 2 256 1 1 1 1 ACCEPT OK", "no protocol", "256", 31},
        Row{"2 1 eni 10.0.0.1 10.0.0.2 1 2 6 -1 1 1 1 ACCEPT OK", "no number", "-1", 33},
        Row{"2 1 eni 10.0.0.1 10.0.0.2 1 2 6 1 1 99999999999999 1 ACCEPT OK", "no time", "99999999999999",
            37},
        Row{"hello", "there are fewer or more words than fields", "hello", 1}}) {
    CAPTURE(row.line);
    VpcBench bench;
    REQUIRE(bench.read(row.line) == VpcLog::Line::wrong);
    CHECK(bench.log.problem().what == row.what);
    CHECK(bench.log.problem().text == row.text);
    CHECK(bench.log.problem().column == row.column);
    CHECK(bench.collected.all.empty());
    CHECK(bench.read(kPlain) == VpcLog::Line::record);
  }
  VpcBench bench;
  CHECK(bench.read(std::string(flow::kMaxVpcLineBytes + 1, 'x')) == VpcLog::Line::wrong);
  for (std::size_t n = 1; n < kPlain.size(); ++n) {  // every truncation
    CAPTURE(n);
    const auto line = bench.read(kPlain.substr(0, n));
    CHECK((line == VpcLog::Line::wrong || n + 1 >= kPlain.size()));
  }
}
