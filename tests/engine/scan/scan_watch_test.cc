#include "engine/scan/scan_watch.h"

#include <doctest/doctest.h>

#include "tests/engine/scan/scan_scene.h"

using namespace weir;
using namespace weir::engine_test;

namespace {

struct Watcher {
  engine::ScanWatch watch;
  std::vector<std::string> events;

  explicit Watcher(const engine::ScanSettings& scan = {}, const engine::ScanWatchLimits& limits = {})
      : watch({.on = true, .scan = scan}, limits) {}
  engine::ScanWatch::Visit visit() {
    return [this](const engine::Scan& scan, TimeUs within) {
      events.push_back(ScanScene::text_of(scan) + " within " + std::to_string(within / kSceneSecond));
    };
  }
  // One after the other, with a look at each second of their time.
  void see(const ScanScene& scene) {
    TimeUs second = 0;
    for (const flow::Record& record : scene.records) {
      watch.take({&record, 1});
      if (record.sides[0].last / kSceneSecond == second) continue;
      second = record.sides[0].last / kSceneSecond;
      watch.tell(visit());
    }
  }
  void wait(TimeUs until) {
    watch.tick(until);
    watch.tell(visit());
  }
};

// So many hosts, one every `step`.
ScanScene sweep(std::uint32_t hosts, TimeUs step) {
  ScanScene scene;
  for (std::uint32_t n = 0; n < hosts; ++n)
    scene.unanswered(
        {.source = scene_ip("10.66.1.1"), .target = scene_host("10.70.0.1", n), .port = 445, .at = n * step});
  return scene;
}

}  // namespace

TEST_CASE("scan watch: a fast scan is told once, when it has been one for ten seconds") {
  Watcher watcher;
  watcher.see(sweep(150, 100'000));
  CHECK(watcher.events.empty());
  watcher.wait(kSceneDay + 40 * kSceneSecond);
  CHECK(watcher.events == std::vector<std::string>{"10.66.1.1 horizontal 134 syn 445 within 60"});
  watcher.wait(kSceneDay + kSceneHour);
  watcher.see(sweep(150, 100'000));
  watcher.wait(kSceneDay + 2 * kSceneHour);
  CHECK(watcher.events.size() == 1);
}

TEST_CASE("scan watch: one that goes on is told again with twice the targets") {
  Watcher watcher;
  watcher.see(sweep(2000, 100'000));
  watcher.watch.finish(watcher.visit());
  CHECK(watcher.events.size() >= 3);
  CHECK(watcher.events.size() <= 5);
}

TEST_CASE("scan watch: slower ones are told with the time that they took") {
  Watcher hour, day, week;
  hour.see(sweep(150, 20 * kSceneSecond));
  REQUIRE(hour.events.size() == 1);
  CHECK(hour.events[0].ends_with("within 3600"));
  day.see(sweep(150, 600 * kSceneSecond));
  REQUIRE(day.events.size() == 1);
  CHECK(day.events[0].ends_with("within 86400"));
  week.see(sweep(300, kSceneHour));
  CHECK(week.events.empty());
}

TEST_CASE("scan watch: answers that come in records of their own, a little later, end the suspicion") {
  Watcher watcher;
  ScanScene tries = sweep(200, 10'000), answers;
  for (const flow::Record& r : tries.records)
    answers.reply(
        {.source = r.source, .target = r.destination, .port = r.destination_port, .at = 5 * kSceneSecond});
  watcher.see(tries);
  watcher.see(answers);
  watcher.wait(kSceneDay + kSceneHour);
  watcher.watch.finish(watcher.visit());
  CHECK(watcher.events.empty());
}

TEST_CASE("scan watch: at the end what waits is told") {
  Watcher watcher;
  watcher.see(sweep(150, 10'000));
  watcher.watch.finish(watcher.visit());
  CHECK(watcher.events.size() == 1);
}

TEST_CASE("scan watch: clients of answering servers are none") {
  Watcher watcher;
  ScanScene scene;
  for (std::uint32_t n = 0; n < 5000; ++n) {
    Try t{.source = scene_ip("10.67.0.1"),
          .target = scene_host("100.1.0.1", n),
          .port = static_cast<std::uint16_t>(n % 2 == 0 ? 53 : 443),
          .protocol = static_cast<std::uint8_t>(n % 2 == 0 ? 17 : 6),
          .flags = n % 9 == 1 ? kSyn : kWhole,
          .at = n * 10'000};
    n % 9 == 1 ? scene.unanswered(t) : scene.answered(t);
  }
  watcher.see(scene);
  watcher.watch.finish(watcher.visit());
  CHECK(watcher.events.empty());
}

TEST_CASE("scan watch: busy clients whose answers are on their way do not push a scanner out") {
  Watcher watcher({}, {.targets_of_suspect = 1024, .targets_in_all = 8192});
  ScanScene scene = sweep(150, 10'000);
  for (std::uint32_t n = 0; n < 20'000; ++n)
    scene.answered({.source = scene_ip("10.67.0.1"),
                    .target = scene_host("100.1.0.1", n),
                    .port = 53,
                    .protocol = 17,
                    .at = 2 * kSceneSecond + n * 100});
  watcher.see(scene);
  watcher.watch.finish(watcher.visit());
  CHECK(watcher.events.size() == 1);
}

TEST_CASE("scan watch: memory is bounded, and a scanner is still told when many others try as well") {
  Watcher watcher({}, {.sources = 300, .suspects = 20, .targets_of_suspect = 256, .targets_in_all = 1024});
  ScanScene scene;
  for (std::uint32_t n = 0; n < 10'000; ++n) {
    scene.unanswered(
        {.source = scene_host("20.0.0.1", n * 77), .target = scene_ip("10.70.0.9"), .at = n * 1000});
    scene.unanswered({.source = scene_host("10.65.0.1", n % 100),
                      .target = scene_host("10.72.0.1", n % 7919),
                      .port = static_cast<std::uint16_t>(n * 13),
                      .at = n * 1000});
    if (n % 20 == 0)
      scene.unanswered({.source = scene_ip("10.66.1.1"),
                        .target = scene_host("10.70.0.1", n),
                        .port = 22,
                        .at = n * 1000});
  }
  watcher.see(scene);
  watcher.watch.finish(watcher.visit());
  REQUIRE(watcher.events.size() == 1);
  CHECK(watcher.events[0].starts_with("10.66.1.1 horizontal "));
}
