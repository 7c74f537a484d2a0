// Every kind of scan is found, with the exact number of targets, in whichever order its records come.
#include <doctest/doctest.h>

#include <array>

#include "tests/engine/scan/scan_scene.h"

using namespace weir;
using namespace weir::engine_test;
using Found = std::vector<std::string>;

namespace {

Try to_host(std::uint32_t n, std::uint16_t port) {
  return {.source = scene_ip("10.66.1.1"),
          .target = scene_host("10.70.0.1", n),
          .own_port = 55'555,
          .port = port,
          .at = TimeUs{n} * 140'000};
}

Try to_port(std::uint16_t port) {
  return {.source = scene_ip("198.51.100.77"),
          .target = scene_ip("10.70.3.3"),
          .own_port = 44'444,
          .port = port,
          .at = TimeUs{port} * 20'000};
}

}  // namespace

TEST_CASE("scans: one port of many hosts, some of which answer, counts all of them") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 4096; ++n) {
    Try t = to_host(n, 445);
    if (n % 40 == 0) {
      t.flags = kWhole;
      scene.answered(t);
    } else {
      scene.unanswered(t);
    }
  }
  CHECK(scene.found() == Found{"10.66.1.1 horizontal 4096 syn 445"});
  const auto scan = scene.scans().front();
  CHECK(scan.attempts == 4096);
  CHECK(scan.answered == 103);
  CHECK(scan.first == kSceneDay);
  CHECK(scan.last == kSceneDay + 4095 * TimeUs{140'000} + 1000);
  CHECK_FALSE(scan.is_estimated);
}

TEST_CASE("scans: many ports of one host, in one record for both directions or in two") {
  ScanScene one, two;
  for (std::uint16_t port = 1; port <= 10'000; ++port) {
    const bool open = port == 22 || port == 80 || port == 443;
    Try t = to_port(port);
    t.flags = open ? kWhole : kSyn;
    two.answered(t, open ? kWhole : kRstAck);
    one.both_ways(t, open ? kWhole : kRstAck);
  }
  CHECK(one.found() == Found{"198.51.100.77 vertical 10000 syn 10.70.3.3"});
  CHECK(two.found() == one.found());
  CHECK(two.scans().front().answered == 3);
}

TEST_CASE("scans: a source that does both has a line for each") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 200; ++n) scene.unanswered(to_host(n, 22));
  for (std::uint16_t port = 1; port <= 300; ++port) {
    Try t = to_port(port);
    t.source = scene_ip("10.66.1.1");
    scene.unanswered(t);
  }
  CHECK(scene.found() == Found{"10.66.1.1 vertical 300 syn 10.70.3.3", "10.66.1.1 horizontal 201 syn 22"});
}

TEST_CASE("scans: several ports of the same hosts are one scan of so many hosts") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 250; ++n)
    for (const std::uint16_t port : std::array<std::uint16_t, 3>{22, 80, 443})
      if (port != 443 || n < 150) scene.unanswered(to_host(n, port));
  CHECK(scene.found() == Found{"10.66.1.1 horizontal 250 syn 22 80 443"});
  CHECK(scene.scans().front().attempts == 650);
}

