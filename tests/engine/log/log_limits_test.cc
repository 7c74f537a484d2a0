#include "engine/log/log_limits.h"

#include <doctest/doctest.h>

#include "engine/config/config.h"

namespace weir::engine {
namespace {

LogLimits limits_of(const char* text) {
  const auto config = Config::parse(text, "t.yaml", ".");
  REQUIRE(config);
  return LogLimits::from(*config);
}

TEST_CASE("log limits: those of the manual unless the configuration says otherwise") {
  const LogLimits usual = limits_of("weir: {}\n");
  CHECK(usual.event_bytes == 256 << 10);
  CHECK(usual.flow_rate == 16);
  CHECK(usual.flow_burst == 64 << 10);
  const LogLimits own = limits_of("weir: {event-size: 1mb, flow-log-rate: 0, flow-log-burst: 2kb}\n");
  CHECK(own.event_bytes == 1 << 20);
  CHECK(own.flow_rate == 0);
  CHECK(own.flow_burst == 2 << 10);
}

TEST_CASE("log limits: an event has room for its head, and an end") {
  for (const char* size : {"10", "10gb"}) {
    CAPTURE(size);
    const auto config = Config::parse(std::string("weir: {event-size: ") + size + "}\n", "t", "");
    REQUIRE(config.has_value());
    CHECK(LogLimits::from(*config).event_bytes == LogLimits{}.event_bytes);
    CHECK(config->take_unreadable_values().size() == 1);
  }
}

}  // namespace
}  // namespace weir::engine
