// The common head of events, from a packet or from a flow.
#pragma once

#include "decoders/packet.h"
#include "engine/flow/flow.h"
#include "output/records.h"

namespace weir::engine {

// Addresses as in the packet. `flow` may be null. Pseudo packets get no packet number.
output::EventHead head_of_packet(const Packet& packet, const Flow* flow);
// Addresses from the side that sends in `direction` to the other.
output::EventHead head_of_flow(const Flow& flow, Direction direction, TimeUs time);
// The flow's addresses, the packet's time and number: what transaction events carry.
output::EventHead head_of_flow_packet(const Flow& flow, const Packet& packet, Direction direction);

// Totals and states of the flow as they are now; `reason` and `end` belong to a flow that ends.
void fill_flow_record(const Flow& flow, output::FlowRecord& out);
std::string_view to_string(FlowState state);
std::string_view to_string(FlowEnd end);

}  // namespace weir::engine
