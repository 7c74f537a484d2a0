// The names of events, states and frames that DNS and multicast DNS share, for their rows.
#pragma once

#include "decoders/app/protocol.h"

namespace weir::dns {

inline constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/dns/events.def"
#undef EVENT
};

inline constexpr std::string_view kStatesToServer[] = {
#define STATE(id, to_server, to_client) to_server,
#include "decoders/app/dns/states.def"
#undef STATE
};

inline constexpr std::string_view kStatesToClient[] = {
#define STATE(id, to_server, to_client) to_client,
#include "decoders/app/dns/states.def"
#undef STATE
};

inline constexpr std::string_view kFrames[] = {
#define FRAME(id, name) name,
#include "decoders/app/dns/frames.def"
#undef FRAME
};

}  // namespace weir::dns
