#include "decoders/anomaly.h"

#include <array>

namespace weir {
namespace {

constexpr std::array kNames = {
#define ANOMALY(id, name) std::string_view{name},
#include "decoders/anomalies.def"
#undef ANOMALY
};

}  // namespace

std::string_view anomaly_name(Anomaly a) {
  const auto i = static_cast<std::size_t>(a);
  return i < kNames.size() ? kNames[i] : std::string_view{"unknown"};
}

bool is_stream_anomaly(Anomaly a) { return anomaly_name(a).starts_with("stream."); }

}  // namespace weir
