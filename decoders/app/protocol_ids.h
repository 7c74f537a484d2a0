// The names of application protocols in code; the rows stand in protocols.def. Include it where one is named.
#pragma once

#include "decoders/app/app_proto.h"

namespace weir {

enum class AppProto : std::uint8_t {
  unknown,  // not decided yet
  failed,   // detection gave up
#define PROTOCOL(id) id,
#include "decoders/app/protocols.def"
#undef PROTOCOL
  count_
};

static_assert(index(AppProto::count_) <= kMaxAppProtos);

}  // namespace weir
