#include <doctest/doctest.h>

#include "decoders/app/tls/tls.h"
#include "output/eve_tx.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

void fill(tls::TlsTransaction& tx) {
  tx.client.seen = tx.server.seen = true;
  tx.client.version = tx.server.version = tx.server.selected_version = 0x0303;
  tx.client.ciphers = {0x2a2a, 4865};
  tx.client.extensions = {0, 43};
  tx.client.signature_algorithms = {0x0403};
  tx.client.sni = "www.example.com";
  tx.client.has_sni = true;
  tx.client.alpns = {"h2"};
  tx.server.alpns = {"h2"};
  tx.server.cipher = 4865;
}

void certify(tls::CertificateChain& chain) {
  chain.bytes = {1, 2, 3};
  chain.parts = {{0, 2}, {2, 1}};
  chain.leaf = {.subject = "CN=a",
                .issuer = "CN=CA",
                .serial = "01:AB",
                .fingerprint = "aa:bb",
                .not_before = tls::seconds_of(2015, 10, 22),
                .not_after = tls::seconds_of(2016, 10, 22),
                .alt_names = {"a.test"}};
}

std::string written(const Settings& settings, const Transaction& tx) {
  const auto writer = eve_tls.configure(settings);
  JsonWriter out;
  {
    const auto event = out.object();
    if (!writer->write(out, tx)) return {};
  }
  return std::string(out.text());
}

// Settings with a list of custom fields.
class Custom final : public Settings {
 public:
  explicit Custom(std::vector<std::string> fields) : fields_(std::move(fields)) {}
  [[nodiscard]] std::optional<std::string> text(std::string_view) const override { return std::nullopt; }
  [[nodiscard]] std::vector<std::string> list(std::string_view path) const override {
    return path == "custom" ? fields_ : std::vector<std::string>{};
  }
  [[nodiscard]] bool has(std::string_view path) const override { return path == "custom"; }

 private:
  std::vector<std::string> fields_;
};

}  // namespace

TEST_CASE("eve tls: extended shows the usual fields") {
  tls::TlsTransaction tx(0);
  fill(tx);
  certify(tx.server_chain);
  CHECK(
      written(FakeSettings{{"extended", "yes"}}, tx) ==
      R"({"tls":{"subject":"CN=a","issuerdn":"CN=CA","subjectaltname":["a.test"],"serial":"01:AB",)"
      R"("fingerprint":"aa:bb","sni":"www.example.com","version":"TLS 1.2","notbefore":"2015-10-22T00:00:00",)"
      R"("notafter":"2016-10-22T00:00:00","ja3":{"hash":")" +
          tx.ja3_hash() + R"(","string":"771,4865,0-43,,"},"ja3s":{"hash":")" + tx.ja3s_hash() +
          R"(","string":"771,4865,"},"ja4":")" + tx.ja4() +
          R"(","client_alpns":["h2"],"server_alpns":["h2"]}})");
}

TEST_CASE(
    "eve tls: without extended there is the certificate's name, or on request that a session was resumed") {
  tls::TlsTransaction tx(0);
  fill(tx);
  tx.client.has_ticket = true;
  const std::string resumed = R"({"tls":{"session_resumed":true}})";
  CHECK(written(FakeSettings{{"session-resumption", "yes"}}, tx) == resumed);
  CHECK(written(FakeSettings{{"extended", "no"}}, tx) == resumed);
  JsonWriter out;
  {
    const auto event = out.object();
    CHECK_FALSE(eve_tls.configure(FakeSettings{})->write(out, tx));
    CHECK_FALSE(
        eve_tls.configure(FakeSettings{{"extended", "yes"}, {"session-resumption", "no"}})->write(out, tx));
  }
  certify(tx.server_chain);
  CHECK(written(FakeSettings{}, tx) == R"({"tls":{"subject":"CN=a","issuerdn":"CN=CA"}})");
}

TEST_CASE("eve tls: custom fields, certificates as base64") {
  tls::TlsTransaction tx(0);
  fill(tx);
  certify(tx.server_chain);
  certify(tx.client_chain);
  CHECK(written(Custom({"certificate", "chain", "client_certificate"}), tx) ==
        R"({"tls":{"certificate":"AQI=","chain":["AQI=","Aw=="],"client":{"certificate":"AQI="}}})");
  CHECK(
      written(Custom({"client_handshake", "server_handshake"}), tx) ==
      R"({"tls":{"client_handshake":{"version":"TLS 1.2","ciphers":[4865],"exts":[0,43],"sig_algs":[1027]},)"
      R"("server_handshake":{"version":"TLS 1.2","cipher":4865}}})");
  CHECK(
      written(Custom({"client"}), tx) ==
      R"({"tls":{"client":{"subject":"CN=a","issuerdn":"CN=CA","subjectaltname":["a.test"],"serial":"01:AB",)"
      R"("fingerprint":"aa:bb","notbefore":"2015-10-22T00:00:00","notafter":"2016-10-22T00:00:00"}}})");
}

TEST_CASE("eve tls: a connection without a server, and one where nothing was seen") {
  tls::TlsTransaction tx(0);
  CHECK(written(FakeSettings{{"extended", "yes"}}, tx).empty());
  tx.client.seen = true;
  tx.client.sni = "a";
  CHECK(written(FakeSettings{{"extended", "yes"}}, tx) == R"({"tls":{"sni":"a","version":"UNDETERMINED"}})");
}
