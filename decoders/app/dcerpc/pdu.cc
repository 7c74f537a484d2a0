#include "decoders/app/dcerpc/pdu.h"

#include <algorithm>
#include <utility>

#include "decoders/text.h"

namespace weir::dcerpc {
namespace {

constexpr std::uint8_t kLittleEndian = 0x10;  // in the first byte of the data representation
constexpr std::uint8_t kFirstFragment = 1, kLastFragment = 2;
// Flags of datagrams (C706 12.5.1).
constexpr std::uint8_t kDatagramLast = 2, kDatagramFragment = 4, kMaybe = 0x10;
constexpr std::size_t kTransferSyntaxBytes = 20;

constexpr std::string_view kNames[] = {
#define PDU(number, id, name) name,
#include "decoders/app/dcerpc/pdu_types.def"
#undef PDU
};

// A hyphen stands before these bytes of a UUID.
constexpr bool begins_group(std::size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

// The first three numbers of a UUID in the other byte order.
void swap_numbers(Uuid& uuid) {
  std::reverse(uuid.begin(), uuid.begin() + 4);
  std::swap(uuid[4], uuid[5]);
  std::swap(uuid[6], uuid[7]);
}

}  // namespace

std::string_view pdu_type_name(PduType type) {
  const auto number = static_cast<std::size_t>(type);
  return number < std::size(kNames) ? kNames[number] : std::string_view{};
}

std::array<char, 36> uuid_text(const Uuid& uuid) {
  std::array<char, 36> out{};
  char* to = out.data();
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (begins_group(i)) *to++ = '-';
    to = put_hex(to, uuid[i]);
  }
  return out;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  Uuid out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (begins_group(i)) {
      if (!text.starts_with('-')) return std::nullopt;
      text.remove_prefix(1);
    }
    const int high = text.size() < 2 ? -1 : hex_digit(text[0]),
              low = text.size() < 2 ? -1 : hex_digit(text[1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
    text.remove_prefix(2);
  }
  return text.empty() ? std::optional(out) : std::nullopt;
}

Uuid PduCursor::uuid() {
  Uuid out{};
  const Bytes from = in_.take(out.size());
  if (from.empty()) return out;
  std::copy(from.begin(), from.end(), out.begin());
  if (little_) swap_numbers(out);
  return out;
}

std::optional<Header> parse_header(Bytes bytes) {
  ByteCursor start{bytes};
  const std::uint8_t version = start.u8(), minor = start.u8();
  Header out;
  out.type = static_cast<PduType>(start.u8());
  const std::uint8_t flags = start.u8();
  out.first = (flags & kFirstFragment) != 0;
  out.last = (flags & kLastFragment) != 0;
  out.little_endian = (start.u8() & kLittleEndian) != 0;
  start.skip(3);
  PduCursor in{start.rest(), out.little_endian};
  out.fragment_length = in.u16();
  in.u16();  // length of the verifier
  out.call_id = in.u32();
  if (start.failed() || in.bytes().failed()) return std::nullopt;
  if (version != 5 || minor > 1 || out.fragment_length < kHeaderBytes) return std::nullopt;
  return out;
}

bool looks_like_header(Bytes bytes) {
  const auto header = parse_header(bytes);
  if (!header || pdu_type_name(header->type).empty()) return false;
  ByteCursor in{bytes};
  in.skip(4);
  const std::uint8_t representation = in.u8(), floating = in.u8();
  return (representation & 0xeeU) == 0 && floating <= 3 && in.be16() == 0;
}

SlabVector<Interface> parse_contexts(const Header& header, Bytes pdu) {
  PduCursor in{pdu, header.little_endian};
  in.bytes().skip(kHeaderBytes + 8);  // how long fragments may be, the group of associations
  const std::uint8_t count = in.bytes().u8();
  in.bytes().skip(3);
  SlabVector<Interface> out;
  for (unsigned i = 0; i < count; ++i) {
    Interface item;
    item.context_id = in.u16();
    const std::uint8_t syntaxes = in.bytes().u8();
    in.bytes().skip(1);
    item.uuid = in.uuid();
    item.version = in.u16();
    item.minor_version = in.u16();
    in.bytes().skip(syntaxes * kTransferSyntaxBytes);
    if (in.bytes().failed()) break;
    out.push_back(item);
  }
  return out;
}

SlabVector<Result> parse_results(const Header& header, Bytes pdu) {
  PduCursor in{pdu, header.little_endian};
  in.bytes().skip(kHeaderBytes + 8);
  in.bytes().skip(in.u16());  // the server's address; what follows begins at a multiple of four
  in.bytes().skip((4 - in.bytes().offset() % 4) % 4);
  const std::uint8_t count = in.bytes().u8();
  in.bytes().skip(3);
  SlabVector<Result> out;
  for (unsigned i = 0; i < count; ++i) {
    Result item;
    item.result = in.u16();
    item.reason = in.u16();
    in.bytes().skip(kTransferSyntaxBytes);
    if (in.bytes().failed()) break;
    out.push_back(item);
  }
  return out;
}

std::optional<Request> parse_request(const Header& header, Bytes pdu) {
  PduCursor in{pdu, header.little_endian};
  in.bytes().skip(kHeaderBytes + 4);  // a hint of how much there will be
  Request out;
  out.context_id = in.u16();
  out.opnum = in.u16();
  if (in.bytes().failed()) return std::nullopt;
  return out;
}

Bytes stub_of(const Header& header, Bytes pdu) {
  ByteCursor in{pdu};
  in.skip(header.type == PduType::request ? kRequestHeaderBytes : kHeaderBytes);
  return in.rest();
}

std::optional<DatagramHeader> parse_datagram(Bytes bytes) {
  ByteCursor start{bytes};
  const std::uint8_t version = start.u8();
  DatagramHeader out;
  out.type = static_cast<PduType>(start.u8());
  const std::uint8_t flags = start.u8();
  out.fragment = (flags & kDatagramFragment) != 0;
  out.last_fragment = (flags & kDatagramLast) != 0;
  out.wants_answer = (flags & kMaybe) == 0;
  start.skip(1);
  out.little_endian = (start.u8() & kLittleEndian) != 0;
  start.skip(3);  // the rest of the representation, half of a serial number
  PduCursor in{start.rest(), out.little_endian};
  in.uuid();  // the object
  out.interface = in.uuid();
  out.activity = in.uuid();
  if (!out.little_endian) swap_numbers(out.activity);
  in.u32();  // when the server started
  out.version = in.u16();
  out.minor_version = in.u16();
  out.sequence = in.u32();
  out.opnum = in.u16();
  in.u32();  // hints
  const std::uint16_t length = in.u16();
  out.fragment_number = in.u16();
  in.u16();  // kind of verifier, half of a serial number
  if (start.failed() || in.bytes().failed() || version != 4) return std::nullopt;
  const Bytes behind = in.bytes().rest();
  out.body = behind.first(std::min<std::size_t>(length, behind.size()));
  return out;
}

}  // namespace weir::dcerpc
