// Warnings about rules that can hardly or never match: what is said of which, and of which nothing.
#include <doctest/doctest.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/load/left_out_warnings.h"
#include "rules/load/requires.h"
#include "rules/load/rule_loader.h"
#include "rules/load/rule_tables.h"

namespace weir::rules {
namespace {

struct Told {
  std::vector<RuleDiagnostic> warnings;
  std::size_t loaded = 0;
};

Told load_with(std::string_view rules, const LeftOut& left_out) {
  RuleEnvironment environment;
  environment.features = default_features();
  environment.left_out = left_out;
  add_default_tables(environment);
  LoadedRules loaded;
  load_rule_text(rules, "t", environment, loaded);
  CHECK(loaded.failed == 0);
  return {std::move(loaded.diagnostics), loaded.signatures.size()};
}

// "keyword: reason (found)" of the one warning of a rule, with "!" behind it when it can never match; empty: none.
std::string warning_of(std::string_view header, std::string_view options, const LeftOut& left_out = {}) {
  const std::string rule =
      "alert " + std::string(header) + " any any -> any any (" + std::string(options) + " sid:1;)";
  CAPTURE(rule);
  const Told told = load_with(rule, left_out);
  CHECK(told.warnings.size() <= 1);
  if (told.warnings.empty()) return {};
  const RuleDiagnostic& d = told.warnings[0];
  return d.keyword + ": " + d.reason + (d.offending.empty() ? "" : " (" + d.offending + ")") +
         (d.never ? "!" : "");
}

bool is_said(std::string_view part, const std::string& warning) {
  return warning.find(part) != std::string::npos;
}

struct SaidRow {
  std::string_view header, options, said;  // empty: nothing
};

void check_warnings(std::span<const SaidRow> rows) {
  for (const SaidRow& row : rows) {
    const std::string said = warning_of(row.header, row.options);
    CAPTURE(row.options);
    CAPTURE(said);
    CHECK(row.said.empty() == said.empty());
    CHECK(is_said(row.said, said));
  }
}

TEST_CASE("never matches: protocols that are not parsed, recognised or switched on") {
  CHECK(is_said("irc is not recognised yet", warning_of("irc", "content:\"x\";")));
  CHECK(warning_of("smb", "content:\"x\";").empty());
  CHECK(is_said("irc", warning_of("tcp", "app-layer-protocol:irc;")));
  CHECK(warning_of("tcp", "app-layer-protocol:!irc;").empty());
  CHECK(warning_of("http", "http.uri; content:\"x\";").empty());

  LeftOut off;
  off.undetected_over_tcp.set(index(AppProto::http)).set(index(AppProto::http2));
  off.unparsed_over_tcp.set(index(AppProto::dns));
  CHECK(is_said("http is switched off", warning_of("http1", "http.uri; content:\"x\";", off)));
  CHECK(warning_of("tcp", "content:\"x\";", off).empty());
  CHECK(warning_of("dns", "dns.query; content:\"x\";", off).empty());  // still over UDP
  CHECK(is_said("dns is only recognised", warning_of("tcp", "dns.query; content:\"x\";", off)));
}

TEST_CASE("never matches: buffers that their setting turns off") {
  LeftOut off;
  off.buffers = {&buffer_named("ja3.hash")};
  const std::string md5 = "content:\"0123456789abcdef0123456789abcdef\";";
  CHECK(warning_of("tls", "ja3.hash; " + md5, off) ==
        "ja3.hash: app-layer.protocols.tls.ja3-fingerprints turns it off!");
  CHECK(warning_of("tls", "ja3.hash; " + md5).empty());
  CHECK(warning_of("tls", "ja3s.hash; " + md5, off).empty());
  CHECK(is_said("turns it off", why_keyword_never_matches(*find_keyword("ja3_hash"), {.left_out = off})));
  CHECK(why_keyword_never_matches(*find_keyword("ja3s.hash"), {.left_out = off}).empty());
}

TEST_CASE("never matches: keywords about other packets than the header admits") {
  struct Row {
    std::string_view header, options, keyword;  // no keyword: nothing is said
  };
  constexpr Row kRows[] = {
      {"udp", "flags:S;", "flags"},
      {"icmp", "tcp.flags:S;", "flags"},
      {"tcp", "flags:S;", ""},
      {"ip", "flags:S;", ""},
      {"udp", "seq:1;", "tcp.seq"},
      {"udp", "window:1;", "tcp.window"},
      {"tcp", "itype:8;", "itype"},
      {"icmp", "itype:8;", ""},
      {"icmpv6", "icode:0;", ""},
      {"icmpv4", "icmpv6.mtu:9;", "icmpv6.mtu"},
      {"ip6", "ipopts:rr;", "ipopts"},
      {"ip6", "fragbits:M;", "fragbits"},
      {"ip4", "id:7;", ""},
      {"ip6", "ttl:7;", ""},
      {"udp", "stream_size:client,>,5;", "stream_size"},
      {"udp", "tcpv4-csum:invalid;", "tcpv4-csum"},
      {"tcp", "tcpv4-csum:invalid;", ""},
      {"ip6", "ipv4-csum:invalid;", "ipv4-csum"},
      {"udp", "flow:only_stream; content:\"x\";", "flow"},
  };
  for (const Row& row : kRows) {
    const std::string said = warning_of(row.header, row.options);
    CAPTURE(row.options);
    CHECK(said.substr(0, said.find(':')) == row.keyword);
  }
}

TEST_CASE("never matches: told at the option that is meant, by whatever name it goes") {
  const std::string head = "alert udp any any -> any any (msg:\"a\"; ";
  CHECK(load_with(head + "window:1; sid:1;)", {}).warnings.at(0).column == head.size() + 1);
  CHECK(load_with(head + "tcp.flags:S; sid:1;)", {}).warnings.at(0).column == head.size() + 1);
  const std::string http = "alert http any any -> any any (content:\"a|0a|\"; ";
  CHECK(load_with(http + "http_user_agent; sid:1;)", {}).warnings.at(0).column == http.size() + 1);
}

TEST_CASE("never matches: contents that no value of the buffer holds") {
  constexpr SaidRow kRows[] = {
      {"tls", "ja3.hash; content:\"0123456789abcdef0123456789abcdeg\";", "an MD5"},
      {"tls", "ja3.hash; content:\"0123456789abcdef0123456789abcdef0\";", "an MD5"},
      {"tls", "ja3.hash; content:\"0123456789abcdef\";", "16 of a value's 32 characters"},
      {"tls", "ja3.hash; content:\"0123456789ABCDEF0123456789ABCDEF\";", ""},
      {"tls", "ja3.hash; content:!\"0123456789abcdef\";", ""},
      {"tls", "ja3.string; content:\"771,4865-\";", ""},
      {"tls", "ja3.string; content:\"771|3b|\";", "numbers with commas"},
      {"tls", "ja4.hash; content:\"t13d1516h2_8daaf6152771_b186095e22b6\";", ""},
      {"tls", "ja4.hash; content:\"t13d\"; startswith;", ""},
      {"tls", "ja4.hash; content:\"_8DAAF6152771_\";", "36 characters"},
      {"tls", "ja4.hash; content:\"_8DAAF6152771_\"; nocase;", ""},
      {"tls", "tls.cert_fingerprint; content:\"f6:c5\";", "5 of a value's 59"},
      {"tls",
       "tls.cert_fingerprint; content:\"4f:a4:5e:58:7e:d9:db:20:09:d7:b6:c7:ff:58:c4:7b:dc:3f:55:b4\";", ""},
      {"tls",
       "tls.cert_fingerprint; content:\"4F:A4:5E:58:7E:D9:DB:20:09:D7:B6:C7:FF:58:C4:7B:DC:3F:55:B4\";", ""},
      {"tls", "tls.cert_serial; content:\"0a:bb\";", ""},
      {"tls", "tls.cert_serial; content:\"0a-bb\";", "upper case"},
      {"ssh", "ssh.hassh; content:\"ec7378c1a92f5a8dde7e8b7a1ddf33d1\";", ""},
      {"ssh", "ssh.hassh; content:\"ec7378c1a92f5a8dde7e8b7a1ddf33d\";", "31 of a value's 32"},
      {"http", "http.user_agent; content:\"User-Agent|3a 20|x\";", "without its name"},
      {"http", "content:\"user-agent|3a|\"; http_user_agent;", "without its name"},
      {"http", "http.header; content:\"User-Agent|3a 20|x\";", ""},
      {"http", "http.cookie; content:\"Set-Cookie|3a|\";", "without its name"},
      {"http", "http.user_agent; content:\"a|0d 0a|\";", "a line"},
      {"http", "http.host; content:\"example.com|3a|80\";", "without user and port"},
      {"http", "http.host; content:\"2001:db8::80\";", ""},
      {"http", "http.host.raw; content:\"example.com|3a|80\";", ""},
      {"http", "http.host; content:\"user@example.com\";", "without user and port"},
      {"http", "http.method; content:\"GET /\";", "a word"},
      {"http", "http.method; content:\"get\";", ""},
      {"http", "http.uri; content:\"/a b\";", ""},
      {"dns", "dns.query; content:\"|03|www|07|\";", "dots between their labels"},
      {"dns", "dns.query; content:\"|07|example|03|com|00|\";", "dots between their labels"},
      {"dns", "dns.query; content:\"www.example.com\";", ""},
      {"dns", "dns.query; content:\"|c3 a4|\";", ""},
      {"udp", "content:\"|03|www|07|\";", ""},
      {"http",
       "http.uri; to_sha1; content:\"|00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13|\";", ""},
      {"http", "http.uri; to_md5; content:\"d41d8cd98f00b204e9800998ecf8427e\";", "to_md5 gives 16 bytes"},
      {"tls", "ja3.hash; to_sha1; content:\"x\";", ""},
  };
  check_warnings(kRows);
}

TEST_CASE("never matches: conditions that exclude each other") {
  constexpr SaidRow kRows[] = {
      {"http", "http.uri; bsize:<3; bsize:>5; content:\"a\";", "6 bytes at least and 2 at most"},
      {"http", "http.uri; bsize:5; isdataat:5; content:\"a\";", "6 bytes at least and 5 at most"},
      {"http", "http.uri; bsize:5; isdataat:4; content:\"a\";", ""},
      {"http", "http.uri; bsize:5; isdataat:!4; content:\"a\";", "5 bytes at least and 4 at most"},
      {"http", "http.uri; isdataat:!4; content:\"abcde\";", "need 5 bytes"},
      {"http", "http.uri; isdataat:!5; content:\"abcde\";", ""},
      {"tcp", "dsize:5; isdataat:10; content:\"x\";", "11 bytes at least and 5 at most"},
      {"tcp", "dsize:>5; isdataat:10; content:\"x\";", ""},
      {"tls", "ja3.hash; bsize:31; pcre:\"/^a/\";", "32 bytes at least and 31 at most"},
      {"http", "http.uri; content:\"abcd\"; endswith; content:\"efgh\"; endswith;", "different bytes"},
      {"http", "http.uri; content:\"abcd\"; endswith; content:\"cd\"; endswith;", ""},
      {"http", "http.uri; content:\"abc\"; startswith; content:\"abd\"; depth:3;", "different bytes"},
      {"http", "http.uri; content:\"abc\"; startswith; content:\"C\"; nocase; offset:2; depth:1;", ""},
      {"http", "http.uri; content:\"abc\"; startswith; content:\"C\"; offset:2; depth:1;", "different bytes"},
      {"http", "http.uri; content:\"abc\"; startswith; content:\"x\"; offset:3; depth:1;", ""},
      {"http", "http.uri; content:\"xabcx\"; content:!\"abc\";", "holds what this one excludes"},
      {"http", "http.uri; content:\"xabcx\"; content:!\"ABC\"; nocase;", "holds what this one excludes"},
      {"http", "http.uri; content:\"xABCx\"; nocase; content:!\"ABC\";", ""},
      {"http", "http.uri; content:\"xabcx\"; content:!\"abc\"; depth:3;", ""},
      {"http", "http.uri; content:\"xabcx\"; content:!\"abc\"; distance:0;", ""},
      {"http", "http.uri; content:\"abc\"; http.host; content:!\"abc\";", ""},
  };
  check_warnings(kRows);
}

TEST_CASE("never matches: filestore without a store alerts all the same") {
  LeftOut none;
  none.file_store = true;
  const std::string said = warning_of("http", "http.uri; content:\"x\"; filestore;", none);
  CHECK(is_said("no file-store output", said));
  CHECK_FALSE(said.ends_with('!'));
  CHECK(warning_of("http", "http.uri; content:\"x\"; filestore;").empty());
}

// "sid:offending" of each warning.
std::string unset(std::string_view rules) {
  std::string out;
  for (const RuleDiagnostic& d : load_with(rules, {}).warnings)
    out += std::to_string(d.sid) + ":" + d.offending + (is_said("only rules", d.reason) ? "~ " : " ");
  return out;
}

TEST_CASE("unset names: what no rule sets, whatever comes first, and what only such rules set") {
  const std::string head = "alert tcp any any -> any any (";
  CHECK(unset(head + "flowbits:isset,a; sid:1;)") == "1:a ");
  CHECK(unset(head + "flowbits:isset,a; sid:1;)\n" + head + "flowbits:set,a; sid:2;)").empty());
  CHECK(unset(head + "flowbits:isset,a; sid:1;)\n" + head + "flowbits:toggle,a; sid:2;)").empty());
  CHECK(unset(head + "flowbits:isset,a; sid:1;)\n" + head + "flowbits:unset,a; sid:2;)") == "1:a ");
  CHECK(unset(head + "flowbits:isnotset,a; sid:1;)").empty());
  CHECK(unset(head + "flowbits:isset,a|b; sid:1;)") == "1:a|b ");
  CHECK(unset(head + "flowbits:isset,a|b; sid:1;)\n" + head + "flowbits:set,b; sid:2;)").empty());
  CHECK(unset(head + "flowbits:isset,a; flowbits:set,b; sid:1;)\n" + head + "flowbits:isset,b; sid:2;)") ==
        "1:a 2:b~ ");
  CHECK(unset(head + "flowbits:isset,a; flowbits:set,a; sid:1;)") == "1:a~ ");
  CHECK(unset("alert udp any any -> any any (flags:S; flowbits:set,a; sid:1;)\n" + head +
              "flowbits:isset,a; sid:2;)") == "1: 2:a~ ");
  CHECK(unset(head + "xbits:isset,x,track ip_src; sid:1;)") == "1:x ");
  CHECK(unset(head + "xbits:isset,x,track ip_src; sid:1;)\n" + head + "hostbits:set,x,src; sid:2;)").empty());
  const std::string of_http = "alert http any any -> any any (";
  const std::string asks_tx = of_http + "xbits:isset,x,track tx; sid:1;)\n";
  CHECK(unset(asks_tx + head + "hostbits:set,x,src; sid:2;)") == "1:x ");
  CHECK(unset(asks_tx + of_http + "http.uri; content:\"a\"; xbits:set,x,track tx; sid:2;)").empty());
  CHECK(unset(head + "flowint:n,>,3; sid:1;)") == "1:n ");
  CHECK(unset(head + "flowint:n,isset; sid:1;)") == "1:n ");
  CHECK(unset(head + "flowint:n,notset; sid:1;)").empty());
  CHECK(unset(head + "flowint:n,>,3; sid:1;)\n" + head + "flowint:n,+,1; sid:2;)").empty());
}

TEST_CASE("unset names: rules that wait for each other in a long row, the last one first") {
  std::string rules;
  for (int i = 200; i > 0; --i)
    rules += "alert tcp any any -> any any (flowbits:isset,b" + std::to_string(i - 1) + "; flowbits:set,b" +
             std::to_string(i) + "; sid:" + std::to_string(i) + ";)\n";
  CHECK(unset(rules + "alert tcp any any -> any any (flowbits:set,b0; sid:1000;)").empty());
}

TEST_CASE("unset names: a rule that a newer revision replaced sets nothing") {
  CHECK(unset("alert tcp any any -> any any (flowbits:set,a; sid:1; rev:1;)\n"
              "alert tcp any any -> any any (flowbits:isset,a; sid:2;)\n"
              "alert tcp any any -> any any (dsize:1; sid:1; rev:2;)") == "1: 2:a ");
}

}  // namespace
}  // namespace weir::rules