TEST_CASE("scans: slow ones count within a day, and not beyond it") {
  ScanScene day, week;
  for (std::uint32_t n = 0; n < 720; ++n) {
    Try t = to_host(n, 22);
    t.own_port = static_cast<std::uint16_t>(40'000 + n);
    t.bytes = 60;
    t.at = n * 119 * kSceneSecond;
    day.unanswered(t);
    t.at = n * 1190 * kSceneSecond;  // 73 a day
    week.unanswered(t);
  }
  CHECK(day.found() == Found{"10.66.1.1 horizontal 720 connect 22"});
  CHECK(week.found().empty());
  engine::ScanSettings longer;
  longer.window *= 2;
  CHECK(week.found(longer).size() == 1);
}

TEST_CASE("scans: one day's scan counts, whomever the source talks with in all the others") {
  const auto scene_of = [](std::uint32_t probes) {
    ScanScene scene;
    for (std::uint32_t day = 0; day < 10; ++day)
      for (std::uint32_t n = 0; n < 400; ++n) {
        Try t = to_host(day * 400 + n, 443);
        t.flags = kWhole;
        t.at = (day * 24 + n / 20) * kSceneHour;
        scene.answered(t);
      }
    for (std::uint32_t n = 0; n < probes; ++n) {
      Try t = to_host(5000 + n, 443);
      t.at = 5 * 24 * kSceneHour + n * kSceneSecond;
      scene.unanswered(t);
    }
    return scene;
  };
  CHECK(scene_of(600).scans().size() == 1);
  CHECK(scene_of(200).scans().empty());  // a third of those of its day
}

TEST_CASE("scans: methods") {
  struct Row {
    std::uint8_t protocol, flags;
    std::uint64_t bytes;
    const char* method;
  };
  for (const Row& row : {Row{6, kSyn, 44, "syn"}, Row{6, 0xc2, 60, "connect"}, Row{6, kSynRst, 60, "syn"},
                         Row{6, 0x01, 40, "fin"}, Row{6, 0, 40, "null"}, Row{6, 0x29, 40, "xmas"},
                         Row{17, 0, 28, "udp"}, Row{1, 0, 84, "icmp"}}) {
    CAPTURE(row.method);
    ScanScene scene;
    for (std::uint32_t n = 0; n < 150; ++n) {
      Try t = to_host(n, 161);
      t.protocol = row.protocol;
      t.flags = row.flags;
      t.bytes = row.bytes;
      scene.unanswered(t);
    }
    const char* const port = row.protocol == 1 ? "" : " 161";
    CHECK(scene.found() == Found{std::string("10.66.1.1 horizontal 150 ") + row.method + port});
  }
}

TEST_CASE("scans: UDP ports of one host that says nothing") {
  ScanScene scene;
  for (std::uint16_t k = 0; k < 1000; ++k) {
    Try t = to_port(static_cast<std::uint16_t>(1000 + k));
    t.own_port = 33'333;
    t.protocol = 17;
    scene.unanswered(t);
  }
  CHECK(scene.found() == Found{"198.51.100.77 vertical 1000 udp 10.70.3.3"});
}

TEST_CASE("scans: IPv6 and echo requests over it") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 600; ++n) {
    Try t{.source = scene_ip("2001:db8:66::1"), .target = scene_host("2001:db8:70::1", n), .port = 3389};
    scene.unanswered(t);
    t.source = scene_ip("2001:db8:66::2");
    t.protocol = 58;
    if (n < 300) scene.unanswered(t);
  }
  CHECK(scene.found() == Found{"2001:0db8:0066:0000:0000:0000:0000:0001 horizontal 600 syn 3389",
                               "2001:0db8:0066:0000:0000:0000:0000:0002 horizontal 300 icmp"});
}

TEST_CASE(
    "scans: connections that were given up by RST are no answers, however many hosts would have made them") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 200; ++n) {
    Try t = to_host(n, 443);
    t.flags = kSynRst;
    t.packets = 2;
    scene.answered(t, kSynAck);
  }
  CHECK(scene.found() == Found{"10.66.1.1 horizontal 200 syn 443"});
  CHECK(scene.scans().front().answered == 200);
}

TEST_CASE("scans: three exporters that saw the same tries count once") {
  ScanScene scene;
  for (const std::uint32_t domain : {1U, 2U, 3U}) {
    scene.domain = domain;
    for (std::uint32_t n = 0; n < 200; ++n) {
      scene.unanswered(to_host(n, 445));
      Try again = to_host(n, 445);
      again.own_port = 55'556;
      scene.unanswered(again);
    }
  }
  CHECK(scene.found() == Found{"10.66.1.1 horizontal 200 syn 445"});
  CHECK(scene.scans().front().attempts == 400);
}

TEST_CASE("scans: a scanner that uses the same resolver and proxy as others is still found") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 5000; ++n) {
    Try t{.source = scene_ip("10.66.1.1"), .target = scene_host("101.0.0.1", n)};
    t.protocol = 17;
    t.port = 53;
    scene.answered(t);
  }
  for (std::uint32_t n = 0; n < 400; ++n) scene.unanswered(to_host(n, 445));
  CHECK(scene.found() == Found{"10.66.1.1 horizontal 400 syn 445"});
}

TEST_CASE("scans: a few less than the threshold are none, and thresholds can be set") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 99; ++n) scene.unanswered(to_host(n, 445));
  CHECK(scene.found().empty());
  CHECK(scene.found({.hosts = 50}).size() == 1);
  scene.unanswered(to_host(99, 445));
  CHECK(scene.found().size() == 1);
}
