// Records for tests of ClickHouse, and a way to compare them.
#pragma once

#include <string>
#include <vector>

#include "output/flow/record_codec.h"

namespace weir::test {

// What only some say is there, too: of both families, ICMP, times of the other side, texts, a MAC address.
struct FlowSamples {
  FlowSamples() {
    for (std::uint32_t i = 0; i < records.size(); ++i) records[i] = record_of(i);
    detail.history = "ShADadFf";
    detail.state = "SF";
    detail.host = "www.example.com";
    detail.source_mac = {0, 1, 2, 3, 4, 0xff};
    detail.nat_source = IpAddress::v4(0xc0000201);
    detail.sides[1].payload = "\x01\xfe";
    detail.sides[0].payload_bytes = 77;
    detail.tunnel_id = 1ULL << 40U;
    records[1].detail = &detail;
  }
  FlowSamples(const FlowSamples&) = delete;
  FlowSamples& operator=(const FlowSamples&) = delete;

  static flow::Record record_of(std::uint32_t i) {
    constexpr TimeUs kBegin = 1'700'000'000'000'000;
    flow::Record r;
    r.source = IpAddress::v4(0x0a000000 + i);
    r.destination = IpAddress::v4(0xc6336401);
    if (i % 3 == 1) {
      r.source.family = r.destination.family = 6;
      r.source.bytes[15] = 9;
    }
    r.protocol = i % 3 == 2 ? 1 : 6;
    if (r.protocol == 1) {
      r.has_icmp = true;  // echo reply: type and code 0
    } else {
      r.source_port = static_cast<std::uint16_t>(1000 + i);
      r.destination_port = 443;
    }
    r.sides[0] = {3 + i, 300, kBegin + i, kBegin + i + 5'000'000, 0x1b, 0x10};
    if (i % 2 == 0) r.sides[1] = {2, 1ULL << 40U, kBegin + i, kBegin + i + 4'000'000, 0x12, 0};
    r.end_reason = flow::EndReason::active;
    r.part = i;
    r.sampling = 1000;
    r.exporter = {IpAddress::v4(0x7f000201), 7};
    r.routing = {IpAddress::v4(0x0a0000fe), 65'000, 4'200'000'000, 24, 16};
    return r;
  }

  flow::Detail detail;
  std::vector<flow::Record> records = std::vector<flow::Record>(6);
};

// All that a record says.
inline std::string all_of(const flow::Record& record) {
  std::string out(output::kMaxRecordBytes, '\0');
  auto* const begin = reinterpret_cast<std::uint8_t*>(out.data());
  output::RecordEncoder encoder;
  out.resize(static_cast<std::size_t>(encoder.encode(record, begin) - begin));
  return out;
}

}  // namespace weir::test
