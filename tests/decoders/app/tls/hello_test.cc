#include "decoders/app/tls/hello.h"

#include <doctest/doctest.h>

#include "tls_builder.h"

using namespace weir;
using namespace weir::tls;
using namespace weir::test;

namespace {
std::string body_of(const std::string& message) {
  return message.substr(4);
}
}  // namespace

TEST_CASE("tls hello: the client's fields and fingerprints") {
  ClientHello hello;
  const std::string body = body_of(client_hello(usual_extensions(), "session"));
  REQUIRE(parse_client_hello(bytes_of(body), hello) == HelloFault::none);
  CHECK(hello.version == 0x0303);
  CHECK(hello.session_id == "session");
  CHECK(hello.sni == "www.example.com");
  CHECK(hello.alpns == std::vector<std::string>{"h2", "http/1.1"});
  CHECK(hello.groups == std::vector<std::uint16_t>{29, 23});
  CHECK(ja3_text(hello) == "771,49199-156,0-10-11-13-16,29-23,0");
  // The last two parts begin the SHA-256 of "009c,c02f" and of "000a,000b,000d_0403,0804", says sha256sum.
  CHECK(ja4_text(hello, 't') == "t12d0205h2_08dfa304a768_876bcc86782c");
}

TEST_CASE("tls hello: digests are right") {
  CHECK(md5_hex("") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("tls hello: JA4 counts the highest version, and names no site for an unnamed one") {
  ClientHello hello;
  const std::string versions = extension(43, sized(1, be(0x1a1a, 2) + be(0x0303, 2) + be(0x0304, 2)));
  REQUIRE(parse_client_hello(bytes_of(body_of(client_hello(versions))), hello) == HelloFault::none);
  CHECK(hello.offered_version() == 0x0304);
  CHECK(ja4_text(hello, 't').substr(0, 10) == "t13i020100");
  hello.alpns = {"\xab\xcd"};
  CHECK(ja4_text(hello, 'q').substr(0, 10) == "q13i0201ad");
}

TEST_CASE("tls hello: the server's choice, and drafts without a session id") {
  ServerHello hello;
  const std::string extensions = extension(43, be(0x0304, 2)) + extension(51, "key");
  REQUIRE(parse_server_hello(bytes_of(body_of(server_hello(extensions))), hello) == HelloFault::none);
  CHECK(hello.version == 0x0303);
  CHECK(hello.selected_version == 0x0304);
  CHECK(ja3s_text(hello) == "771,49199,43-51");

  ServerHello draft;
  const std::string body =
      be(0x7f13, 2) + std::string(32, 's') + be(0x1302, 2) + sized(2, extension(40, "k"));
  REQUIRE(parse_server_hello(bytes_of(body), draft) == HelloFault::none);
  CHECK(draft.selected_version == 0x7f13);
  CHECK(ja3s_text(draft) == "32531,4866,40");
}

TEST_CASE("tls hello: every truncation is noticed or is a hello without extensions") {
  const std::string body = body_of(client_hello(usual_extensions()));
  const std::size_t without_extensions = body.size() - usual_extensions().size() - 2;
  for (std::size_t n = 0; n < body.size(); ++n) {
    CAPTURE(n);
    ClientHello hello;
    const bool fault = parse_client_hello(bytes_of(body).first(n), hello) != HelloFault::none;
    CHECK(fault == (n != without_extensions));
  }
}

TEST_CASE("tls hello: odd server names are told apart") {
  struct Row {
    std::string extensions;
    HelloFault fault;
  };
  const Row rows[] = {
      {sni_extension("a") + sni_extension("b"), HelloFault::multiple_sni},
      {extension(0, sized(2, be(7, 1) + sized(2, "a"))), HelloFault::sni_type},
      {extension(0, be(9, 2) + be(0, 1) + be(200, 2) + "a"), HelloFault::sni_length},
      {extension(0, ""), HelloFault::none},
  };
  for (const Row& row : rows) {
    ClientHello hello;
    CHECK(parse_client_hello(bytes_of(body_of(client_hello(row.extensions))), hello) == row.fault);
  }
}

TEST_CASE("tls version: names") {
  std::array<char, 8> buffer{};
  CHECK(version_name(0x0303, buffer) == "TLS 1.2");
  CHECK(version_name(0x7f13, buffer) == "TLS 1.3 draft-19");
  CHECK(version_name(0x7e01, buffer) == "0x7e01");
  CHECK(version_name(0, buffer) == "UNDETERMINED");
}
