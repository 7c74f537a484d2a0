// Which of two ends is the client. Records of one direction do not say: the server's may be the first, or the only one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "decoders/flow/record.h"

namespace weir::engine {

// What the records of an end's packets say; bits.
namespace sign {
inline constexpr std::uint8_t began = 1U << 0U;  // a meter that saw both directions says that this end began
inline constexpr std::uint8_t only_syn = 1U << 1U;    // a TCP record with SYN and without ACK
inline constexpr std::uint8_t only_reset = 1U << 2U;  // a TCP record of nothing but RST
inline constexpr std::uint8_t spoke = 1U << 3U;       // any other record
inline constexpr std::uint8_t went_on = 1U << 4U;  // data behind a handshake: SYN, ACK and PSH in one record
inline constexpr std::uint8_t asked = 1U << 5U;    // an ICMP request, or message that needs none
inline constexpr std::uint8_t replied = 1U << 6U;  // an ICMP reply
}  // namespace sign

// Of the packets of one side of a record; `begins`: the record's source began, and the record knows.
std::uint8_t signs_of(const flow::Record& record, std::size_t side, bool begins);

struct Ends {
  std::array<std::uint16_t, 2> ports{};
  std::array<std::uint8_t, 2> signs{};  // of each end's packets; 0: it sent none
  std::uint8_t protocol = 0;
  std::array<bool, 2> named{};  // the port was asked for as a server's
  int earlier =
      0;  // below 0: at more of the points the first end's packets came first; above: the second one's; 0: not known
};

// 0 or 1. What tells, the surest first: a meter that knows, a SYN without ACK, an ICMP request or reply, a port that was asked
// for, a port of a known service against one that is none, a mere reset, which packets came first, and who sent when there is one direction only (but a low port
// to one that systems give to clients is a server's).
std::size_t initiator_of(const Ends& ends);

// Below 1024, or one that a widespread service has by default.
bool is_service_port(std::uint16_t port);

// An ICMP message about packets of others, no talk of its own.
bool is_icmp_error(const flow::Record& record);

}  // namespace weir::engine
