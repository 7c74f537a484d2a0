// Packets of TFTP (RFC 1350) and the options of a transfer (RFC 2347 to 2349, 7440).
//
// A plain function over one datagram; what it gives are views into it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/types.h"

namespace weir::tftp {

enum class Opcode : std::uint8_t { read = 1, write, data, ack, error, option_ack };

inline constexpr std::uint32_t kUsualBlock = 512;  // bytes of a block if no option says otherwise
inline constexpr std::uint32_t kLeastBlock = 8, kMostBlock = 65464;  // RFC 2348
inline constexpr std::size_t kMaxOptions = 16;                       // of a packet that are looked at

struct Packet {
  Opcode opcode = Opcode::data;
  std::string_view file, mode;              // of read and write
  std::optional<std::uint32_t> block_size;  // that read and write ask for, and option_ack agrees to
  std::uint16_t block = 0;                  // of data and ack
  Bytes data;
  std::uint16_t error = 0;
  std::string_view message;  // of an error
};

// None: it is cut off, or of no known kind.
std::optional<Packet> parse_packet(Bytes datagram);

}  // namespace weir::tftp
