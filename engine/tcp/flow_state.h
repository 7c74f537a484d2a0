// How far a flow has come: what a TCP connection makes of it, or the packets of another protocol.
#pragma once

#include <cstdint>

namespace weir::engine {

// `fresh`: one side has spoken, or the handshake is not over. `bypassed`: the rest of it is only counted.
enum class FlowState : std::uint8_t { fresh, established, closed, bypassed };

}  // namespace weir::engine
