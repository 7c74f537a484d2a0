// What protocol detection has tried on one direction of a flow.
#pragma once

#include "decoders/app/app_proto.h"

namespace weir::engine {

struct DirectionProbe {
  bool patterns_done = false;  // as many bytes as any pattern reaches have been looked at
  bool probes_done =
      false;  // every probe said no, or there are none for these ports, or the limit is reached
  AppProtoSet refused;  // by AppProto: its probe said no
  [[nodiscard]] bool done() const { return patterns_done && probes_done; }
};

}  // namespace weir::engine
