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
  CHECK(limits_of("weir: {event-size: 10}\n").event_bytes == 4 << 10);
  CHECK(limits_of("weir: {event-size: 10gb}\n").event_bytes == 64 << 20);
}

}  // namespace
}  // namespace weir::engine
