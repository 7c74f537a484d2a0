#include "decoders/app/tftp/message.h"

#include "decoders/byte_cursor.h"
#include "decoders/text.h"

namespace weir::tftp {
namespace {

// Text up to a zero byte, which goes with it; none: there is no such byte.
std::optional<std::string_view> take_text(ByteCursor& in) {
  ByteCursor ahead = in;
  const std::string_view rest = as_text(ahead.rest());
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  in.skip(end + 1);
  return rest.substr(0, end);
}

// Pairs of names and values. What is cut off behind the last whole pair is nothing: requests work without.
void read_options(ByteCursor& in, Packet& out) {
  for (std::size_t i = 0; i < kMaxOptions && !in.empty(); ++i) {
    const auto name = take_text(in);
    const auto value = take_text(in);
    if (!name || !value) return;
    if (!equals_nocase(*name, "blksize")) continue;
    const auto size = parse_number<std::uint32_t>(*value);
    if (size && *size >= kLeastBlock && *size <= kMostBlock) out.block_size = size;
  }
}

bool read_request(ByteCursor& in, Packet& out) {
  const auto file = take_text(in);
  const auto mode = take_text(in);
  if (!file || !mode) return false;
  out.file = *file;
  out.mode = *mode;
  read_options(in, out);
  return true;
}

// The zero behind the message is left out by some.
void read_error(ByteCursor& in, Packet& out) {
  out.error = in.be16();
  const std::string_view text = as_text(in.rest());
  out.message = text.substr(0, text.find('\0'));
}

}  // namespace

std::optional<Packet> parse_packet(Bytes datagram) {
  ByteCursor in{datagram};
  const std::uint16_t opcode = in.be16();
  if (in.failed() || opcode < 1 || opcode > static_cast<std::uint16_t>(Opcode::option_ack))
    return std::nullopt;
  Packet out;
  out.opcode = static_cast<Opcode>(opcode);
  switch (out.opcode) {
    case Opcode::read:
    case Opcode::write:
      if (!read_request(in, out)) return std::nullopt;
      break;
    case Opcode::data:
      out.block = in.be16();
      out.data = in.rest();
      break;
    case Opcode::ack: out.block = in.be16(); break;
    case Opcode::error: read_error(in, out); break;
    case Opcode::option_ack: read_options(in, out); break;
  }
  if (in.failed()) return std::nullopt;
  return out;
}

}  // namespace weir::tftp
