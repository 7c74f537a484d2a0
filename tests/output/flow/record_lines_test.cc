// Records as lines of other programs' formats.
#include <algorithm>
#include <array>
#include <vector>

#include <doctest/doctest.h>

#include "output/csv.h"
#include "output/flow/nfdump_lines.h"
#include "output/flow/record_csv.h"
#include "output/flow/zeek_lines.h"

using namespace weir;
using namespace weir::output;

namespace {

constexpr TimeUs kBegin = 1'700'006'400'123'000;

flow::Record line_record() {
  flow::Record r;
  r.source = IpAddress::v4(0x0a000001);
  r.destination = IpAddress::v4(0xc0a864c8);
  r.source_port = 1000;
  r.destination_port = 443;
  r.protocol = 6;
  r.sides[0] = {6, 900, kBegin, kBegin + 800'000, 0x1b, 0};
  return r;
}

IpAddress six(std::array<std::uint8_t, 16> bytes) {
  return IpAddress::from(bytes);
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t end = line.find('\t');
    out.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return out;
    line.remove_prefix(end + 1);
  }
}

}  // namespace

// What nfdump 1.7.1 prints of the same records (TZ=UTC).
TEST_CASE("nfdump: lines are those that nfdump prints") {
  NfdumpLines lines;
  flow::Record r = line_record();
  const auto ahead = [&] { return lines.line(r, Direction::to_server); };
  CHECK(ahead() ==
        "2023-11-15 00:00:00.123     00:00:00.800 TCP           10.0.0.1:1000  ->  192.168.100.200:443       "
        "   6      900     1");
  r.flows = 12;
  CHECK(ahead().ends_with("   6      900    12"));
  r.flows = 1;
  r.sides[0] = {123'456'789, 9'876'543'210, kBegin + 1000, kBegin + TimeUs{108'000'000'000}, 2, 0};
  r.source = IpAddress::v4(0x01020304);
  r.destination = IpAddress::v4(0x08080808);
  r.source_port = 12345;
  r.destination_port = 65535;
  CHECK(ahead() ==
        "2023-11-15 00:00:00.124  1d 05:59:59.999 TCP            1.2.3.4:12345 ->          8.8.8.8:65535  "
        "123.5 M    9.9 G     1");
  r.sides[0] = {999'999, 1'048'576, kBegin + 1000, kBegin + 12'345'678'000, 0, 0};
  r.protocol = 50;
  r.source_port = r.destination_port = 0;
  CHECK(ahead() ==
        "2023-11-15 00:00:00.124     03:25:45.677 ESP            1.2.3.4:0     ->          8.8.8.8:0       "
        "999999    1.0 M     1");
  r.sides[0] = {4, 320, kBegin + 1000, kBegin + 999'000, 0, 0};
  r.protocol = 1;
  r.has_icmp = true;
  r.icmp_type = r.icmp_code = 3;
  r.source_port = 7;
  CHECK(ahead() ==
        "2023-11-15 00:00:00.124     00:00:00.998 ICMP           1.2.3.4:0     ->          8.8.8.8:3.3       "
        "   4      320     1");
}

