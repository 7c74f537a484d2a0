// TCP options as a receiver of today takes them.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>

#include "decoders/types.h"

namespace weir::engine {

inline constexpr std::size_t kMaxTcpOptionBytes = 40;

using TcpOptionBytes = std::array<std::uint8_t, kMaxTcpOptionBytes>;

// Overwrites with no-operations: kinds that hosts do not use (all but those of MSS, window scale, SACK, timestamps,
// signatures, user timeout, MPTCP, fast open, tcpcrypt, AccECN and the experiments), known ones of a wrong length,
// all but the first of a kind that may come once, and those of the handshake in a segment without SYN. Kinds of
// `allowed` stay. From a length on that leads out of the header everything is overwritten, as hosts stop there.
// Linear in `options`, which has at most kMaxTcpOptionBytes bytes.
// True: something was, and `into` holds them as they are to be. Otherwise it is not touched.
bool clean_options(Bytes options, bool syn, const std::bitset<256>& allowed, TcpOptionBytes& into);

}  // namespace weir::engine
