// PDUs of DCE/RPC as they are sent: connection-oriented (C706 chapter 12.6) and connectionless (12.5), whose numbers stand
// in the byte order that each PDU names.
//
// Plain functions over one whole PDU; what they give are values, and views that live as long as its bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/byte_cursor.h"
#include "decoders/slab.h"

namespace weir::dcerpc {

enum class PduType : std::uint8_t {
#define PDU(number, id, name) id = (number),
#include "decoders/app/dcerpc/pdu_types.def"
#undef PDU
};
// "BINDACK"; empty for a number that stands for none.
std::string_view pdu_type_name(PduType type);

// In the order in which it is written: the byte order of its first three numbers is gone.
using Uuid = std::array<std::uint8_t, 16>;
// "5d2b62aa-ee0a-4a95-91ae-b064fdb471fc", lower case.
std::array<char, 36> uuid_text(const Uuid& uuid);
// None: it is not one. Takes either case.
std::optional<Uuid> parse_uuid(std::string_view text);

// Numbers of one PDU.
class PduCursor {
 public:
  PduCursor(Bytes bytes, bool little_endian) : in_(bytes), little_(little_endian) {}

  std::uint16_t u16() { return little_ ? in_.le16() : in_.be16(); }
  std::uint32_t u32() { return little_ ? in_.le32() : in_.be32(); }
  Uuid uuid();
  ByteCursor& bytes() { return in_; }

 private:
  ByteCursor in_;
  bool little_;
};

inline constexpr std::size_t kHeaderBytes = 16;         // that all PDUs of a connection begin with
inline constexpr std::size_t kRequestHeaderBytes = 24;  // of a request, whose object is not counted
inline constexpr std::size_t kDatagramHeaderBytes = 80;

// The start of a PDU of a connection (versions 5.0 and 5.1).
struct Header {
  PduType type{};
  bool first = false, last = false;  // fragment of its call
  bool little_endian = false;
  std::uint16_t fragment_length = 0;  // of the PDU, this header included: at least kHeaderBytes
  std::uint32_t call_id = 0;
};
// `bytes` hold kHeaderBytes. None: this is no such header. A type that is not known is one all the same.
std::optional<Header> parse_header(Bytes bytes);
// The same, of bytes that may be anything: what no sender sets is not set.
bool looks_like_header(Bytes bytes);

// What a server says to an interface that a client wants to use.
struct Result {
  std::uint16_t result = 0;  // 0: accepted
  std::uint16_t reason = 0;
};

// A presentation context: an interface that a client wants to use, and by which number it will call it.
struct Interface {
  Uuid uuid{};
  std::uint16_t version = 0, minor_version = 0;
  std::uint16_t context_id = 0;
  std::optional<Result> result;  // of the server; none: it has not said

  [[nodiscard]] bool refused() const { return result && result->result != 0; }
};

// What a bind or alter context asks for: of those that are whole, all; they are counted in one byte. `pdu` is a whole one.
SlabVector<Interface> parse_contexts(const Header& header, Bytes pdu);
// What the answer to it says of each, in their order.
SlabVector<Result> parse_results(const Header& header, Bytes pdu);

struct Request {
  std::uint16_t context_id = 0, opnum = 0;
};
// None: it is too short for its fields.
std::optional<Request> parse_request(const Header& header, Bytes pdu);
// What rules know as the stub data of a request or of an answer to it: all that follows the part of the header whose length
// is the same in every PDU, so that an object's UUID, an answer's hint of its length and the verifier behind the
// arguments belong to it.
Bytes stub_of(const Header& header, Bytes pdu);

// A PDU without connection (version 4).
struct DatagramHeader {
  PduType type{};
  bool fragment = false, last_fragment = false;
  bool wants_answer = true;  // "maybe" calls have none
  bool little_endian = false;
  Uuid interface {};
  Uuid activity{};  // a name and no more: written as if it were little endian in any case, as Suricata does
  std::uint16_t version = 0, minor_version = 0;  // of the interface
  std::uint32_t sequence = 0;                    // of the call in its activity
  std::uint16_t opnum = 0, fragment_number = 0;
  Bytes body;
};
std::optional<DatagramHeader> parse_datagram(Bytes bytes);

}  // namespace weir::dcerpc