TEST_CASE("nfdump: long addresses are shortened in their middle, and each direction has a line") {
  NfdumpLines lines;
  flow::Record r = line_record();
  r.source = six({0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  r.destination =
      six({0x20, 1, 0x0d, 0xb8, 0, 1, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56, 0x78});
  CHECK(lines.line(r, Direction::to_server) ==
        "2023-11-15 00:00:00.123     00:00:00.800 TCP        2001:db8::1.1000  -> 2001:db..34:5678.443       "
        "   6      900     1");
  CHECK(lines.line(r, Direction::to_client).empty());
  r.sides[1] = {5, 400, kBegin + 1000, kBegin + 2000, 0x12, 0};
  CHECK(lines.line(r, Direction::to_client) ==
        "2023-11-15 00:00:00.124     00:00:00.001 TCP   2001:db..34:5678.443   ->      2001:db8::1.1000      "
        "   5      400     1");
}

TEST_CASE("zeek: the head names as many fields as a line has") {
  ZeekLines lines;
  const std::string head = lines.head(kBegin);
  CHECK(head.starts_with(
      "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
      "#open\t2023-11-15-00-00-00\n#fields\tts\tuid\tid.orig_h\t"));
  const std::string_view fields = std::string_view(head).substr(head.find("#fields"));
  const std::size_t types = fields.find("\n#types");
  const auto count = fields_of(lines.line(line_record())).size();
  CHECK(fields_of(fields.substr(0, types)).size() == count + 1);
  CHECK(fields_of(fields.substr(types + 1)).size() == count + 1);
  CHECK(lines.foot(kBegin) == "#close\t2023-11-15-00-00-00");
}

TEST_CASE("zeek: what an exporter's record does not say is unset") {
  ZeekLines lines;
  const auto f = fields_of(lines.line(line_record()));
  REQUIRE(f.size() == 22);
  CHECK(f[0] == "1700006400.123000");
  CHECK(f[1].size() == 19);
  CHECK(f[1].front() == 'C');
  CHECK(f[2] == "10.0.0.1");
  CHECK(f[3] == "1000");
  CHECK(f[5] == "443");
  CHECK(f[6] == "tcp");
  for (const std::size_t unset : {7U, 9U, 10U, 11U, 14U, 15U, 20U}) CHECK(f[unset] == "-");
  CHECK(f[8] == "0.800000");
  CHECK(f[12] == "T");
  CHECK(f[16] == "6");
  CHECK(f[17] == "900");
  CHECK(f[18] == "0");
}

TEST_CASE("zeek: what a meter says is told in its fields, and texts are escaped") {
  ZeekLines lines;
  flow::Record r = line_record();
  flow::Detail d;
  d.history = "ShADadFf";
  d.state = "SF";
  d.application = "tls";
  d.sides[0].payload_bytes = 500;
  d.sides[1].lost_bytes = 7;
  r.detail = &d;
  r.destination = IpAddress::v4(0x08080808);
  auto f = fields_of(lines.line(r));
  CHECK(f[7] == "ssl");
  CHECK(f[9] == "500");
  CHECK(f[10] == "0");
  CHECK(f[11] == "SF");
  CHECK(f[13] == "F");
  CHECK(f[14] == "7");
  CHECK(f[15] == "ShADadFf");
  // Of https://github.com/corelight/community-id-spec: a hash in base64 behind the version.
  CHECK(f[21].starts_with("1:"));
  d.application = "a\tb\\";
  CHECK(fields_of(lines.line(r))[7] == "a\\x09b\\x5c");
  r.has_icmp = true;
  r.protocol = 58;
  r.icmp_type = 128;
  f = fields_of(lines.line(r));
  CHECK(f[3] == "128");
  CHECK(f[5] == "0");
  CHECK(f[6] == "icmp");
}

TEST_CASE("CSV: fields with commas, quotes and line ends stand in quotes") {
  const auto field = [](std::string_view text) {
    std::string line;
    append_csv(line, text);
    return line;
  };
  CHECK(field("plain text") == "plain text");
  CHECK(field("") == "");
  CHECK(field("a,b") == "\"a,b\"");
  CHECK(field("a\"b") == "\"a\"\"b\"");
  CHECK(field("a\nb") == "\"a\nb\"");
}

TEST_CASE("CSV: a record has a field for each of the head's") {
  RecordCsv csv;
  CHECK(csv.head().starts_with("start,end,proto,src_ip,src_port,dest_ip,dest_port,icmp_type,"));
  flow::Record r = line_record();
  CHECK(csv.line(r) ==
        "2023-11-15T00:00:00.123000+0000,2023-11-15T00:00:00.923000+0000,TCP,10.0.0.1,1000,192.168.100.200,"
        "443,,,6,0,900,0,"
        "1b,00,,,,,,,1,,,,,,,,,,");
  const auto commas = [](std::string_view text) { return std::count(text.begin(), text.end(), ','); };
  CHECK(commas(csv.line(r)) == commas(csv.head()));
  RecordCsv placed(true);
  r.countries[1] = {'D', 'E'};
  CHECK(placed.head() == csv.head() + ",src_country,dest_country");
  CHECK(placed.line(r) == std::string(csv.line(r)) + ",,DE");
}
