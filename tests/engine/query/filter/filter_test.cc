#include "engine/query/filter/filter.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "decoders/ip_network.h"

namespace weir::engine {
namespace {

// 10.1.2.3:40000 -> 192.0.2.7:443 tcp, answered, 12 s: 10 packets and 1000 bytes there, 20 packets and 2,000,000 bytes back.
flow::Record web_record() {
  flow::Record r;
  r.source = IpAddress::v4(0x0a010203);
  r.destination = IpAddress::v4(0xc0000207);
  r.source_port = 40000;
  r.destination_port = 443;
  r.protocol = 6;
  r.sides[0] = {
      .packets = 10, .bytes = 1000, .first = 1'000'000, .last = 11'000'000, .tcp_flags = 0x1b, .tos = 0xb8};
  r.sides[1] = {.packets = 20, .bytes = 2'000'000, .first = 1'500'000, .last = 13'000'000, .tcp_flags = 0x1a};
  r.in_interface = 3;
  r.out_interface = 4;
  r.vlan = 17;
  r.routing.source_as = 64500;
  r.routing.destination_as = 64501;
  r.routing.next_hop = IpAddress::v4(0xc6336401);
  r.exporter = {.address = IpAddress::v4(0x7f000001), .domain = 9};
  return r;
}

Filter filter_of(std::string_view text) {
  auto filter = Filter::parse(text);
  REQUIRE_MESSAGE(filter.has_value(), std::string(text), ": ", filter.has_value() ? "" : filter.error());
  return *filter;
}
bool takes(std::string_view text, const flow::Record& record) {
  return filter_of(text).matches(record);
}

struct Case {
  const char* text;
  bool is_taken;
};

void check_all(const std::vector<Case>& cases, const flow::Record& record) {
  for (const Case& c : cases) {
    CAPTURE(std::string(c.text));
    CHECK(takes(c.text, record) == c.is_taken);
  }
}

std::string error_of(std::string_view text) {
  const auto filter = Filter::parse(text);
  return filter ? "" : filter.error();
}
std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

TEST_CASE("flow filter: the filter of the manual") {
  const char* const text = "src in 10.0.0.0/8 and dport 443 and not answered and bytes > 1M";
  flow::Record r = web_record();
  CHECK_FALSE(takes(text, r));
  r.sides[1] = {};
  CHECK_FALSE(takes(text, r));
  r.sides[0].bytes = 1'000'001;
  CHECK(takes(text, r));
  r.source = IpAddress::v4(0x0b010203);
  CHECK_FALSE(takes(text, r));
}

TEST_CASE("flow filter: addresses of one side, of both and of one of them") {
  check_all({{"host 10.1.2.3", true},
             {"ip 192.0.2.7", true},
             {"host 10.1.2.4", false},
             {"src host 10.1.2.3", true},
             {"dst host 10.1.2.3", false},
             {"src 10.1.2.3 and dst 192.0.2.7", true},
             {"src 192.0.2.7 or dst 10.1.2.3", false},
             {"net 192.0.2.0/24", true},
             {"src net 192.0.2.0/24", false},
             {"dst net 192.0.2.0 255.255.255.0", true},
             {"dst net 192.0.2.0 255.255.255.248", true},
             {"dst net 192.0.3.0 255.255.255.0", false},
             {"src or dst in 192.0.2.0/24", true},
             {"src and dst in 192.0.2.0/24", false},
             {"src and dst in [192.0.2.0/24, 10.0.0.0/8]", true},
             {"in [203.0.113.1 203.0.113.2 10.1.0.0/16]", true},
             {"src ip in [203.0.113.1]", false},
             {"src [203.0.113.1 10.1.2.3]", true},
             {"host 2001:db8::1", false},
             {"next ip 198.51.100.1", true},
             {"exporter 127.0.0.1 and domain 9", true},
             {"router ip 127.0.0.2", false}},
            web_record());
}

TEST_CASE("flow filter: countries, where they are known") {
  flow::Record r = web_record();
  check_all({{"country DE", false}, {"not country DE", true}}, r);
  r.countries[1] = {'D', 'E'};
  check_all({{"country DE", true},
             {"geo de", true},
             {"src country DE", false},
             {"dst country DE", true},
             {"src and dst country DE", false},
             {"country in [FR DE]", true},
             {"country != FR", true},
             {"dst geo FR", false}},
            r);
  CHECK(first_line(error_of("country Germany")) ==
        "column 9: expected a country by its two letters, such as DE, got 'Germany'");
  CHECK(filter_of("country DE").narrow().fields.has(Field::country));
  CHECK_FALSE(filter_of("as 64500").narrow().fields.has(Field::country));
}

TEST_CASE("flow filter: ports, protocols and what else is a number") {
  check_all({{"port 443", true},
             {"port 40000", true},
             {"sport 443", false},
             {"src port 443", false},
             {"dst port = 443", true},
             {"dport 442-444", true},
             {"dport in [80 8000-8010]", false},
             {"dport in [80, 443]", true},
             {"port > 1023", true},
             {"src and dst port > 1023", false},
             {"dport != 443", false},
             {"dport lt 444", true},
             {"proto tcp", true},
             {"proto 17", false},
             {"proto in [udp 6]", true},
             {"tcp port 443", true},
             {"udp port 443", false},
             {"not udp dst port 443", true},
             {"tcp", true},
             {"icmp or icmp6", false},
             {"icmp-type 0", false},
             {"as 64501", true},
             {"src as 64501", false},
             {"if 4", true},
             {"in if 3 and out if 4", true},
             {"in if 4", false},
             {"vlan 17", true},
             {"src tos 184", true},
             {"dscp 46", true},
             {"dst dscp 46", false},
             {"sampling 1", true},
             {"ipv4", true},
             {"inet6", false}},
            web_record());
}

TEST_CASE("flow filter: amounts are of both sides, or of the one that is named") {
  check_all({{"packets 30", true},
             {"src packets 10 and packets-in 20", true},
             {"bytes 2001000", true},
             {"bytes > 2M", true},
             {"bytes > 2Mi", false},
             {"bytes-out = 1k", true},
             {"dst bytes >= 2MB", true},
             {"bytes 1M-3M", true},
             {"bytes < 0", false},
             {"duration 12s", true},
             {"duration > 11999", true},
             {"duration > 0.2m", false},
             {"duration >= 200ms", true},
             {"pps 2", true},
             {"bps = 1334000", true},
             {"bpp > 66k", true}},
            web_record());
}

TEST_CASE("flow filter: flags are those of both sides together, and all of them must be there") {
  flow::Record r = web_record();
  check_all({{"flags S", true},
             {"flags SAPF", true},
             {"flags R", false},
             {"dst flags F", false},
             {"src flags = SAPF", true},
             {"flags = S", false},
             {"flags 0x1b", true},
             {"tcp flags S", true},
             {"flags S and not flags AFRPU", false}},
            r);
  r.sides[0].tcp_flags = 0x02;
  r.sides[1].tcp_flags = 0;
  CHECK(takes("flags S and not flags AFRPU", r));
  CHECK(takes("flags = s", r));
  r.sides[0].tcp_flags = 0x12;
  check_all({{"flags S and not flags AFRPU", false},
             {"not flags FRPU", true},
             {"not flags AF", false},
             {"not (flags AF)", true},
             {"! flags = S", true}},
            r);
}

TEST_CASE("flow filter: ICMP has a type and no ports") {
  flow::Record r = web_record();
  r.protocol = 1;
  r.has_icmp = true;
  r.icmp_type = 3;
  r.icmp_code = 1;
  check_all({{"port 443", false},
             {"port != 443", true},
             {"icmp-type 3 and icmp-code 1", true},
             {"icmp-code 3", false}},
            r);
}

TEST_CASE("flow filter: names are compared whole, in any case, and * stands for letters") {
  flow::Record r = web_record();
  CHECK_FALSE(takes("app tls", r));
  flow::Detail detail;
  detail.application = "tls";
  detail.host = "www.Example.com";
  detail.state = "SF";
  r.detail = &detail;
  check_all({{"app TLS", true},
             {"app in [dns \"tls\"]", true},
             {"sni example.com", false},
             {"sni *.example.com", true},
             {"name w*w*m", true},
             {"name w*x*z", false},
             {"name = *", true},
             {"ja4 *", false},
             {"state SF", true}},
            r);
}

TEST_CASE("flow filter: one of the rules or indicators that hit is enough") {
  flow::Record r = web_record();
  CHECK_FALSE(takes("sid > 0", r));
  CHECK_FALSE(takes("indicator *", r));
  flow::Detail detail;
  detail.hit_rules = "2000001 3:17";
  detail.hit_indicators = "Abuse\t192.0.2.1\nother\tevil.example";
  r.detail = &detail;
  check_all({{"sid 17", true},
             {"sid 3", false},
             {"sid 2000000-2000100", true},
             {"sid in [1 2]", false},
             {"not sid 17", false},
             {"feed abuse", true},
             {"feed other and indicator *.example", true},
             {"indicator 192.0.2.1", true},
             {"indicator abuse", false}},
            r);
}

TEST_CASE("flow filter: and binds tighter than or, not tighter than both") {
  const flow::Record r = web_record();
  check_all({{"", true},
             {"any", true},
             {"not any", false},
             {"not not any", true},
             {"tcp or udp and vlan 3", true},
             {"(tcp or udp) and vlan 3", false},
             {"!(udp || vlan 3) && answered", true},
             {"not udp and vlan 3", false},
             {"not (udp and vlan 3)", true},
             {"NOT udp AND TCP", true}},
            r);
  CHECK(filter_of("any or vlan 3").takes_all());
  CHECK_FALSE(filter_of("not any").takes_all());
}

TEST_CASE("flow filter: what is wrong is told with its column and a caret") {
  CHECK(error_of("tcp and port foo") ==
        "column 14: expected a port, got 'foo'\n  tcp and port foo\n               ^");
  const std::vector<std::pair<const char*, const char*>> cases{
      {"dprot 443", "column 1: 'dprot' is no word of filters; is 'dport' meant?"},
      {"port 65536", "column 6: expected a port, got '65536'"},
      {"port", "column 5: expected a port behind the last word"},
      {"port 90-80", "column 6: expected a port, got '90-80'"},
      {"src in 10.0.0.0/33", "column 8: expected an address or a network, got '10.0.0.0/33'"},
      {"tcp udp", "column 5: expected and, or or the end, got 'udp'"},
      {"(tcp", "column 5: expected and, or or ')' behind the last word"},
      {"tcp)", "column 4: expected and, or or the end, got ')'"},
      {"src vlan 3", "column 5: 'vlan' goes without 'src'"},
      {"dst sport 3", "column 5: 'sport' goes without 'dst'"},
      {"flags SX", "column 7: expected TCP flags by their letters, such as SA, got 'SX'"},
      {"flags > S", "column 7: '>' goes with numbers only"},
      {"bytes > [1 2]", "column 7: '>' goes with one value, not with a list"},
      {"bytes > 1Q", "column 9: expected a number such as 1500, 10k or 1.5M, got '1Q'"},
      {"bytes > 99999999T", "column 9: expected a number such as 1500, 10k or 1.5M, got '99999999T'"},
      {"vlan 4096", "column 6: expected a number up to 4095, got '4096'"},
      {"port in [80 443", "column 16: expected a port behind the last word"},
      {"port in []", "column 10: expected a port, got ']'"},
      {"tcp & udp", "column 5: '&' alone means nothing: write && or ||"},
      {"app \"dns", "column 5: this quote has no end"}};
  for (const auto& wrong : cases) {
    CAPTURE(std::string(wrong.first));
    CHECK(first_line(error_of(wrong.first)) == wrong.second);
  }
}

TEST_CASE("flow filter: depth, tests and length have limits") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "tcp" + std::string(depth, ')');
  };
  CHECK(error_of(nested(filter::kMaxFilterDepth - 1)).empty());
  CHECK(first_line(error_of(nested(filter::kMaxFilterDepth))) ==
        "column 101: more than 100 parentheses in each other");
  std::string tests = "tcp";
  for (std::size_t i = 1; i < filter::kMaxFilterTests; ++i) tests += " or tcp";
  CHECK(error_of(tests).empty());
  CHECK(error_of(tests + " or tcp").find("more than 4096 tests") != std::string::npos);
  CHECK(error_of(std::string(filter::kMaxFilterBytes, ' ')).empty());
  CHECK_FALSE(error_of(std::string(filter::kMaxFilterBytes + 1, ' ')).empty());
}

