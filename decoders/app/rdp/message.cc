#include "decoders/app/rdp/message.h"

#include <algorithm>
#include <array>

#include "decoders/ber.h"
#include "decoders/text.h"
#include "decoders/utf16.h"

namespace weir::rdp {
namespace {

enum TpduType : std::uint8_t {
  connection_request = 0xe0,
  connection_confirm = 0xd0,
  data_unit = 0xf0
};  // ISO 8073
enum NegotiationType : std::uint8_t {
  negotiation_request = 1,
  negotiation_response = 2,
  negotiation_failure = 3
};
enum BlockType : std::uint16_t { core_data = 0xc001, network_data = 0xc003 };

constexpr std::size_t kNegotiationBytes = 8;
constexpr std::string_view kCookie = "Cookie: mstshash=";
constexpr BerTag kConnectInitial{BerTag::Class::application, true, 101};
constexpr BerTag kConnectResponse{BerTag::Class::application, true, 102};
constexpr std::size_t kChannelName = 8, kNameBytes = 32, kImeBytes = 64, kProductBytes = 64;

// T.125 and T.124: a key in front of a conference request, the parts of the request that never differ.
constexpr std::array<std::uint8_t, 7> kConferenceKey{0x00, 0x05, 0x00, 0x14, 0x7c, 0x00, 0x01};
constexpr std::size_t kConferenceHead = 12;  // up to the length of the client's data: ... "Duca"

// The length of what follows, in one byte or, with its highest bit set, two (X.691).
std::size_t read_per_length(ByteCursor& in) {
  const std::uint8_t first = in.u8();
  return (first & 0x80U) == 0 ? first : (first & 0x7fU) << 8U | in.u8();
}

SlabString text_of(Bytes utf16) {
  SlabString text = utf8_of_utf16le(utf16);
  text.resize(std::min(text.find('\0'), text.size()));
  return text;
}

bool read_negotiation(ByteCursor in, Message& out) {
  const std::uint8_t type = in.u8(), flags = in.u8();
  const std::uint16_t length = in.le16();
  const std::uint32_t value = in.le32();
  if (in.failed() || length != kNegotiationBytes) return false;
  if (type == negotiation_request && out.kind == MessageKind::initial_request) {
    out.requested = value;
  } else if (type == negotiation_response && out.kind == MessageKind::initial_response) {
    out.supports = flags;
    out.protocol = value;
  } else if (type == negotiation_failure && out.kind == MessageKind::initial_response) {
    out.failure = value;
  }
  return true;
}

// Behind the addresses and the class of a connection request or confirm.
std::optional<Message> read_initial(ByteCursor in, MessageKind kind) {
  Message out;
  out.kind = kind;
  in.skip(5);
  if (in.failed()) return std::nullopt;
  std::string_view rest = as_text(in.rest());
  if (kind == MessageKind::initial_request) {
    // A line with a cookie or a token of a load balancer may stand in front.
    const std::size_t end = rest.find("\r\n");
    if (end != std::string_view::npos) {
      const std::string_view line = rest.substr(0, end);
      if (line.starts_with(kCookie)) out.cookie = line.substr(kCookie.size());
      rest.remove_prefix(end + 2);
    }
  }
  if (!rest.empty()) read_negotiation(ByteCursor{as_bytes(rest)}, out);
  return out;
}

std::uint16_t depth_of(std::uint16_t code) {
  switch (code) {
    case 0xca00: return 4;
    case 0xca01: return 8;
    case 0xca02: return 15;
    case 0xca03: return 16;
    case 0xca04: return 24;
    default: return 0;
  }
}

ClientData read_core(ByteCursor in) {
  ClientData out;
  out.version = in.le32();
  out.desktop_width = in.le16();
  out.desktop_height = in.le16();
  out.color_depth = depth_of(in.le16());
  in.skip(2);  // of the secure access sequence
  out.keyboard_layout = in.le32();
  out.build = in.le32();
  out.name = text_of(in.take(kNameBytes));
  out.keyboard_type = in.le32();
  out.keyboard_subtype = in.le32();
  out.function_keys = in.le32();
  in.skip(kImeBytes);
  // What follows came with later versions; each may be the last one.
  if (const std::uint16_t depth = depth_of(in.le16()); depth != 0) out.color_depth = depth;
  if (!in.empty()) out.product_id = in.le16();
  if (!in.empty()) out.serial_number = in.le32();
  if (const std::uint16_t depth = in.le16(); depth != 0 && depth <= 24) out.color_depth = depth;
  in.skip(2);  // depths that it can do besides
  if (!in.empty()) out.capabilities = in.le16();
  if (in.remaining() >= kProductBytes) out.product_name = text_of(in.take(kProductBytes));
  if (!in.empty()) out.connection = in.u8();
  return out;
}

void read_channels(ByteCursor in, Message& out) {
  const std::uint32_t count = in.le32();
  for (std::uint32_t i = 0; i < count && out.list.size() < kMaxListed; ++i) {
    const std::string_view name = as_text(in.take(kChannelName));
    in.skip(4);  // options
    if (in.failed()) return;
    out.list.emplace_back(name.substr(0, std::min(name.find('\0'), name.size())));
  }
}

bool read_blocks(ByteCursor in, Message& out) {
  while (!in.empty()) {
    const std::uint16_t type = in.le16(), length = in.le16();
    if (in.failed() || length < 4) return false;
    const ByteCursor block = in.sub(length - 4U);
    if (in.failed()) return false;
    if (type == core_data) out.client = read_core(block);
    if (type == network_data) read_channels(block, out);
  }
  return out.client.has_value();
}

// MCS Connect-Initial (T.125 11.1): two selectors, a flag, three sets of parameters, the user's data.
std::optional<Message> read_connect_request(BerReader in) {
  in.content(ber::octet_string);
  in.content(ber::octet_string);
  in.content(ber::boolean);
  for (int i = 0; i < 3; ++i) in.content(ber::sequence);
  ByteCursor conference{in.content(ber::octet_string)};
  const Bytes key = conference.take(kConferenceKey.size());
  if (!std::equal(key.begin(), key.end(), kConferenceKey.begin(), kConferenceKey.end())) return std::nullopt;
  read_per_length(conference);
  conference.skip(kConferenceHead);
  const std::size_t length = read_per_length(conference);
  Message out;
  out.kind = MessageKind::connect_request;
  const ByteCursor blocks = conference.sub(length);
  if (in.failed() || conference.failed() || !read_blocks(blocks, out)) return std::nullopt;
  return out;
}

std::optional<Message> read_data(ByteCursor in) {
  in.skip(1);  // whether it is the last unit
  BerReader mcs(in.rest());
  const auto tag = mcs.next_tag();
  if (!tag) return std::nullopt;
  if (*tag == kConnectInitial) return read_connect_request(mcs.enter(*tag));
  if (*tag != kConnectResponse) return std::nullopt;
  Message out;
  out.kind = MessageKind::connect_response;
  return out;
}

}  // namespace

std::size_t Message::held() const {
  std::size_t out = cookie.capacity() + list.capacity() * sizeof(SlabString);
  for (const SlabString& item : list) out += item.capacity();
  if (client) out += client->name.capacity() + client->product_name.capacity();
  return out;
}

std::optional<std::size_t> packet_length(Bytes bytes) {
  ByteCursor in{bytes};
  const std::uint8_t version = in.u8(), reserved = in.u8();
  const std::size_t length = in.be16();
  if (in.failed() || version != 3 || reserved != 0 || length < kPacketHeader) return std::nullopt;
  return length;
}

std::optional<Message> parse_message(Bytes packet) {
  ByteCursor in{packet};
  in.skip(kPacketHeader + 1);  // and how long the head is that follows
  const std::uint8_t type = in.u8();
  if (in.failed()) return std::nullopt;
  switch (type & 0xf0U) {
    case connection_request: return read_initial(in, MessageKind::initial_request);
    case connection_confirm: return read_initial(in, MessageKind::initial_response);
    case data_unit: return read_data(in);
    default: return std::nullopt;
  }
}

}  // namespace weir::rdp
