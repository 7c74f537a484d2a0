// What becomes of scans when there is no more memory for them.
#include <doctest/doctest.h>

#include "tests/engine/scan/scan_scene.h"

using namespace weir;
using namespace weir::engine_test;

namespace {

ScanScene wide_scan(std::uint32_t hosts) {
  ScanScene scene;
  for (std::uint32_t n = 0; n < hosts; ++n)
    scene.unanswered({.source = scene_ip("10.66.1.1"), .target = scene_host("10.70.0.1", n), .port = 445});
  return scene;
}

}  // namespace

TEST_CASE("scan limits: above a source's targets their number is estimated, and said to be") {
  const ScanScene scene = wide_scan(40'000);
  engine::ScanLimits limits;
  limits.targets_of_source = 1024;
  const auto scans = scene.scans({}, limits);
  REQUIRE(scans.size() == 1);
  CHECK(scans[0].is_estimated);
  CHECK(scans[0].targets > 36'000);
  CHECK(scans[0].targets < 44'000);
}

TEST_CASE("scan limits: the same above the targets of all sources together") {
  ScanScene scene = wide_scan(10'000);
  engine::ScanLimits limits;
  limits.targets_in_all = 2048;
  const auto scans = scene.scans({}, limits);
  REQUIRE(scans.size() == 1);
  CHECK(scans[0].is_estimated);
  CHECK(scans[0].targets > 9000);
}

TEST_CASE("scan limits: a flood from forged addresses does not push a scanner out, and is told") {
  constexpr std::size_t kSources = 500;
  engine::ScanCandidates pass(3, kSources);
  for (std::uint32_t n = 0; n < 20'000; ++n) {
    ScanScene scene;
    scene.unanswered({.source = scene_host("20.0.0.1", n * 77), .target = scene_ip("10.70.0.10")});
    if (n % 50 == 0)
      scene.unanswered({.source = scene_ip("10.66.1.1"), .target = scene_host("10.70.0.1", n), .port = 22});
    pass.take(scene.records);
  }
  CHECK(pass.list(100, 10) == std::vector<IpAddress>{scene_ip("10.66.1.1")});
  CHECK(pass.left_out() > 19'000);
}

TEST_CASE("scan limits: threads see parts of a scan each") {
  const ScanScene scene = wide_scan(150);
  CHECK(scene.candidates(4) == scene.candidates());
  CHECK(scene.candidates().size() == 1);
}

TEST_CASE("scan limits: the sources with the most targets are looked at when there are too many") {
  ScanScene scene = wide_scan(400);
  for (std::uint32_t n = 0; n < 120; ++n)
    scene.unanswered({.source = scene_ip("10.66.9.9"), .target = scene_host("10.71.0.1", n)});
  engine::ScanCandidates pass(3, 1000);
  pass.take(scene.records);
  CHECK(pass.list(100, 1) == std::vector<IpAddress>{scene_ip("10.66.1.1")});
  CHECK(pass.list(100, 9).size() == 2);
}