TEST_CASE("flow filter: sources are told what every way through the filter asks for") {
  struct Narrowed {
    const char* text;
    std::vector<std::string> hosts, others;
    std::vector<std::uint16_t> ports;
  };
  const std::vector<Narrowed> cases{
      {"tcp", {}, {}, {}},
      {"host 10.0.0.1 and dport 443", {"10.0.0.1"}, {}, {443}},
      {"src in 10.0.0.0/8 and dst 192.0.2.1", {"10.0.0.0/8"}, {"192.0.2.1"}, {}},
      {"src and dst in 10.0.0.0/8", {"10.0.0.0/8"}, {"10.0.0.0/8"}, {}},
      {"host 10.0.0.1 or dst 10.0.0.2", {"10.0.0.1", "10.0.0.2"}, {}, {}},
      {"host 10.0.0.1 or tcp", {}, {}, {}},
      {"not host 10.0.0.1", {}, {}, {}},
      {"not (not host 10.0.0.1 or not port 80)", {"10.0.0.1"}, {}, {80}},
      {"not (host 10.0.0.1 and port 80)", {}, {}, {}},
      {"port in [80 443] or sport 53", {}, {}, {53, 80, 443}},
      {"port > 1023", {}, {}, {}},
      {"port != 80", {}, {}, {}},
      {"src [10.0.0.1 10.0.0.2] and src 10.0.0.2 and tcp", {"10.0.0.2"}, {}, {}},
      {"(src 10.0.0.1 and dst 10.0.0.9) or src 10.0.0.2", {"10.0.0.1", "10.0.0.2"}, {}, {}}};
  const auto networks = [](const std::vector<std::string>& texts) {
    AddressSet set;
    for (const std::string& text : texts) set.add(IpNetwork::parse(text).value());
    return set;
  };
  const auto same = [](const AddressSet& a, const AddressSet& b) {
    return std::equal(
        a.networks().begin(), a.networks().end(), b.networks().begin(), b.networks().end(),
        [](const IpNetwork& x, const IpNetwork& y) { return x.address == y.address && x.bits == y.bits; });
  };
  for (const Narrowed& c : cases) {
    CAPTURE(std::string(c.text));
    const Filter filter = filter_of(c.text);
    CHECK(same(filter.narrow().hosts, networks(c.hosts)));
    CHECK(same(filter.narrow().others, networks(c.others)));
    CHECK(filter.narrow().ports == c.ports);
  }
}

TEST_CASE("flow filter: only the members that are looked at are asked for") {
  const Fields fields = filter_of("src 10.0.0.1 and port 80").narrow().fields;
  CHECK(fields.has(Field::addresses));
  CHECK(fields.has(Field::ports));
  CHECK_FALSE(fields.has(Field::counters));
  CHECK_FALSE(fields.has(Field::detail));
  CHECK_FALSE(filter_of("src 10.0.0.1 and port 80").wants_whole_flows());
  CHECK(filter_of("bytes > 1").wants_whole_flows());
  CHECK(filter_of("src 10.0.0.1 and (sid 17 or feed abuse)").wants_whole_flows());  // each part has its own
}

}  // namespace weir::engine
