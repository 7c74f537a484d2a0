#include "engine/flow/flow.h"

#include "engine/flow/app_state.h"
#include "engine/flow/detect_state.h"
#include "engine/flow/flow_macs.h"
#include "engine/flow/flow_meter.h"
#include "engine/flow/other_reading.h"
#include "engine/tcp/tcp_session.h"

namespace weir::engine {

Flow::Flow() = default;
Flow::~Flow() = default;

}  // namespace weir::engine
