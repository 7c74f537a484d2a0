// What can be wrong with traffic below the application layer: one row each in anomalies.def, read by
// `decode-event` and `stream-event` rules and by EVE's anomaly events alike.
#pragma once

#include <cstdint>
#include <string_view>

#include <tl/expected.hpp>

namespace weir {

enum class Anomaly : std::uint16_t {
#define ANOMALY(id, name) id,
#include "decoders/anomalies.def"
#undef ANOMALY
  count_
};

// "decoder.ipv4.trunc_pkt" or "stream.est_invalid_ack": Suricata's spelling, as EVE prints it.
std::string_view anomaly_name(Anomaly a);
// True for names that start with "stream.".
bool is_stream_anomaly(Anomaly a);

// A decoder's error: trivially copyable, no text. `offset` counts bytes from the start of what was parsed.
struct Fault {
  Anomaly what;
  std::uint32_t offset;
};

template <class T>
using Decoded = tl::expected<T, Fault>;

inline tl::unexpected<Fault> fault(Anomaly what, std::uint32_t offset) {
  return tl::unexpected<Fault>(Fault{what, offset});
}

}  // namespace weir
