// One DNS message (RFC 1035), and the parse function that makes it.
//
// A Message owns everything it shows: names (decompressed, labels joined by dots, no dot at the end, bytes as
// sent) and record data lie in one text that Slices point into, so a message costs a handful of allocations
// whatever its size. Plain data, copied by nobody.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <boost/container/small_vector.hpp>

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::dns {

inline constexpr std::size_t kHeaderLength = 12;
// A decompressed name longer than this is cut and marked (a valid one has at most 253 bytes).
inline constexpr std::size_t kMaxNameBytes = 1025;
// Labels and compression jumps of one name.
inline constexpr std::size_t kMaxNameSteps = 255;
// Decompressed names of one message; a name beyond it is cut to nothing and marked. Bounds what compression
// inflates.
inline constexpr std::size_t kMaxNameBytesPerMessage = 128 * 1024;
// Entries of one section; a message has no room for more.
inline constexpr std::size_t kMaxEntriesPerSection = 16384;
inline constexpr std::size_t kMaxStringsPerRecord = 1024;  // TXT strings, EDNS options

struct Header {
  std::uint16_t id = 0, flags = 0;
  std::uint16_t questions = 0, answers = 0, authorities = 0, additionals = 0;

  [[nodiscard]] bool is_response() const { return (flags & 0x8000U) != 0; }
  [[nodiscard]] std::uint8_t opcode() const { return static_cast<std::uint8_t>((flags >> 11U) & 0xfU); }
  [[nodiscard]] std::uint8_t rcode() const { return static_cast<std::uint8_t>(flags & 0xfU); }
  [[nodiscard]] bool authoritative() const { return (flags & 0x0400U) != 0; }
  [[nodiscard]] bool truncated() const { return (flags & 0x0200U) != 0; }
  [[nodiscard]] bool recursion_desired() const { return (flags & 0x0100U) != 0; }
  [[nodiscard]] bool recursion_available() const { return (flags & 0x0080U) != 0; }
  [[nodiscard]] bool reserved() const { return (flags & 0x0040U) != 0; }  // "z"
  [[nodiscard]] bool authentic_data() const { return (flags & 0x0020U) != 0; }
  [[nodiscard]] bool checking_disabled() const { return (flags & 0x0010U) != 0; }
};

// A part of Message::text.
struct Slice {
  std::uint32_t offset = 0, length = 0;
};

struct Name {
  Slice text;
  bool cut = false;  // only its start was kept
};

struct Question {
  Name name;
  std::uint16_t type = 0, klass = 0;
};

struct Soa {
  Name mname, rname;
  std::uint32_t serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0;
};
struct Srv {
  std::uint16_t priority = 0, weight = 0, port = 0;
  Name target;
};
struct Sshfp {
  std::uint8_t algorithm = 0, type = 0;
  Slice fingerprint;
};
// Strings of a TXT record, or options of an OPT record: a range of Message::strings / Message::options.
struct TxtStrings {
  std::uint32_t first = 0, count = 0;
};
struct EdnsOptions {
  std::uint32_t first = 0, count = 0;
};
struct EdnsOption {
  std::uint16_t code = 0;
  Slice data;
};

// What a record says. Slice: the bytes of types that are not taken apart (and of A, AAAA, NULL).
// Name: CNAME, NS, PTR, MX (its exchange).
using RecordData = std::variant<Slice, Name, Soa, Srv, Sshfp, TxtStrings, EdnsOptions>;

struct Record {
  Name name;
  std::uint16_t type = 0, klass = 0;
  std::uint32_t ttl = 0;  // seconds
  RecordData data;
};

// What was odd about a message that could still be read.
struct Oddities {
  bool name_too_long = false, infinite_loop = false, too_many_labels = false;
  bool invalid_authorities = false, invalid_additionals = false;
};

struct Message {
  Header header;
  boost::container::small_vector<Question, 1> questions;
  SlabVector<Record> answers, authorities, additionals;
  SlabVector<Slice> strings;
  SlabVector<EdnsOption> options;
  SlabString text;
  Oddities odd;

  [[nodiscard]] std::string_view view(Slice s) const {
    return std::string_view(text).substr(s.offset, s.length);
  }
  [[nodiscard]] std::string_view view(const Name& n) const { return view(n.text); }
  // Bytes kept besides its own size, about.
  [[nodiscard]] std::size_t held() const;
};

// Parses one message; `bytes` must hold exactly one, without the length prefix of TCP. False: it is
// malformed; the header is filled if there was one, the rest is empty. Authorities and additionals that are
// broken are left out and only marked. Linear in the input and the names it inflates, both bounded.
bool parse_message(Bytes bytes, Message& out);

// The header alone; none when there are fewer than 12 bytes.
std::optional<Header> parse_header(Bytes bytes);

// True when a message could start here: counts and the first name make sense, whatever the opcode. Never needs the
// whole message.
bool looks_like_message(Bytes bytes);

}  // namespace weir::dns
