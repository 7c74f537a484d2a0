// The detection run over one packet.
#pragma once

namespace weir::engine {

struct FlowDetect {};

}  // namespace weir::engine
