// The row of MQTT in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"

namespace weir {
namespace mqtt {
namespace {

// The name of the protocol stands behind a fixed header of type and length (one or two bytes).
constexpr ProbePattern kPatterns[] = {
    {.bytes = {"\x00\x04MQTT", 6}, .offset = 2, .depth = 11},
    {.bytes = {"\x00\x06MQIsdp", 8}, .offset = 2, .depth = 13},
    {.bytes = {"\x20\x02\x00", 3}, .direction = Direction::to_client},
};

}  // namespace
}  // namespace mqtt

const ProtocolInfo proto_mqtt{
    .id = AppProto::mqtt, .name = "mqtt", .over_tcp = true, .patterns_tcp = mqtt::kPatterns};

}  // namespace weir
