#include "engine/flow.h"

#include "engine/app_layer.h"
#include "engine/detect.h"
#include "engine/tcp_session.h"

namespace weir::engine {

Flow::Flow() = default;
Flow::~Flow() = default;

}  // namespace weir::engine
