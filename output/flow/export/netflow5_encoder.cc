#include "output/flow/export/netflow5_encoder.h"

#include <algorithm>
#include <limits>

#include "output/flow/export/option_fields.h"
#include "output/flow/export/record_fields.h"

namespace weir::output {
namespace {

constexpr std::size_t kHeader5 = 24, kRecord5 = 48;
constexpr std::size_t kMostRecords5 = 30;        // the protocol's
constexpr std::uint32_t kMostSampling = 0x3fff;  // 14 bits
constexpr unsigned kMethodAt = 14;               // behind them: how it was sampled
constexpr std::uint64_t kMostCount5 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kBootBefore5Ms = 86'400'000;  // as in template_encoder.cc

// What part `n` of `parts` has of a number: they differ by one at most.
std::uint32_t part_of(std::uint64_t number, std::uint64_t parts, std::uint64_t n) {
  return static_cast<std::uint32_t>(number / parts + (n < number % parts ? 1 : 0));
}

// One that 16 bits cannot say is not said.
std::uint32_t interface_of(std::uint32_t number) {
  return number <= std::numeric_limits<std::uint16_t>::max() ? number : 0;
}

}  // namespace

Netflow5Encoder::Netflow5Encoder(const ExportSettings& settings, std::span<const InterfaceName> interfaces,
                                 MessageTaker& to)
    : settings_(settings),
      interfaces_(interfaces),
      to_(to),
      most_records_(
          static_cast<std::uint32_t>(std::min(kMostRecords5, (settings.mtu - kHeader5) / kRecord5))),
      buffer_(kHeader5 + most_records_ * kRecord5) {}

void Netflow5Encoder::add(const flow::Record& record, TimeUs now) {
  const auto ways =
      static_cast<std::uint64_t>(record.sides[0].packets != 0) + (record.sides[1].packets != 0 ? 1U : 0U);
  if (record.source.family != 4 || record.destination.family != 4) {
    counters_.left_out_v6 += ways;
    return;
  }
  if (record.sampling > kMostSampling) {
    counters_.left_out_large += ways;
    return;
  }
  if (!boot_ms_) {
    const std::uint64_t first = to_ms(record.sides[record.sides[0].packets != 0 ? 0 : 1].first) / 1000 * 1000;
    boot_ms_ = first > kBootBefore5Ms ? first - kBootBefore5Ms : 0;
  }
  const std::uint32_t sampling = std::max(record.sampling, 1U);
  if (sampling != sampling_) flush(now);
  sampling_ = sampling;
  const InterfacePair interfaces = interfaces_of(record, interfaces_);
  for (const Direction way : {Direction::to_server, Direction::to_client})
    if (record.side(way).packets != 0) add_way({record, way, interfaces}, now);
}

void Netflow5Encoder::add_way(const FlowWay& way, TimeUs now) {
  const flow::Side& side = way.side();
  const std::uint64_t parts = 1 + (std::max({side.packets, side.bytes, std::uint64_t{1}}) - 1) / kMostCount5;
  if (parts > kMostParts) {
    ++counters_.left_out_large;
    return;
  }
  for (std::uint64_t n = 0; n < parts; ++n)
    put(way, part_of(side.packets, parts, n), part_of(side.bytes, parts, n), now);
}

void Netflow5Encoder::put(const FlowWay& way, std::uint32_t packets, std::uint32_t bytes, TimeUs now) {
  const flow::Record& r = way.record();
  const flow::Side& side = way.side();
  const bool is_icmp = r.protocol == kIcmpV4;
  std::uint8_t* at = buffer_.data() + kHeader5 + records_ * kRecord5;
  at = put_be(at, way.source().v4_host_order(), 4);
  at = put_be(at, way.destination().v4_host_order(), 4);
  at = put_be(at, r.routing.next_hop.family == 4 ? r.routing.next_hop.v4_host_order() : 0, 4);
  at = put_be(put_be(at, interface_of(way.in_interface()), 2), interface_of(way.out_interface()), 2);
  at = put_be(put_be(at, packets, 4), bytes, 4);
  at = put_be(at, to_ms(side.first) - *boot_ms_, 4);
  at = put_be(at, to_ms(side.last) - *boot_ms_, 4);
  at = put_be(at, is_icmp ? 0U : way.source_port(), 2);
  at = put_be(at, is_icmp ? way.icmp_type_code() : way.destination_port(), 2);
  at = put_be(put_be(at, 0, 1), side.tcp_flags, 1);
  at = put_be(put_be(at, r.protocol, 1), side.tos, 1);
  (void)put_be(at, 0, 8);  // autonomous systems, masks
  ++records_;
  flows_.add({.records = 1, .packets = packets, .bytes = bytes});
  if (records_ == most_records_) flush(now);
}

void Netflow5Encoder::flush(TimeUs now) {
  if (records_ == 0) return;
  const std::uint64_t now_us = now > 0 ? static_cast<std::uint64_t>(now) : 0;
  std::uint8_t* at = buffer_.data();
  at = put_be(put_be(at, 5, 2), records_, 2);
  at = put_be(at, now_us / 1000 - *boot_ms_, 4);
  at = put_be(at, now_us / 1'000'000, 4);
  // Whole milliseconds, as the uptime: the difference of both is when the uptime began.
  at = put_be(at, now_us / 1000 % 1000 * 1'000'000, 4);
  at = put_be(at, sequence_, 4);
  at = put_be(put_be(at, settings_.engine_type, 1), settings_.engine_id, 1);
  (void)put_be(
      at, sampling_ > 1 ? option_fields::algorithm_of(settings_.sampling) << kMethodAt | sampling_ : 0, 2);
  sequence_ += records_;
  const std::size_t size = kHeader5 + records_ * kRecord5;
  const ExportMessage message{
      .bytes = std::span(buffer_).first(size), .flows = flows_, .data_records = records_};
  records_ = 0;
  flows_ = {};
  to_.message(message);
}

}  // namespace weir::output
