#include "decoders/app/ntlmssp/ntlmssp.h"

#include <doctest/doctest.h>

#include "decoders/text.h"
#include "tests/decoders/app/smb/smb_bytes.h"

using namespace weir;
using namespace weir::ntlmssp;

namespace {

constexpr std::string_view kNtlmssp{"NTLMSSP\0", 8};

struct Names {
  std::uint32_t domain = 72, user = 78, host = 82;
};

// DOM, me, PC1 behind a header with a version.
std::string authenticate_message(std::uint32_t flags, const Names& at = {}) {
  test::SmbBytes out;
  out.raw(kNtlmssp).u32(3).u16(0).u16(0).u32(72).u16(0).u16(0).u32(72);
  out.u16(6).u16(6).u32(at.domain).u16(4).u16(4).u32(at.user).u16(6).u16(6).u32(at.host);
  out.zeros(8).u32(flags).u8(10).u8(0).u16(10586).zeros(3).u8(15);
  return out.wide("DOM").wide("me").wide("PC1");
}

}  // namespace

TEST_CASE("ntlmssp: who logs in, from where, with what") {
  const std::string message = authenticate_message(0x02000001);
  CHECK(message_type(as_bytes(message)) == MessageType::authenticate);
  const auto found = parse_authenticate(as_bytes(message));
  REQUIRE(found);
  CHECK(found->domain == std::string("DOM"));
  CHECK(found->user == std::string("me"));
  CHECK(found->host == std::string("PC1"));
  CHECK(found->version->text() == std::string("10.0 build 10586 rev 15"));
  CHECK_FALSE(found->is_unusual_order);
}

TEST_CASE("ntlmssp: a client that does not say what it is has no version, and texts may be bytes") {
  const auto found = parse_authenticate(as_bytes(authenticate_message(0)));
  REQUIRE(found);
  CHECK_FALSE(found->version);
  CHECK(found->user == SlabString("m\0e\0", 4));
}

TEST_CASE("ntlmssp: texts that do not stand in the order of their fields are unusual") {
  const auto found =
      parse_authenticate(as_bytes(authenticate_message(1, {.domain = 72, .user = 82, .host = 76})));
  REQUIRE(found);
  CHECK(found->is_unusual_order);
}

TEST_CASE("ntlmssp: every truncation of a message, and a text outside of it, is refused") {
  const std::string message = authenticate_message(0x02000001);
  for (std::size_t n = 0; n < message.size(); ++n) {
    CAPTURE(n);
    CHECK_FALSE(parse_authenticate(as_bytes(std::string_view(message).substr(0, n))));
  }
  CHECK_FALSE(parse_authenticate(as_bytes(authenticate_message(1, {.domain = 0xffffffff}))));
}

TEST_CASE("ntlmssp: a message is found behind other bytes, and its type is one of three") {
  const std::string inside = "\x60\x40 something " + authenticate_message(1);
  CHECK(as_text(find_message(as_bytes(inside))) == authenticate_message(1));
  CHECK(find_message(as_bytes("NTLMSSP")).empty());
  for (const std::uint32_t type : {0U, 1U, 2U, 3U, 4U}) {
    const std::string message = test::SmbBytes().raw(kNtlmssp).u32(type);
    CHECK(message_type(as_bytes(message)).has_value() == (type >= 1 && type <= 3));
  }
}
