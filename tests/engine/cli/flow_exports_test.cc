#include "engine/cli/flow_exports.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::engine;

namespace {

output::FlowExportSettings exports_of(const CliOptions& options, const char* text) {
  auto config = Config::parse(text, "t.yaml", ".");
  REQUIRE(config);
  auto settings = export_settings(options, *config);
  REQUIRE(settings.has_value());
  return *settings;
}

constexpr const char* kLoopback =
    "af-packet: [{interface: lo}]\n"
    "weir: {flows: {export: {collectors: ['udp://127.0.0.1:1']}}}\n";

}  // namespace

TEST_CASE("flow exports: interfaces of the configuration are named where a live run captures from them") {
  const auto live = exports_of({}, kLoopback);
  REQUIRE(live.interfaces.size() == 1);
  CHECK(live.interfaces[0].name == "lo");
  CHECK(live.interfaces[0].number != 0);
  CliOptions offline;
  offline.captures = {"x.pcap"};
  CHECK(exports_of(offline, kLoopback).interfaces.empty());
  CliOptions queues;
  queues.queues = {"0"};
  CHECK(exports_of(queues, kLoopback).interfaces.empty());
}

TEST_CASE("flow exports: collectors are told how the meter samples") {
  using output::SamplingMethod;
  const auto method = [](const char* sample) {
    const std::string text = std::string("weir: {flows: {sample: '") + sample +
                             "', export: {collectors: ['udp://127.0.0.1:1']}}}\n";
    return exports_of({}, text.c_str()).collectors.at(0).sampling;
  };
  CHECK((method("1:10") == SamplingMethod::systematic));
  CHECK((method("1:10:random") == SamplingMethod::random));
  CHECK((method("1:10:flow") == SamplingMethod::flows));
}
