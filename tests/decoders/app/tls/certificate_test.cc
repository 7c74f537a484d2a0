#include "decoders/app/tls/certificate.h"

#include <doctest/doctest.h>

#include "decoders/app/tls/distinguished_name.h"
#include "tls_builder.h"

using namespace weir;
using namespace weir::tls;
using namespace weir::test;

TEST_CASE("tls certificate: every field that rules and events show") {
  Certificate c;
  const std::string more =
      der(0x87, "\x7f\x01\x02\x03") + der(0x82, std::string_view("zero\0byte", 9)) + der(0x85, "x");
  REQUIRE(parse_certificate(bytes_of(der_certificate("691231000000Z", more)), c) == CertificateFault::none);
  CHECK(c.issuer == "C=US, O=Test, Inc.");
  CHECK(c.subject == "CN=www.example.com");
  CHECK(c.serial == "00:97:E6");
  CHECK(c.fingerprint.size() == 59);
  CHECK(time_text(c.not_before.value()) == "1969-12-31T00:00:00");
  CHECK(time_text(c.not_after.value()) == "2050-12-31T23:59:59");
  CHECK(c.alt_names == std::vector<std::string>{"www.example.com", "127.1.2.3"});
}

TEST_CASE("tls certificate: every truncation ends without a crash and keeps the fingerprint") {
  const std::string whole = der_certificate();
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    Certificate c;
    CHECK(parse_certificate(bytes_of(whole).first(n), c) != CertificateFault::none);
    CHECK(c.fingerprint.size() == 59);
  }
}

TEST_CASE("tls certificate: every byte changed ends without a crash") {
  const std::string whole = der_certificate();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const char value : {'\0', '\x7f', '\x80', '\xff'}) {
      std::string broken = whole;
      broken[i] = value;
      Certificate c;
      (void)parse_certificate(bytes_of(broken), c);
    }
  }
}

TEST_CASE("tls certificate: an element that there is not, and a name that ends early for others, are told") {
  std::string unknown = der_certificate();
  unknown[unknown.find('\xa3')] = '\xa4';  // the extensions' tag
  Certificate c;
  CHECK(parse_certificate(bytes_of(unknown), c) == CertificateFault::unknown);
  CHECK(c.subject == "CN=www.example.com");
  std::string cut = der_certificate();
  cut[cut.find("www.example.com") + 3] = '\0';
  Certificate d;
  CHECK(parse_certificate(bytes_of(cut), d) == CertificateFault::text);
}

TEST_CASE("tls certificate: bad dates leave the names standing") {
  for (const char* date : {"991331000000Z", "99123100000Z", "abcdefghijklZ", ""}) {
    CAPTURE(date);
    Certificate c;
    CHECK(parse_certificate(bytes_of(der_certificate(date)), c) == CertificateFault::date);
    CHECK(c.subject == "CN=www.example.com");
  }
}

TEST_CASE("tls certificate: times go to text and keep their day") {
  struct Row {
    std::int64_t seconds;
    const char* text;
  };
  for (const Row& row : {Row{0, "1970-01-01T00:00:00"}, Row{951782400, "2000-02-29T00:00:00"},
                         Row{-1, "1969-12-31T23:59:59"}, Row{4102444799, "2099-12-31T23:59:59"}}) {
    CHECK(time_text(row.seconds) == row.text);
  }
}

TEST_CASE("tls name: multiple values, unknown attributes and values that are no text") {
  const std::string two = der(0x31, der(0x30, der(0x06, "\x55\x04\x0a") + der(0x0c, "Org")) +
                                        der(0x30, der(0x06, "\x55\x04\x0b") + der(0x0c, "Unit")));
  const std::string name = two + der_name_part("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "a@b.c", 0x16) +
                           der_name_part("\x2b\x06\x01", "\x01\xff", 0x03);
  SlabString out;
  CHECK(read_distinguished_name(BerReader{bytes_of(name)}, out));
  CHECK(out == "O=Org + OU=Unit, Email=a@b.c, 1.3.6.1=01FF");
}
