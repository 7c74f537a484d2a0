#include <doctest/doctest.h>

#include "decoders/app/tls/tls.h"
#include "rules/load/rule_loader.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;

namespace {

LoadedRules load(const std::string& options) {
  RuleEnvironment environment;
  LoadedRules rules;
  load_rule_text("alert tls any any -> any any (" + options + " sid:1;)", "t.rules", environment, rules);
  return rules;
}

void fill(tls::TlsTransaction& tx) {
  tx.client.seen = tx.server.seen = true;
  tx.client.version = tx.server.version = tx.server.selected_version = 0x0303;
  tx.client.random.fill('c');
  tx.server.random.fill('s');
  tx.client.ciphers = {4865};
  tx.client.sni = "www.example.com";
  tx.client.alpns = {"h2", "http/1.1"};
  tx.server.alpns = {"h2"};
  tx.server_chain.bytes = {1, 2, 3};
  tx.server_chain.parts = {{0, 2}, {2, 1}};
  tx.server_chain.leaf = {.subject = "CN=www.example.com",
                          .issuer = "CN=CA",
                          .serial = "01:AB",
                          .fingerprint = "aa:bb",
                          .not_before = tls::seconds_of(2015, 10, 22),
                          .not_after = tls::seconds_of(2016, 10, 22),
                          .alt_names = {"a.test", "b.test"}};
  tx.first_seen = tls::seconds_of(2016, 1, 1) * 1'000'000;
}

std::vector<std::string> values(const std::string& keyword, const tls::TlsTransaction& tx, Direction d) {
  const LoadedRules rules = load(keyword + "; content:\"x\";");
  REQUIRE(rules.signatures.size() == 1);
  return test::buffer_values(*rules.signatures[0], tx, d);
}

}  // namespace

TEST_CASE("tls keywords: each buffer shows its field, in its direction") {
  tls::TlsTransaction tx(0);
  fill(tx);
  struct Row {
    const char* keyword;
    std::vector<std::string> to_server, to_client;
  };
  const Row rows[] = {
      {"tls.sni", {"www.example.com"}, {}},
      {"tls_sni", {"www.example.com"}, {}},
      {"tls.alpn", {"h2", "http/1.1"}, {"h2"}},
      {"tls.random", {std::string(32, 'c')}, {std::string(32, 's')}},
      {"tls.random_time", {"cccc"}, {"ssss"}},
      {"tls.random_bytes", {std::string(28, 'c')}, {std::string(28, 's')}},
      {"tls.cert_subject", {}, {"CN=www.example.com"}},
      {"tls.cert_issuer", {}, {"CN=CA"}},
      {"tls.cert_serial", {}, {"01:AB"}},
      {"tls.cert_fingerprint", {}, {"aa:bb"}},
      {"tls.subjectaltname", {}, {"a.test", "b.test"}},
      {"tls.certs", {}, {"\x01\x02", "\x03"}},
      {"ja3.string", {"771,4865,,,"}, {}},
      {"ja3_hash", {"ea1e247991e541e39bf918cb7cfa5139"}, {}},
      {"ja3s.string", {}, {"771,0,"}},
      {"ja3s.hash", {}, {"0c28178f86dbc56970f8b40316856edc"}},
      {"ja4.hash", {"t12i0100h2_0f2cb44170f4_000000000000"}, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.keyword);
    CHECK(values(row.keyword, tx, Direction::to_server) == row.to_server);
    CHECK(values(row.keyword, tx, Direction::to_client) == row.to_client);
  }
}

TEST_CASE("tls keywords: the old certificate keywords put a content on the buffer") {
  const LoadedRules rules = load("tls.fingerprint:\"AA:bB\"; tls.subject:!\"CN=x\";");
  REQUIRE(rules.signatures.size() == 1);
  const auto& buffers = rules.signatures[0]->buffers;
  REQUIRE(buffers.size() == 2);
  const auto& fingerprint = std::get<Content>(buffers[0].chain.at(0));
  CHECK(std::string(fingerprint.pattern.begin(), fingerprint.pattern.end()) == "aa:bb");
  CHECK(std::get<Content>(buffers[1].chain.at(0)).negated);
}

TEST_CASE("tls keywords: versions, states and dates") {
  tls::TlsTransaction tx(0);
  fill(tx);
  struct Row {
    const char* option;
    bool matches;
  };
  const Row rows[] = {
      {"tls.version:1.2;", true},
      {"tls.version:\"1.3\";", false},
      {"tls.version:0x0303;", true},
      {"tls.version:!1.0;", true},
      {"ssl_version:tls1.2;", true},
      {"ssl_version:sslv2,sslv3;", false},
      {"ssl_version:!sslv3,!tls1.0;", true},
      {"ssl_state:server_hello;", true},
      {"ssl_state:client_keyx|unknown;", false},
      {"ssl_state:!client_hello;", false},
      {"tls_cert_notbefore:2015-10-22;", true},
      {"tls_cert_notbefore:<2015-10-22;", false},
      {"tls_cert_notbefore:2015<>2016;", true},
      {"tls_cert_notbefore:>2015-10-21T23:59:59;", true},
      {"tls_cert_notafter:<2016;", false},
      {"tls_cert_expired;", false},
      {"tls_cert_valid;", true},
      {"tls.cert_chain_len:2;", true},
      {"tls.cert_chain_len:>2;", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.option);
    const LoadedRules rules = load(row.option);
    REQUIRE(rules.signatures.size() == 1);
    CHECK(rules.signatures[0]->tx_checks.at(0).check->matches(tx, Direction::to_client) == row.matches);
  }
}

TEST_CASE("tls keywords: an expired certificate is told by the time of the connection") {
  tls::TlsTransaction tx(0);
  fill(tx);
  tx.first_seen = tls::seconds_of(2017, 1, 1) * 1'000'000;
  const LoadedRules rules = load("tls_cert_expired;");
  REQUIRE(rules.signatures.size() == 1);
  CHECK(rules.signatures[0]->tx_checks.at(0).check->matches(tx, Direction::to_client));
}

TEST_CASE("tls keywords: arguments that mean nothing are refused") {
  for (const char* option :
       {"tls.version:2.0;", "ssl_version:tls9;", "ssl_state:open;", "tls_cert_notbefore:2015-13-01;",
        "tls_cert_notafter:2016<>2015;", "tls.subject:\"\";", "tls.store;"}) {
    CAPTURE(option);
    CHECK(load(option).failed == 1);
  }
}
