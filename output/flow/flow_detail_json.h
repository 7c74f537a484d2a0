// What a record says besides its counters, as objects of an event.
#pragma once

#include "decoders/flow/record.h"
#include "output/json_writer.h"

namespace weir::output {

// "meter", "tunnel", "application", "rules": each only where there is something to say.
void write_flow_detail(JsonWriter& out, const flow::Record& record);

}  // namespace weir::output
