// Messages of ONC RPC (RFC 5531): what stands before the arguments of a call and the results of a reply, and the marks between
// messages in a stream.
//
// Views are into the message that was parsed and live as long as it does.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/byte_cursor.h"
#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::nfs {

// Before each fragment of a message in a stream, RFC 5531 11.
struct RecordMark {
  std::uint32_t length = 0;  // of the fragment, in bytes
  bool is_last = true;       // of its message
};
inline constexpr std::size_t kRecordMark = 4;
RecordMark parse_record_mark(Bytes four);

inline constexpr std::uint32_t kNfsProgram = 100003, kNfsAclProgram = 100227;

enum class AuthFlavor : std::uint32_t {
  none = 0,
  sys = 1,
  short_form = 2,
  dh = 3,
  kerberos = 4,
  rsa = 5,
  gss = 6
};
// "NULL", "UNIX"; empty when it has none.
std::string_view auth_name(AuthFlavor flavor);

// Who calls, as the caller says.
struct Caller {
  struct Identity {
    SlabString machine_name;
    std::uint32_t uid = 0, gid = 0;
  };
  AuthFlavor flavor = AuthFlavor::none;
  std::optional<Identity> identity;  // AUTH_SYS
};

// What RPCSEC_GSS (RFC 2203 5.3) does with arguments and results.
enum class Protection : std::uint8_t {
  none,       // they stand there as they are
  integrity,  // with a length and a number before them
  hidden      // they are encrypted, or are something else than the procedure's: a context is made
};

inline constexpr std::size_t kMaxAuthBytes = 400, kMaxMachineName = 255;  // RFC 5531 8.2, appendix A

struct Call {
  std::uint32_t xid = 0, rpc_version = 0, program = 0, version = 0, procedure = 0;
  Bytes credentials;  // with flavour and length
  Caller caller;
  Protection protection = Protection::none;
};

struct Reply {
  std::uint32_t xid = 0;
  bool is_accepted = false;
  std::uint32_t state = 0;  // accept_stat, or reject_stat

  [[nodiscard]] bool is_success() const { return is_accepted && state == 0; }
};

enum class MessageType : std::uint32_t { call = 0, reply = 1 };
inline constexpr std::size_t kMessageHeader = 8;  // xid and type

// None: the message is cut short before, or it is neither.
std::optional<MessageType> message_type(Bytes message);
// Of a message whose type says so; `in` stands at its start, and afterwards where arguments or results begin. Its failure is
// that of the message.
Call parse_call(ByteCursor& in);
Reply parse_reply(ByteCursor& in);
// `in` stands at arguments or results: leaves it at those that the procedure has. False: they cannot be read.
bool open_protection(Protection protection, ByteCursor& in);

// XDR (RFC 4506 4.10): bytes with their length before them, filled up to a multiple of four. At most `most`, or `in` fails.
Bytes take_opaque(ByteCursor& in, std::size_t most);

}  // namespace weir::nfs
