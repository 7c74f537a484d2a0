// Messages that encoders make, kept, and read back by our own decoder.
#pragma once

#include <limits>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "output/flow/export/netflow5_encoder.h"
#include "output/flow/export/template_encoder.h"
#include "tests/decoders/flow/flow_wire.h"

namespace weir::test {

inline constexpr output::ExportFormat kWithTemplates[] = {
    output::ExportFormat::netflow9, output::ExportFormat::ipfix, output::ExportFormat::ipfix_biflow};
inline constexpr std::uint64_t kFull32 = std::numeric_limits<std::uint32_t>::max();

inline constexpr TimeUs kFlowBegin = TimeUs{1'700'000'000} * 1'000'000 + 123'456;

class KeptMessages final : public output::MessageTaker {
 public:
  struct Kept {
    std::vector<std::uint8_t> bytes;
    output::ExportMessage message;
  };
  void message(const output::ExportMessage& m) override {
    all.push_back({{m.bytes.begin(), m.bytes.end()}, m});
    all.back().message.bytes = {};
  }
  [[nodiscard]] output::ExportFacts facts() const override { return said; }
  [[nodiscard]] std::uint64_t number(std::size_t message, std::size_t at, std::size_t bytes) const {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < bytes; ++i) out = out << 8U | all.at(message).bytes.at(at + i);
    return out;
  }

  std::vector<Kept> all;
  output::ExportFacts said;
};

inline output::ExportSettings export_settings(output::ExportFormat format) {
  output::ExportSettings out;
  out.format = format;
  out.domain = 7;
  return out;
}

// An encoder and what came of it.
struct ExportBench {
  explicit ExportBench(const output::ExportSettings& settings, std::vector<output::InterfaceName> names = {})
      : interfaces(std::move(names)) {
    if (settings.format == output::ExportFormat::netflow5)
      encoder = std::make_unique<output::Netflow5Encoder>(settings, interfaces, kept);
    else
      encoder = std::make_unique<output::TemplateEncoder>(settings, interfaces, kept);
  }
  explicit ExportBench(output::ExportFormat format) : ExportBench(export_settings(format)) {}
  void add(const flow::Record& r, TimeUs now = kFlowBegin + 60'000'000) { encoder->add(r, now); }
  void flush(TimeUs now = kFlowBegin + 60'000'000) { encoder->flush(now); }

  // All of it, read; elements of our own where `enterprise` is the number that they were sent under.
  [[nodiscard]] std::unique_ptr<FlowBench> read(std::uint32_t enterprise = 0) const {
    auto out = std::make_unique<FlowBench>(enterprise);
    for (const KeptMessages::Kept& m : kept.all) out->send(Wire(m.bytes.begin(), m.bytes.end()));
    return out;
  }

  std::vector<output::InterfaceName> interfaces;
  KeptMessages kept;
  std::unique_ptr<output::FlowEncoder> encoder;
};

// A TCP flow of both directions, each with times of its own.
inline flow::Record tcp_record(std::uint16_t n = 1) {
  flow::Record r;
  r.source = IpAddress::v4(0x0a000001);
  r.destination = IpAddress::v4(0xc0000201);
  r.source_port = static_cast<std::uint16_t>(1000 + n);
  r.destination_port = 443;
  r.protocol = 6;
  r.end_reason = flow::EndReason::end;
  r.sides[0] = {.packets = 10,
                .bytes = 1000,
                .first = kFlowBegin,
                .last = kFlowBegin + 5'000'000,
                .tcp_flags = 0x1b,
                .tos = 0x28};
  r.sides[1] = {.packets = 20,
                .bytes = 30'000,
                .first = kFlowBegin + 10'000,
                .last = kFlowBegin + 4'000'000,
                .tcp_flags = 0x1a,
                .tos = 0};
  return r;
}
inline IpAddress an_ipv6(std::uint8_t last) {
  IpAddress out;
  out.family = 6;
  out.bytes = {0x20, 0x01, 0x0d, 0xb8};
  out.bytes[15] = last;
  return out;
}
inline flow::Record udp6_record() {
  flow::Record r = tcp_record();
  r.source = an_ipv6(1);
  r.destination = an_ipv6(2);
  r.protocol = 17;
  r.sides[0].tcp_flags = r.sides[1].tcp_flags = 0;
  return r;
}

inline TimeUs whole_ms(TimeUs t) {
  return t / 1000 * 1000;
}
// `read` is the direction `way` of `sent`, as a record of one way.
inline void check_way(const flow::Record& read, const flow::Record& sent, Direction way) {
  const bool is_reply = way == Direction::to_client;
  const flow::Side& side = sent.side(way);
  CHECK(read.source == (is_reply ? sent.destination : sent.source));
  CHECK(read.destination == (is_reply ? sent.source : sent.destination));
  CHECK(read.source_port == (is_reply ? sent.destination_port : sent.source_port));
  CHECK(read.destination_port == (is_reply ? sent.source_port : sent.destination_port));
  CHECK(read.protocol == sent.protocol);
  CHECK(read.sides[0].packets == side.packets);
  CHECK(read.sides[0].bytes == side.bytes);
  CHECK(read.sides[0].first == whole_ms(side.first));
  CHECK(read.sides[0].last == whole_ms(side.last));
  CHECK(read.sides[0].tcp_flags == side.tcp_flags);
  CHECK(read.sides[0].tos == side.tos);
  CHECK(read.sides[1].packets == 0);
}

}  // namespace weir::test
