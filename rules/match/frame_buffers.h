// Frames as buffers of rules: one BufferSpec for each frame that a protocol's row names, and one for its
// stream.
#pragma once

#include <string_view>

#include "rules/match/buffer.h"

namespace weir::rules {

// Null when the protocol has no such frame. Lives as long as the program.
const BufferSpec* frame_buffer(AppProto protocol, std::string_view name);

}  // namespace weir::rules
