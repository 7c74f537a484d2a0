// What only looks like a scan, each in both orders of its records.
#include <doctest/doctest.h>

#include "tests/engine/scan/scan_scene.h"

using namespace weir;
using namespace weir::engine_test;

namespace {

const IpAddress kClient = scene_ip("10.67.0.1");

Try query_to(std::uint32_t n, std::uint16_t port, std::uint8_t protocol) {
  return {.source = kClient,
          .target = scene_host("100.1.0.1", n),
          .own_port = static_cast<std::uint16_t>(32'768 + n % 20'000),
          .port = port,
          .protocol = protocol,
          .flags = kWhole,
          .at = TimeUs{n} * 100'000};
}

}  // namespace

TEST_CASE("no scan: a resolver, also one of which a third of the servers is dead") {
  for (const std::uint32_t dead : {1000U, 3U}) {
    ScanScene scene;
    for (std::uint32_t n = 0; n < 3000; ++n) {
      const Try t = query_to(n, 53, 17);
      if (n % dead == 0)
        scene.unanswered(t);
      else
        scene.answered(t);
    }
    CHECK(scene.found().empty());
  }
}

TEST_CASE("no scan: a proxy, a crawler and a mail server that meet some dead hosts") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 3000; ++n) {
    Try t = query_to(n, n % 3 == 0 ? 25 : 443, 6);
    if (n % 5 == 0) {
      t.flags = kSyn;
      scene.unanswered(t);
    } else {
      t.packets = 20;
      scene.answered(t, kWhole, 30);
    }
  }
  CHECK(scene.candidates().size() == 1);  // worth a closer look
  CHECK(scene.found().empty());
}

TEST_CASE("no scan: a poller from the service's own port that gets answers") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 3000; ++n) {
    Try t = query_to(n, 161, 17);
    t.own_port = 161;
    scene.answered(t);
  }
  CHECK(scene.candidates().empty());
  CHECK(scene.found().empty());
}

TEST_CASE("no scan: a client that tries a dead server again and again") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 20'000; ++n) {
    Try t = query_to(0, 443, 6);
    t.own_port = static_cast<std::uint16_t>(20'000 + n);
    t.flags = kSyn;
    scene.unanswered(t);
  }
  CHECK(scene.candidates().empty());
}

TEST_CASE("no scan: a server whose replies are recorded first, or alone") {
  for (const bool alone : {false, true}) {
    for (const std::uint8_t protocol : {std::uint8_t{6}, std::uint8_t{17}}) {
      ScanScene scene;
      for (std::uint32_t n = 0; n < 3000; ++n) {
        Try t{.source = scene_host("10.60.0.1", n % 200),
              .target = scene_ip("10.70.0.10"),
              .own_port = static_cast<std::uint16_t>(32'768 + n),
              .port = 443,
              .protocol = protocol,
              .flags = kWhole,
              .packets = 3};
        scene.reply(t, n % 2 == 0 ? kWhole : kSynAck);
        if (!alone) scene.unanswered(t);
      }
      CHECK(scene.found().empty());
    }
  }
}

TEST_CASE("no scan: the victim of a flood from forged addresses, and what it sends there") {
  for (const std::uint8_t flags : {kSynAck, kRstAck, kRst}) {
    ScanScene scene;
    for (std::uint32_t n = 0; n < 3000; ++n) {
      const Try forged{.source = scene_host("20.0.0.1", n * 77),
                       .target = scene_ip("10.70.0.10"),
                       .own_port = static_cast<std::uint16_t>(1024 + n),
                       .port = 80};
      scene.reply(forged, flags);
      if (n % 2 == 0) scene.unanswered(forged);
    }
    CHECK(scene.found().empty());
  }
}

TEST_CASE("no scan: health checks of a few targets, opened and given up") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 20'000; ++n) {
    Try t = query_to(n % 40, static_cast<std::uint16_t>(8080 + n % 2), 6);
    t.flags = kSynRst;
    t.packets = 2;
    scene.answered(t, kSynAck);
  }
  CHECK(scene.found().empty());
}

TEST_CASE("no scan: health checks of many targets, which answer each time") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 200 * 12; ++n) {
    Try t = query_to(n % 200, 8080, 6);
    t.own_port = static_cast<std::uint16_t>(20'000 + n);
    t.flags = kSynRst;
    t.packets = 2;
    scene.answered(t, kSynAck);
  }
  CHECK(scene.found().empty());
}

TEST_CASE("no scan: a resolver of which one direction is recorded") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 2000; ++n) {
    scene.unanswered(query_to(n, 53, 17));
    if (n % 100 == 0) scene.unanswered(query_to(n, 53, 6));
  }
  CHECK(scene.found().empty());
}

TEST_CASE("no scan: peers at ephemeral ports, most of which answer") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 5000; ++n) {
    Try t = query_to(n, static_cast<std::uint16_t>(10'000 + n * 7919 % 22'000), n % 2 == 0 ? 17 : 6);
    if (n % 3 == 0) {
      t.flags = kSyn;
      scene.unanswered(t);
    } else {
      scene.answered(t);
    }
  }
  CHECK(scene.found().empty());
}

TEST_CASE("no scan: a browser whose QUIC is blocked talks with the same hosts over TCP") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 400; ++n) {
    Try t = query_to(n, 443, 17);
    t.packets = 3;
    scene.unanswered(t);
    if (n >= 350) continue;
    t.protocol = 6;
    t.packets = 12;
    scene.answered(t, kWhole, 20);
  }
  CHECK(scene.found().empty());
}

TEST_CASE("no scan: traceroute to many hosts, and many times to one") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 300; ++n)
    for (std::uint16_t hop = 0; hop < 90; ++hop) {
      Try t = query_to(n % 100, static_cast<std::uint16_t>(33'434 + (hop + n) % 101), 17);
      t.own_port = 50'000;
      scene.unanswered(t);
    }
  CHECK(scene.found().empty());
}

TEST_CASE("no scan: packets to groups, to everybody, and answers of DHCP servers") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 300; ++n) {
    Try t = query_to(n, 5004, 17);
    t.target = scene_host("239.1.0.1", n);
    scene.unanswered(t);
    Try offer = query_to(n, 68, 17);
    offer.own_port = 67;
    scene.unanswered(offer);
  }
  CHECK(scene.candidates().empty());
}

TEST_CASE("no scan: one-way streams over UDP to many hosts") {
  ScanScene scene;
  for (std::uint32_t n = 0; n < 300; ++n) {
    Try t = query_to(n, 5004, 17);
    t.packets = 5000;
    scene.unanswered(t);
  }
  CHECK(scene.found().empty());
}

TEST_CASE("no scan: a resolver and a web client of which an exporter samples one packet in a thousand") {
  ScanScene scene;
  scene.sampling = 1000;
  for (std::uint32_t n = 0; n < 2000; ++n) {
    if (n % 2 == 0)
      scene.unanswered(query_to(n, 53, 17));
    else
      scene.reply(query_to(n, 53, 17));  // of other servers: none of the pairs is whole
    Try t = query_to(n, 443, 6);
    t.flags = n % 10 == 0 ? kSyn : std::uint8_t{0x18};
    scene.unanswered(t);
  }
  CHECK(scene.found().empty());
}

TEST_CASE("a scan: sampled probes are found all the same") {
  ScanScene scene;
  scene.sampling = 1000;
  for (std::uint32_t n = 0; n < 400; ++n) scene.unanswered(query_to(n, 161, 17));
  CHECK(scene.found().size() == 1);
}
