#include "decoders/flow/record_filler.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "decoders/flow/field_value.h"
#include "decoders/flow/own_elements.h"
#include "decoders/flow/sampled_header.h"

namespace weir::flow {
namespace {

constexpr std::uint8_t kIcmp = 1, kIcmpV6 = 58;
constexpr std::uint8_t kReverseInitiator = 2;  // biflowDirection: the destination began
constexpr std::uint32_t kMostSampling = 1U << 31U;
constexpr std::uint64_t kMostFlows = std::numeric_limits<std::uint32_t>::max();

constexpr std::uint8_t kDropped = 2;  // Detail::verdict

// The first two bits of forwardingStatus (RFC 7270 4.12) say what became of the packets, the others why. Some exporters send four bytes,
// whose last one is it.
bool is_dropped_status(Bytes value) {
  constexpr unsigned kStatusAt = 6, kStatusDropped = 2;
  return !value.empty() && unsigned{value.back()} >> kStatusAt == kStatusDropped;
}

MacAddress to_mac(Bytes value) {
  MacAddress out{};
  if (value.size() == out.size()) std::copy(value.begin(), value.end(), out.begin());
  return out;
}

}  // namespace

TimeUs from_uptime(const MessageFacts& message, std::uint32_t at_ms) {
  const auto ago = static_cast<std::int32_t>(at_ms - message.uptime_ms);
  return message.exported + TimeUs{ago} * kUsPerMs;
}

TimeUs from_boot(const MessageFacts& message, TimeUs boot, std::uint32_t at_ms) {
  constexpr TimeUs kWrap = (TimeUs{1} << 32U) * kUsPerMs,
                   kDay = 86'400 * kUsPerSecond;  // clocks may differ by a day
  const TimeUs at = boot + TimeUs{at_ms} * kUsPerMs, late = message.exported + kDay;
  return late - at >= kWrap ? at + (late - at) / kWrap * kWrap : at;
}

void RecordFiller::begin() {
  record_ = &batch_.add();
  scratch_ = Scratch{};
}

// The value may replace what stands in the slot. Zeros are not asked about: they say nothing.
bool RecordFiller::is_better(const FieldStep& step) {
  std::uint8_t& rank = scratch_.ranks[static_cast<std::size_t>(step.slot)];
  if (rank != 0 && rank <= step.rank) return false;
  rank = step.rank;
  return true;
}

template <class T>
void RecordFiller::set(T& to, const FieldStep& step, Bytes value) {
  const T number = to_number_of<T>(value);
  if (number != 0 && !step.reverse && is_better(step)) to = number;
}

void RecordFiller::set_address(IpAddress& to, const FieldStep& step, Bytes value) {
  if (step.reverse) return;
  const bool is_zero = value.size() == 4 ? to_number(value) == 0
                                         : std::all_of(value.begin(), value.end(),
                                                       [](std::uint8_t byte) { return byte == 0; });
  if (is_zero) {
    if (step.slot == Slot::source || step.slot == Slot::destination)
      scratch_.has_zero[step.slot == Slot::source ? 0 : 1][value.size() == 4 ? 0 : 1] = true;
  } else if (is_better(step)) {
    to = IpAddress::from(value);
  }
}

void RecordFiller::set_time(TimeUs& to, const FieldStep& step, Bytes value) {
  const TimeUs time = to_time(step.type, value);
  if (time != 0 && (step.reverse ? to == 0 : is_better(step))) to = time;
}

void RecordFiller::other_field(const FieldStep& step, Bytes value) {
  if (path_field(step, value)) return;
  if (scratch_.sampling.take(step, value)) return;
  text_field(step, value);
}

void RecordFiller::key_field(const FieldStep& step, Bytes value) {
  Record& r = *record_;
  switch (step.slot) {
    case Slot::source: set_address(r.source, step, value); break;
    case Slot::destination: set_address(r.destination, step, value); break;
    case Slot::source_port: set(r.source_port, step, value); break;
    case Slot::destination_port: set(r.destination_port, step, value); break;
    case Slot::protocol: set(r.protocol, step, value); break;
    case Slot::icmp_type_code:
      set(scratch_.icmp_type_code, step, value);
      scratch_.has_icmp_type_code = true;
      break;
    case Slot::icmp_type:
      set(r.icmp_type, step, value);
      r.has_icmp = true;
      break;
    case Slot::icmp_code:
      set(r.icmp_code, step, value);
      r.has_icmp = true;
      break;
    case Slot::biflow_direction: set(scratch_.biflow_direction, step, value); break;
    case Slot::end_reason: {
      const std::uint64_t reason = to_number(value);
      if (!step.reverse && reason <= static_cast<std::uint64_t>(EndReason::resources))
        r.end_reason = static_cast<EndReason>(reason);
      break;
    }
    default: break;
  }
}

void RecordFiller::counter_field(const FieldStep& step, Bytes value) {
  Side& side = record_->sides[step.reverse ? 1 : 0];
  Side& back = record_->sides[1];
  switch (step.slot) {
    case Slot::bytes: side.bytes = to_number(value); break;
    case Slot::packets: side.packets = to_number(value); break;
    case Slot::tcp_flags: side.tcp_flags = to_number_of<std::uint8_t>(value); break;
    case Slot::tos: side.tos = to_number_of<std::uint8_t>(value); break;
    case Slot::bytes_back:
    case Slot::packets_back: {
      const std::uint64_t number = to_number(value);
      (step.slot == Slot::bytes_back ? back.bytes : back.packets) = number;
      scratch_.has_back |= number != 0;
      break;
    }
    default: break;
  }
}

void RecordFiller::time_field(const FieldStep& step, Bytes value) {
  const std::size_t way = step.reverse ? 1 : 0;
  Side& side = record_->sides[way];
  switch (step.slot) {
    case Slot::first: set_time(side.first, step, value); break;
    case Slot::last: set_time(side.last, step, value); break;
    case Slot::first_uptime:
      scratch_.first_uptime[way] = to_number_of<std::uint32_t>(value);
      scratch_.has_first_uptime[way] = true;
      break;
    case Slot::last_uptime:
      scratch_.last_uptime[way] = to_number_of<std::uint32_t>(value);
      scratch_.has_last_uptime[way] = true;
      break;
    case Slot::first_before_export:
      if (!step.reverse) scratch_.first_before_export = to_number_of<std::uint32_t>(value);
      break;
    case Slot::last_before_export:
      if (!step.reverse) scratch_.last_before_export = to_number_of<std::uint32_t>(value);
      break;
    case Slot::duration_ms:
      if (!step.reverse) scratch_.duration_us = to_number_of<std::uint32_t>(value) * std::uint64_t{1000};
      break;
    case Slot::duration_us:
      if (!step.reverse) scratch_.duration_us = to_number_of<std::uint32_t>(value);
      break;
    case Slot::observed: set_time(scratch_.observed, step, value); break;
    case Slot::boot_time: set_time(scratch_.boot, step, value); break;
    default: break;
  }
}

bool RecordFiller::path_field(const FieldStep& step, Bytes value) {
  Record& r = *record_;
  switch (step.slot) {
    case Slot::in_interface: set(r.in_interface, step, value); return true;
    case Slot::out_interface: set(r.out_interface, step, value); return true;
    // 0 and 1 on the wire
    case Slot::observed_at:
      r.observed_at = static_cast<std::uint8_t>(to_number(value) == 0 ? 1 : 2);
      return true;
    case Slot::source_mask: set(r.routing.source_mask, step, value); return true;
    case Slot::destination_mask: set(r.routing.destination_mask, step, value); return true;
    case Slot::source_as: set(r.routing.source_as, step, value); return true;
    case Slot::destination_as: set(r.routing.destination_as, step, value); return true;
    case Slot::next_hop: set_address(r.routing.next_hop, step, value); return true;
    case Slot::vlan: set(r.vlan, step, value); return true;
    case Slot::sampler:
      scratch_.has_sampler = true;
      set(scratch_.sampler, step, value);
      return true;
    case Slot::selection_sequence: set(scratch_.sequence, step, value); return true;
    case Slot::flow_count:
      if (const std::uint64_t count = to_number(value); count != 0 && !step.reverse)
        r.flows = static_cast<std::uint32_t>(std::min(count, kMostFlows));
      return true;
    case Slot::forwarding_status:
      if (!step.reverse && is_dropped_status(value)) batch_.detail().verdict = kDropped;
      return true;
    case Slot::frame: scratch_.frame = value; return true;
    case Slot::ip_packet: scratch_.ip_packet = value; return true;
    case Slot::frame_length: scratch_.frame_length = to_number_of<std::uint32_t>(value); return true;
    default: return false;
  }
}

void RecordFiller::text_field(const FieldStep& step, Bytes value) {
  switch (step.slot) {
    case Slot::user:
    case Slot::application_name:
    case Slot::host:
    case Slot::interface_name: {
      const std::string_view text = to_text(value);
      if (text.empty() || step.reverse) return;
      Detail& d = batch_.detail();
      (step.slot == Slot::user               ? d.user
       : step.slot == Slot::application_name ? d.application
       : step.slot == Slot::host             ? d.host
                                             : d.in_interface_name) = text;
      return;
    }
    default: break;
  }
  // Most exporters fill what they do not know with zeros.
  if (std::any_of(value.begin(), value.end(), [](std::uint8_t byte) { return byte != 0; }))
    detail_field(step, value);
}

void RecordFiller::detail_field(const FieldStep& step, Bytes value) {
  Detail& d = batch_.detail();
  SideDetail& side = d.sides[step.reverse ? 1 : 0];
  switch (step.slot) {
    case Slot::size_min: side.size_min = to_number_of<std::uint32_t>(value); break;
    case Slot::size_max: side.size_max = to_number_of<std::uint32_t>(value); break;
    case Slot::ttl: side.ttl_min = side.ttl_max = to_number_of<std::uint8_t>(value); break;
    case Slot::ttl_min: side.ttl_min = to_number_of<std::uint8_t>(value); break;
    case Slot::ttl_max: side.ttl_max = to_number_of<std::uint8_t>(value); break;
    case Slot::base_sequence: side.base_sequence = to_number_of<std::uint32_t>(value); break;
    case Slot::window_scale: side.window_scale = to_number_of<std::uint8_t>(value); break;
    case Slot::syn_options: side.syn_options = to_number(value); break;
    case Slot::jitter_us: side.jitter_us = to_number(value); break;
    case Slot::post_vlan: set(d.post_vlan, step, value); break;
    case Slot::customer_vlan: set(d.vlans[1], step, value); break;
    case Slot::source_mac:
      if (is_better(step)) d.source_mac = to_mac(value);
      break;
    case Slot::destination_mac:
      if (is_better(step)) d.destination_mac = to_mac(value);
      break;
    case Slot::mpls_1: d.mpls[0] = to_number_of<std::uint32_t>(value); break;
    case Slot::mpls_2: d.mpls[1] = to_number_of<std::uint32_t>(value); break;
    case Slot::mpls_3: d.mpls[2] = to_number_of<std::uint32_t>(value); break;
    case Slot::mpls_4: d.mpls[3] = to_number_of<std::uint32_t>(value); break;
    case Slot::ingress_vrf: set(d.ingress_vrf, step, value); break;
    case Slot::egress_vrf: set(d.egress_vrf, step, value); break;
    case Slot::layer2_segment: set_segment(d, step, value); break;
    case Slot::gre_key:
      if (step.reverse || d.tunnel_id != 0) break;
      d.tunnel_id = to_number(value);
      d.tunnel_kind = "gre";
      break;
    case Slot::nat_source: set_address(d.nat_source, step, value); break;
    case Slot::nat_destination: set_address(d.nat_destination, step, value); break;
    case Slot::nat_source_port: set(d.nat_source_port, step, value); break;
    case Slot::nat_destination_port: set(d.nat_destination_port, step, value); break;
    case Slot::nat_event: set(d.nat_event, step, value); break;
    case Slot::firewall_event: set(d.firewall_event, step, value); break;
    case Slot::firewall_reason: set(d.firewall_reason, step, value); break;
    case Slot::flow_number: set(d.flow_number, step, value); break;
    case Slot::application_id: set(d.application_id, step, value); break;
    case Slot::own: read_own_element(step.own, step.reverse ? 1 : 0, value, *record_, d); break;
    default: break;
  }
}

// The first of its eight bytes says what kind of overlay it is, the last three which segment; some exporters send the segment alone.
void RecordFiller::set_segment(Detail& d, const FieldStep& step, Bytes value) {
  constexpr unsigned kKindAt = 56;
  constexpr std::uint64_t kVxlan = 1, kNvgre = 2, kSegment = 0xffffff;
  if (step.reverse) return;
  const std::uint64_t number = to_number(value), kind = number >> kKindAt;
  d.tunnel_kind = kind == kVxlan ? "vxlan" : kind == kNvgre ? "nvgre" : "";
  d.tunnel_id = d.tunnel_kind.empty() ? number : number & kSegment;
}

bool RecordFiller::finish() {
  Record& r = *record_;
  if (!scratch_.frame.empty()) fill_from_frame(scratch_.frame, scratch_.frame_length, r);
  if (!scratch_.ip_packet.empty()) fill_from_ip_packet(scratch_.ip_packet, r);
  finish_addresses();
  if (r.source.family == 0 || r.destination.family == 0) {
    batch_.drop();
    return false;
  }
  r.exporter = message_.exporter;
  const std::uint32_t own = scratch_.sampling.rate();
  r.sampling = std::min(own != 0 ? own : sampling_.sampling(sampling_keys()), kMostSampling);
  finish_icmp();
  finish_times();
  finish_direction();
  finish_names();
  if (r.detail != nullptr && r.detail->vlans[1] != 0) batch_.detail().vlans[0] = r.vlan;
  return true;
}

SamplingKeys RecordFiller::sampling_keys() const {
  return {.has_sampler = scratch_.has_sampler,
          .sampler = scratch_.sampler,
          .sequence = scratch_.sequence,
          .in_interface = record_->in_interface,
          .out_interface = record_->out_interface};
}

// 0.0.0.0 is an address where the other one is of its family and not zero, as DHCP's clients have it.
void RecordFiller::finish_addresses() {
  Record& r = *record_;
  const auto is_zero = [this](std::size_t end, std::uint8_t family) {
    return family != 0 && scratch_.has_zero[end][family == 4 ? 0 : 1];
  };
  if (r.source.family == 0 && is_zero(0, r.destination.family)) r.source.family = r.destination.family;
  if (r.destination.family == 0 && is_zero(1, r.source.family)) r.destination.family = r.source.family;
}

// Older exporters say type and code in the place of the destination's port.
void RecordFiller::finish_icmp() {
  Record& r = *record_;
  if (r.protocol != kIcmp && r.protocol != kIcmpV6) {
    r.has_icmp = false;
    return;
  }
  if (!r.has_icmp) {
    const std::uint16_t both = scratch_.has_icmp_type_code ? scratch_.icmp_type_code : r.destination_port;
    r.icmp_type = static_cast<std::uint8_t>(both >> 8U);
    r.icmp_code = static_cast<std::uint8_t>(both);
    r.has_icmp = true;
  }
  r.source_port = r.destination_port = 0;
}

void RecordFiller::finish_times() {
  Side& side = record_->sides[0];
  const TimeUs boot = scratch_.boot != 0 ? scratch_.boot : boot_;
  const auto of_uptime = [&](std::uint32_t at) {
    if (message_.has_uptime) return from_uptime(message_, at);
    return boot != 0 ? from_boot(message_, boot, at) : TimeUs{0};
  };
  for (std::size_t way = 0; way < record_->sides.size(); ++way) {
    Side& one = record_->sides[way];
    if (one.first == 0 && scratch_.has_first_uptime[way]) one.first = of_uptime(scratch_.first_uptime[way]);
    if (one.last == 0 && scratch_.has_last_uptime[way]) one.last = of_uptime(scratch_.last_uptime[way]);
  }
  if (side.first == 0 && scratch_.first_before_export)
    side.first = message_.exported - TimeUs{*scratch_.first_before_export};
  if (side.last == 0 && scratch_.last_before_export)
    side.last = message_.exported - TimeUs{*scratch_.last_before_export};
  const auto duration = static_cast<TimeUs>(scratch_.duration_us);
  if (side.first == 0) side.first = side.last != 0 ? side.last - duration : scratch_.observed;
  if (side.last == 0 && side.first != 0) side.last = side.first + duration;
  if (side.first == 0) {
    side.last = message_.exported;
    side.first = side.last - duration;
    record_->times_of_message = true;
  }
}

void RecordFiller::finish_direction() {
  Record& r = *record_;
  Side& back = r.sides[1];
  if (scratch_.has_back) {
    if (back.first == 0) back.first = r.sides[0].first;
    if (back.last == 0) back.last = std::max(back.first, r.sides[0].last);
  }
  if (scratch_.biflow_direction != kReverseInitiator) return;
  std::swap(r.source, r.destination);
  std::swap(r.source_port, r.destination_port);
  std::swap(r.sides[0], r.sides[1]);
  std::swap(r.in_interface, r.out_interface);
  std::swap(r.routing.source_as, r.routing.destination_as);
  std::swap(r.routing.source_mask, r.routing.destination_mask);
  if (r.detail == nullptr) return;
  Detail& d = batch_.detail();
  std::swap(d.sides[0], d.sides[1]);
  std::swap(d.source_mac, d.destination_mac);
  std::swap(d.tunnel_source, d.tunnel_destination);
  std::swap(d.nat_source, d.nat_destination);
  std::swap(d.nat_source_port, d.nat_destination_port);
}

void RecordFiller::finish_names() {
  if (!tables_.has_names()) return;
  const Record& r = *record_;
  const std::string_view in = tables_.interface_name(r.in_interface),
                         out = tables_.interface_name(r.out_interface);
  if (!in.empty()) batch_.detail().in_interface_name = in;
  if (!out.empty()) batch_.detail().out_interface_name = out;
  if (r.detail == nullptr || r.detail->application_id == 0 || !r.detail->application.empty()) return;
  batch_.detail().application = tables_.application_name(r.detail->application_id);
}

}  // namespace weir::flow
