// An application protocol as a number, for headers that only hold one: those do not change when a protocol is
// added. The numbers have names in protocol_ids.h, what each of them is stands in its ProtocolInfo.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>

namespace weir {

// AppProto{} is AppProto::unknown.
enum class AppProto : std::uint8_t;

// Room for every protocol, in arrays by number and in sets. Not all of the numbers are taken (protocol_ids.h
// checks that they suffice).
inline constexpr std::size_t kMaxAppProtos = 64;

using AppProtoSet = std::bitset<kMaxAppProtos>;

constexpr std::size_t index(AppProto p) {
  return static_cast<std::size_t>(p);
}

}  // namespace weir
