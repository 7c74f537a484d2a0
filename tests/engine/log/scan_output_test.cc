#include "engine/log/scan_output.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "engine/config/config.h"
#include "engine/log/log_outputs.h"
#include "tests/engine/scan/scan_scene.h"
#include "tests/output/log_folder.h"

using namespace weir;
using namespace weir::engine_test;

namespace {

struct ScanBench {
  output_test::LogFolder folder;
  engine::LogOutputs outputs;
  engine::ScanOutput scans;
  int written = 0;

  explicit ScanBench(bool at_end) : scans({.on = true, .scan = {}}) {
    auto opened = engine::LogOutputs::open(engine::Config{}, folder.path);
    REQUIRE(opened.has_value());
    outputs = std::move(*opened);
    std::vector<engine::EventLog::Output> logs;
    for (const auto& open : outputs.logs) logs.push_back({open.log.get(), open.sink.get()});
    scans.log_to(logs, at_end, [this] { ++written; });
  }
  void see_sweep(const std::string& source) {
    ScanScene scene;
    for (std::uint32_t n = 0; n < 200; ++n)
      scene.unanswered(
          {.source = scene_ip(source), .target = scene_host("10.70.0.1", n), .port = 445, .at = n * 10'000});
    scans.take(scene.records);
    scans.tick(kSceneDay + 10 * kSceneSecond);
  }
  [[nodiscard]] std::vector<std::string> events() {
    outputs.flush();
    std::istringstream text(folder.read("eve.json"));
    std::vector<std::string> out;
    for (std::string line; std::getline(text, line);) out.push_back(line);
    return out;
  }
};

}  // namespace

TEST_CASE("scan output: an alert says who scanned what, and how") {
  ScanBench bench(false);
  bench.see_sweep("10.66.1.1");
  CHECK(bench.events().empty());
  bench.scans.tick(kSceneDay + 21 * kSceneSecond);
  const auto events = bench.events();
  REQUIRE(events.size() == 1);
  for (
      const char* part :
      {R"("timestamp":"2023-11-15T00:00:01.991000+0000")", R"("event_type":"alert")",
       R"("src_ip":"10.66.1.1")", R"("dest_ip":"10.70.0.200","dest_port":445,"proto":"TCP")",
       R"("gid":901,"signature_id":1,"rev":1,"signature":"WEIR SCAN horizontal: one port of many hosts")",
       R"("category":"Attempted Information Leak","severity":2)",
       R"("scan":{"kind":"horizontal","targets":184,"ports":[445],"method":"syn","attempts":184,"answered":0,"within_s":60,)",
       R"("last":"2023-11-15T00:00:01.991000+0000"})"}) {
    CAPTURE(part);
    CAPTURE(events[0]);
    CHECK(events[0].find(part) != std::string::npos);
  }
  CHECK(bench.written == 1);
}

TEST_CASE("scan output: what is held back to the end is written then, and nothing after it") {
  ScanBench bench(true);
  bench.see_sweep("10.66.1.1");
  bench.scans.tick(kSceneDay + 21 * kSceneSecond);
  bench.see_sweep("10.66.2.2");
  CHECK(bench.events().empty());
  std::vector<std::string> errors;
  bench.scans.close(errors);
  CHECK(bench.events().size() == 2);
  bench.see_sweep("10.66.3.3");
  bench.scans.close(errors);
  CHECK(bench.events().size() == 2);
  CHECK(errors.empty());
}

TEST_CASE("scan output: it is there when the configuration asks for it, with its thresholds") {
  CHECK(engine::open_scan_output(engine::Config{}) == nullptr);
  engine::Config config;
  for (const char* line :
       {"weir.flows.scans.enabled=yes", "weir.flows.scans.hosts=20", "weir.flows.scans.ports=30",
        "weir.flows.scans.ratio=80", "weir.flows.scans.window=3600"})
    REQUIRE(config.set(line).has_value());
  CHECK(engine::open_scan_output(config) != nullptr);
  const auto settings = engine::ScanWatchSettings::from(config);
  CHECK(settings.scan.hosts == 20);
  CHECK(settings.scan.ports == 30);
  CHECK(settings.scan.ratio == doctest::Approx(0.8));
  CHECK(settings.scan.window == kSceneHour);
}
