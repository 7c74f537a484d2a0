#include "engine/detect.h"

namespace weir::engine {

struct FlowDetect::Impl {};
FlowDetect::FlowDetect() = default;
FlowDetect::~FlowDetect() = default;

}  // namespace weir::engine
