#include "decoders/app/spnego/spnego.h"

#include <doctest/doctest.h>

#include "decoders/text.h"

using namespace weir;
using namespace weir::spnego;

namespace {

// An element of DER whose content is shorter than 128 bytes, or than 256.
std::string der(unsigned char tag, const std::string& content) {
  std::string out(1, static_cast<char>(tag));
  if (content.size() >= 128) out.push_back(static_cast<char>(0x81));
  out.push_back(static_cast<char>(content.size()));
  return out + content;
}

const std::string kSpnegoId = der(0x06, "\x2b\x06\x01\x05\x05\x02");
const std::string kKerberosId = der(0x06, "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02");
const std::string kNtlm{"NTLMSSP\0\x01\0\0\0", 12};

std::string init(const std::string& token) {
  return der(0x60, kSpnegoId +
                       der(0xa0, der(0x30, der(0xa0, der(0x30, kKerberosId)) + der(0xa2, der(0x04, token)))));
}

std::string ap_request() {
  const std::string name =
      der(0x30, der(0xa0, der(0x02, "\x02")) +
                    der(0xa1, der(0x30, der(0x1b, "cifs") + der(0x1b, "srv.example.org"))));
  const std::string ticket = der(
      0x61, der(0x30, der(0xa0, der(0x02, "\x05")) + der(0xa1, der(0x1b, "EXAMPLE.ORG")) + der(0xa2, name)));
  return der(0x6e,
             der(0x30, der(0xa0, der(0x02, "\x05")) + der(0xa1, der(0x02, "\x0e")) + der(0xa3, ticket)));
}

}  // namespace

TEST_CASE("spnego: NTLMSSP is found alone, in an offer, in an answer, and where nothing else can be read") {
  for (const std::string& blob :
       {kNtlm, init(kNtlm), der(0xa1, der(0x30, der(0xa2, der(0x04, kNtlm)))), "\x60\x7f" + kNtlm}) {
    const Token found = find_token(as_bytes(blob));
    CHECK(as_text(found.ntlmssp).starts_with(kNtlm));
    CHECK(found.ap_request.empty());
  }
  CHECK(find_token(as_bytes("nothing of it")).ntlmssp.empty());
}

TEST_CASE("spnego: a ticket of Kerberos names its realm and the service that it is for") {
  const std::string token = der(0x60, kKerberosId + std::string("\x01\0", 2) + ap_request());
  for (const std::string& blob : {token, init(token)}) {
    const Token found = find_token(as_bytes(blob));
    CHECK(found.ntlmssp.empty());
    const auto ticket = parse_ap_request(found.ap_request);
    REQUIRE(ticket);
    CHECK(ticket->realm == std::string("EXAMPLE.ORG"));
    CHECK(ticket->names == std::vector<std::string>{"cifs", "srv.example.org"});
  }
}

TEST_CASE("spnego: every truncation of a request is taken, and names no service") {
  const std::string whole = ap_request();
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    CHECK_FALSE(parse_ap_request(as_bytes(std::string_view(whole).substr(0, n))));
    (void)find_token(as_bytes(std::string_view(whole).substr(0, n)));
  }
}
