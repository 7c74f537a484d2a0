#include "decoders/app/ntlmssp/ntlmssp.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "decoders/byte_cursor.h"
#include "decoders/text.h"
#include "decoders/utf16.h"

namespace weir::ntlmssp {
namespace {

constexpr std::string_view kSignature{"NTLMSSP\0", 8};
constexpr std::uint32_t kUnicode = 0x00000001,
                        kHasVersion = 0x02000000;  // of NegotiateFlags, MS-NLMP 2.2.2.5

// Where a value lies in the message.
struct Field {
  std::uint16_t length = 0;
  std::uint32_t offset = 0;
};

Field read_field(ByteCursor& in) {
  Field out;
  out.length = in.le16();
  in.skip(2);  // MaxLen
  out.offset = in.le32();
  return out;
}

std::optional<SlabString> text_of(Bytes message, const Field& field, bool unicode) {
  ByteCursor in{message};
  in.skip(field.offset);
  Bytes text = in.take(field.length);
  if (field.length == 0) return SlabString{};
  if (in.failed()) return std::nullopt;
  text = text.first(std::min(text.size(), kMaxText));
  return unicode ? utf8_of_utf16le(text) : SlabString{as_text(text)};
}

Version read_version(ByteCursor& in) {
  Version out;
  out.major = in.u8();
  out.minor = in.u8();
  out.build = in.le16();
  in.skip(3);
  out.revision = in.u8();
  return out;
}

}  // namespace

SlabString Version::text() const {
  std::array<char, 48> room{};
  const auto end =
      fmt::format_to_n(room.begin(), room.size(), "{}.{} build {} rev {}", major, minor, build, revision);
  return {room.data(), static_cast<std::size_t>(end.out - room.begin())};
}

bool is_message(Bytes bytes) {
  return as_text(bytes).starts_with(kSignature);
}

Bytes find_message(Bytes bytes) {
  const std::size_t at = as_text(bytes).find(kSignature);
  return at == std::string_view::npos ? Bytes{} : bytes.subspan(at);
}

std::optional<MessageType> message_type(Bytes message) {
  ByteCursor in{message};
  in.skip(kSignature.size());
  const std::uint32_t type = in.le32();
  if (in.failed() || !is_message(message) || type < 1 || type > 3) return std::nullopt;
  return static_cast<MessageType>(type);
}

// MS-NLMP 2.2.1.3
std::optional<Authenticate> parse_authenticate(Bytes message) {
  ByteCursor in{message};
  in.skip(kSignature.size() + 4);
  read_field(in);  // LmChallengeResponse
  read_field(in);  // NtChallengeResponse
  const Field domain = read_field(in), user = read_field(in), host = read_field(in);
  read_field(in);  // EncryptedRandomSessionKey
  const std::uint32_t flags = in.le32();
  if (in.failed()) return std::nullopt;
  const bool unicode = (flags & kUnicode) != 0;
  const auto domain_text = text_of(message, domain, unicode), user_text = text_of(message, user, unicode),
             host_text = text_of(message, host, unicode);
  if (!domain_text || !user_text || !host_text) return std::nullopt;
  Authenticate out{.domain = *domain_text,
                   .user = *user_text,
                   .host = *host_text,
                   .is_unusual_order = domain.offset > user.offset || user.offset > host.offset};
  if ((flags & kHasVersion) == 0) return out;
  const Version version = read_version(in);
  if (!in.failed()) out.version = version;
  return out;
}

}  // namespace weir::ntlmssp
