// Records of a made-up network, and what the two passes of the detector say of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "decoders/flow/record.h"
#include "decoders/ip_network.h"
#include "engine/scan/scan_candidates.h"
#include "engine/scan/scan_judge.h"

namespace weir::engine_test {

inline constexpr TimeUs kSceneSecond = 1'000'000, kSceneHour = 3600 * kSceneSecond;
inline constexpr TimeUs kSceneDay = TimeUs{1'700'006'400} * kSceneSecond;

inline IpAddress scene_ip(const std::string& text) {
  return *parse_address(text);
}
// The nth address behind one.
inline IpAddress scene_host(const std::string& first, std::uint32_t n) {
  IpAddress a = scene_ip(first);
  const std::size_t end = a.family == 4 ? 4 : 16;
  for (std::size_t i = end; n != 0 && i > end - 4; --i, n >>= 8U)
    a.bytes[i - 1] = static_cast<std::uint8_t>(a.bytes[i - 1] + (n & 0xffU));
  return a;
}

// What a side of TCP sends.
inline constexpr std::uint8_t kSyn = 0x02, kRst = 0x04, kSynRst = 0x06, kRstAck = 0x14, kSynAck = 0x12,
                              kWhole = 0x1b;

struct Try {
  IpAddress source, target;
  std::uint16_t own_port = 40'000, port = 80;
  std::uint8_t protocol = 6;
  std::uint8_t flags = kSyn;
  std::uint64_t packets = 1, bytes = 44;
  TimeUs at = 0;  // behind the beginning of the day
};

struct ScanScene {
  std::vector<flow::Record> records;
  std::uint32_t domain = 1;
  std::uint32_t sampling = 1;

  static flow::Record ahead_of(const Try& t) {
    flow::Record r;
    r.source = t.source;
    r.destination = t.target;
    r.source_port = t.own_port;
    r.destination_port = t.port;
    r.protocol = t.protocol;
    if (t.protocol == 1 || t.protocol == 58) {
      r.has_icmp = true;
      r.icmp_type = t.protocol == 1 ? 8 : 128;
      r.source_port = r.destination_port = 0;
    }
    r.sides[0] = {.packets = t.packets,
                  .bytes = t.bytes * t.packets,
                  .first = kSceneDay + t.at,
                  .last = kSceneDay + t.at + 1000,
                  .tcp_flags = t.protocol == 6 ? t.flags : std::uint8_t{0},
                  .tos = 0};
    return r;
  }
  static flow::Side back_of(const flow::Record& r, std::uint8_t flags, std::uint64_t packets) {
    flow::Side back = r.sides[0];
    back.packets = packets;
    back.bytes = 100 * packets;
    back.tcp_flags = r.protocol == 6 ? flags : std::uint8_t{0};
    back.first += 1000;
    back.last += 1000;
    return back;
  }
  void put(flow::Record r) {
    r.exporter = {scene_ip("192.0.2.1"), domain};
    r.sampling = sampling;
    records.push_back(r);
  }
  void unanswered(const Try& t) { put(ahead_of(t)); }
  // Two records, one of each direction.
  void answered(const Try& t, std::uint8_t flags = kWhole, std::uint64_t packets = 1) {
    flow::Record r = ahead_of(t);
    put(r);
    reply(t, flags, packets);
  }
  void reply(const Try& t, std::uint8_t flags = kWhole, std::uint64_t packets = 1) {
    flow::Record r = ahead_of(t);
    const flow::Side back = back_of(r, flags, packets);
    std::swap(r.source, r.destination);
    std::swap(r.source_port, r.destination_port);
    if (r.has_icmp) r.icmp_type = r.protocol == 1 ? 0 : 129;
    r.sides = {back, {}};
    put(r);
  }
  // One record with both.
  void both_ways(const Try& t, std::uint8_t flags = kWhole, std::uint64_t packets = 1) {
    flow::Record r = ahead_of(t);
    r.sides[1] = back_of(r, flags, packets);
    put(r);
  }

  [[nodiscard]] std::vector<IpAddress> candidates(std::size_t threads = 1) const {
    std::vector<engine::ScanCandidates> passes;
    for (std::size_t i = 0; i < threads; ++i) passes.emplace_back(7, 1000);
    for (std::size_t i = 0; i < records.size(); ++i) passes[i % threads].take({&records[i], 1});
    for (std::size_t i = 1; i < threads; ++i) passes.front().merge(passes[i]);
    return passes.front().list(100, 100);
  }
  [[nodiscard]] std::vector<engine::Scan> scans(const engine::ScanSettings& settings = {},
                                                const engine::ScanLimits& limits = {}) const {
    engine::ScanJudge judge(candidates(), settings, limits);
    judge.take(records);
    return judge.scans();
  }
  // "10.66.1.1 horizontal 4096 [445]", of each; and the same whatever the order of the records is.
  [[nodiscard]] std::vector<std::string> found(const engine::ScanSettings& settings = {}) const {
    std::vector<std::string> out;
    for (const engine::Scan& scan : scans(settings)) out.push_back(text_of(scan));
    ScanScene turned = *this;
    std::reverse(turned.records.begin(), turned.records.end());
    std::vector<std::string> again;
    for (const engine::Scan& scan : turned.scans(settings)) again.push_back(text_of(scan));
    return out == again ? out : std::vector<std::string>{"depends on the order of records"};
  }
  static std::string text_of(const engine::Scan& scan) {
    std::string out = to_string(scan.source) + ' ' + std::string(engine::scan_kind_name(scan.kind)) + ' ' +
                      std::to_string(scan.targets) + ' ' + std::string(engine::scan_method_name(scan.method));
    for (const std::uint16_t port : scan.ports) out += ' ' + std::to_string(port);
    for (const IpAddress& host : scan.hosts) out += ' ' + to_string(host);
    return out;
  }
};

}  // namespace weir::engine_test
