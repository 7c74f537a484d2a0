// Application protocols by number; the rows stand in protocols.def, what each of them is in its ProtocolInfo.
#pragma once

#include <cstdint>

namespace weir {

enum class AppProto : std::uint8_t {
  unknown,  // not decided yet
  failed,   // detection gave up
#define PROTOCOL(id) id,
#include "decoders/app/protocols.def"
#undef PROTOCOL
  count_
};

inline constexpr std::size_t kAppProtoCount = static_cast<std::size_t>(AppProto::count_);

}  // namespace weir
