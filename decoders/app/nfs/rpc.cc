#include "decoders/app/nfs/rpc.h"

#include <algorithm>
#include <array>

#include "decoders/text.h"

namespace weir::nfs {
namespace {

constexpr std::uint32_t kRpcVersion = 2;

// RFC 5531 appendix A
std::optional<Caller::Identity> parse_identity(ByteCursor in) {
  in.skip(4);  // stamp
  Caller::Identity out;
  out.machine_name = as_text(take_opaque(in, kMaxMachineName));
  out.uid = in.be32();
  out.gid = in.be32();
  if (in.failed()) return std::nullopt;
  return out;
}

// RFC 2203 5: version, procedure, sequence number, service
Protection parse_gss(ByteCursor in) {
  enum : std::uint32_t { service_none = 1, service_integrity = 2 };
  in.skip(4);
  const std::uint32_t control = in.be32();
  in.skip(4);
  const std::uint32_t service = in.be32();
  if (in.failed() || control != 0) return Protection::hidden;
  if (service == service_none) return Protection::none;
  return service == service_integrity ? Protection::integrity : Protection::hidden;
}

void skip_auth(ByteCursor& in) {
  in.skip(4);
  take_opaque(in, kMaxAuthBytes);
}

}  // namespace

RecordMark parse_record_mark(Bytes four) {
  ByteCursor in{four};
  const std::uint32_t mark = in.be32();
  return {.length = mark & 0x7fffffffU, .is_last = (mark & 0x80000000U) != 0};
}

std::string_view auth_name(AuthFlavor flavor) {
  constexpr std::array<std::string_view, 7> kNames = {"NULL", "UNIX", "SHORT", "DES",
                                                      "KERB", "RSA",  "GSSAPI"};
  const auto number = static_cast<std::size_t>(flavor);
  return number < kNames.size() ? kNames[number] : std::string_view{};
}

std::optional<MessageType> message_type(Bytes message) {
  ByteCursor in{message};
  in.skip(4);
  const std::uint32_t type = in.be32();
  if (in.failed() || type > 1) return std::nullopt;
  return static_cast<MessageType>(type);
}

Call parse_call(ByteCursor& in) {
  Call out;
  out.xid = in.be32();
  in.skip(4);
  out.rpc_version = in.be32();
  out.program = in.be32();
  out.version = in.be32();
  out.procedure = in.be32();
  const ByteCursor start = in;
  out.caller.flavor = static_cast<AuthFlavor>(in.be32());
  const Bytes body = take_opaque(in, kMaxAuthBytes);
  out.credentials = start.peek(start.remaining() - in.remaining());
  if (out.caller.flavor == AuthFlavor::sys) out.caller.identity = parse_identity(ByteCursor{body});
  if (out.caller.flavor == AuthFlavor::gss) out.protection = parse_gss(ByteCursor{body});
  skip_auth(in);
  if (out.rpc_version != kRpcVersion) in.fail();
  return out;
}

Reply parse_reply(ByteCursor& in) {
  Reply out;
  out.xid = in.be32();
  in.skip(4);
  const std::uint32_t state = in.be32();
  if (state > 1) in.fail();
  out.is_accepted = state == 0;
  if (out.is_accepted) skip_auth(in);
  out.state = in.be32();
  return out;
}

bool open_protection(Protection protection, ByteCursor& in) {
  if (protection == Protection::integrity) in.skip(8);  // RFC 2203 5.3.2.2: length, sequence number
  return protection != Protection::hidden && !in.failed();
}

Bytes take_opaque(ByteCursor& in, std::size_t most) {
  const std::uint32_t length = in.be32();
  if (length > most) in.fail();
  const Bytes out = in.take(length);
  in.skip(std::min<std::size_t>((4 - length % 4) % 4, in.remaining()));
  return out;
}

}  // namespace weir::nfs
