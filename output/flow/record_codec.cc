#include "output/flow/record_codec.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

#include "output/flow/detail_fields.h"
#include "output/flow/varint.h"

namespace weir::output {
namespace {

// Which parts of a record are there; part of the format.
enum class Part : std::uint8_t {
  exporter,  // another one than that of the record before
  source_v6,
  destination_v6,
  icmp,
  back,  // counters of the other direction
  back_times,
  tos,
  interfaces,
  routing,
  vlan,
  end_reason,
  part_number,
  sampling,
  observed_at,
  times_of_message,
  detail,
  flows,
};
constexpr std::uint32_t bit(Part part) {
  return 1U << static_cast<unsigned>(part);
}
constexpr std::uint32_t bit_if(bool there, Part part) {
  return there ? bit(part) : 0;
}

std::size_t address_bytes(std::uint8_t family) {
  return family == 4 ? 4 : family == 6 ? 16 : 0;
}

std::uint8_t* put_bytes(std::uint8_t* to, const std::uint8_t* from, std::size_t count) {
  std::memcpy(to, from, count);
  return to + count;
}
std::uint8_t* put_address(std::uint8_t* to, const IpAddress& a) {
  *to++ = a.family;
  return put_bytes(to, a.bytes.data(), address_bytes(a.family));
}
IpAddress take_address(ByteCursor& in) {
  const std::uint8_t family = in.u8();
  if (family != 0 && family != 4 && family != 6) in.fail();
  return IpAddress::from(in.take(address_bytes(family)));
}

// Each member that is not zero, with its place among all of them, from 1.
class DetailWriter {
 public:
  explicit DetailWriter(std::uint8_t* to) : to_(to) {}
  template <class T>
  void number(const T& value) {
    ++place_;
    if (const auto n = static_cast<std::uint64_t>(value); n != 0)
      to_ = put_varint(put_varint(to_, place_), n);
  }
  void text(std::string_view value) {
    ++place_;
    if (value.empty()) return;
    const std::size_t size = std::min(value.size(), kMaxRecordTextBytes);
    to_ = put_varint(put_varint(to_, place_), size);
    to_ = put_bytes(to_, reinterpret_cast<const std::uint8_t*>(value.data()), size);
  }
  void address(const IpAddress& value) {
    ++place_;
    if (value.family != 0) to_ = put_address(put_varint(to_, place_), value);
  }
  std::uint8_t* end() { return put_varint(to_, 0); }

 private:
  std::uint8_t* to_;
  std::uint64_t place_ = 0;
};

class DetailReader {
 public:
  explicit DetailReader(ByteCursor& in) : in_(in), next_(take_varint(in)) {}
  template <class T>
  void number(T& value) {
    if (is_next()) {
      value = static_cast<T>(take_varint(in_));
      advance();
    }
  }
  void text(std::string_view& value) {
    if (!is_next()) return;
    const Bytes bytes = in_.take(take_varint(in_));
    value = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    advance();
  }
  void address(IpAddress& value) {
    if (!is_next()) return;
    value = take_address(in_);
    advance();
  }
  // Members that this program does not know are of a later one: it wrote another format, too.
  [[nodiscard]] bool is_at_end() const { return next_ == 0; }

 private:
  bool is_next() { return ++place_ == next_; }
  void advance() { next_ = take_varint(in_); }
  ByteCursor& in_;
  std::uint64_t next_, place_ = 0;
};

bool is_some(const flow::Side& s) {
  return (s.packets | s.bytes | s.tcp_flags) != 0;
}
bool is_some(const flow::Routing& r) {
  return (r.source_as | r.destination_as | r.source_mask | r.destination_mask | r.next_hop.family) != 0;
}

std::uint32_t parts_of(const flow::Record& r) {
  const flow::Side &ahead = r.sides[0], &back = r.sides[1];
  return bit_if(r.source.family == 6, Part::source_v6) |
         bit_if(r.destination.family == 6, Part::destination_v6) | bit_if(r.has_icmp, Part::icmp) |
         bit_if(is_some(back), Part::back) | bit_if((back.first | back.last) != 0, Part::back_times) |
         bit_if((ahead.tos | back.tos) != 0, Part::tos) |
         bit_if((r.in_interface | r.out_interface) != 0, Part::interfaces) |
         bit_if(is_some(r.routing), Part::routing) | bit_if(r.vlan != 0, Part::vlan) |
         bit_if(r.end_reason != flow::EndReason::unknown, Part::end_reason) |
         bit_if(r.part != 0, Part::part_number) | bit_if(r.sampling != 1, Part::sampling) |
         bit_if(r.observed_at != 0, Part::observed_at) | bit_if(r.times_of_message, Part::times_of_message) |
         bit_if(r.detail != nullptr, Part::detail) | bit_if(r.flows != 1, Part::flows);
}

std::uint8_t* put_counters(std::uint8_t* to, const flow::Side& side) {
  to = put_varint(put_varint(to, side.packets), side.bytes);
  *to++ = side.tcp_flags;
  return to;
}
void take_counters(ByteCursor& in, flow::Side& side) {
  side.packets = take_varint(in);
  side.bytes = take_varint(in);
  side.tcp_flags = in.u8();
}

// What has a bit for it.
std::uint8_t* put_parts(std::uint8_t* to, std::uint32_t parts, const flow::Record& r) {
  const auto has = [parts](Part part) { return (parts & bit(part)) != 0; };
  const flow::Side &ahead = r.sides[0], &back = r.sides[1];
  if (has(Part::back)) to = put_counters(to, back);
  if (has(Part::back_times))
    to = put_varint(put_varint(to, time_difference(back.first, ahead.first)),
                    time_difference(back.last, ahead.last));
  if (has(Part::tos)) {
    *to++ = ahead.tos;
    *to++ = back.tos;
  }
  if (has(Part::interfaces)) to = put_varint(put_varint(to, r.in_interface), r.out_interface);
  if (has(Part::routing)) {
    to = put_varint(put_varint(put_address(to, r.routing.next_hop), r.routing.source_as),
                    r.routing.destination_as);
    *to++ = r.routing.source_mask;
    *to++ = r.routing.destination_mask;
  }
  if (has(Part::vlan)) to = put_varint(to, r.vlan);
  if (has(Part::end_reason)) *to++ = static_cast<std::uint8_t>(r.end_reason);
  if (has(Part::part_number)) to = put_varint(to, r.part);
  if (has(Part::sampling)) to = put_varint(to, r.sampling);
  if (has(Part::observed_at)) *to++ = r.observed_at;
  if (has(Part::flows)) to = put_varint(to, r.flows);
  if (!has(Part::detail)) return to;
  DetailWriter writer(to);
  visit_detail(*r.detail, writer);
  return writer.end();
}

void take_routing(ByteCursor& in, flow::Routing& r) {
  r.next_hop = take_address(in);
  r.source_as = static_cast<std::uint32_t>(take_varint(in));
  r.destination_as = static_cast<std::uint32_t>(take_varint(in));
  r.source_mask = in.u8();
  r.destination_mask = in.u8();
}

void take_parts(ByteCursor& in, std::uint32_t parts, flow::Record& r, flow::Detail& detail) {
  const auto has = [parts](Part part) { return (parts & bit(part)) != 0; };
  flow::Side &ahead = r.sides[0], &back = r.sides[1];
  if (has(Part::back)) take_counters(in, back);
  if (has(Part::back_times)) {
    back.first = time_after(ahead.first, take_varint(in));
    back.last = time_after(ahead.last, take_varint(in));
  }
  if (has(Part::tos)) {
    ahead.tos = in.u8();
    back.tos = in.u8();
  }
  if (has(Part::interfaces)) {
    r.in_interface = static_cast<std::uint32_t>(take_varint(in));
    r.out_interface = static_cast<std::uint32_t>(take_varint(in));
  }
  if (has(Part::routing)) take_routing(in, r.routing);
  if (has(Part::vlan)) r.vlan = static_cast<std::uint16_t>(take_varint(in));
  if (has(Part::end_reason)) {
    const std::uint8_t reason = in.u8();
    if (reason > static_cast<std::uint8_t>(flow::EndReason::resources)) return in.fail();
    r.end_reason = static_cast<flow::EndReason>(reason);
  }
  if (has(Part::part_number)) r.part = static_cast<std::uint32_t>(take_varint(in));
  if (has(Part::sampling)) r.sampling = static_cast<std::uint32_t>(take_varint(in));
  if (has(Part::observed_at)) r.observed_at = in.u8();
  if (has(Part::flows)) r.flows = static_cast<std::uint32_t>(take_varint(in));
  r.times_of_message = has(Part::times_of_message);
  if (!has(Part::detail)) return;
  detail = flow::Detail{};
  DetailReader reader(in);
  visit_detail(detail, reader);
  if (!reader.is_at_end()) in.fail();
  r.detail = &detail;
}

}  // namespace

std::uint8_t* RecordEncoder::encode(const flow::Record& r, std::uint8_t* to) {
  std::uint32_t parts = parts_of(r);
  const bool is_other =
      !has_exporter_ || r.exporter.domain != exporter_.domain || r.exporter.address != exporter_.address;
  parts |= bit_if(is_other, Part::exporter);
  to = put_varint(to, parts);
  if (is_other) {
    to = put_varint(put_address(to, r.exporter.address), r.exporter.domain);
    exporter_ = r.exporter;
    has_exporter_ = true;
  }
  to = put_bytes(to, r.source.bytes.data(), r.source.family == 6 ? 16 : 4);
  to = put_bytes(to, r.destination.bytes.data(), r.destination.family == 6 ? 16 : 4);
  *to++ = r.protocol;
  const std::array<std::uint8_t, 4> ports{
      static_cast<std::uint8_t>(r.source_port >> 8U), static_cast<std::uint8_t>(r.source_port),
      static_cast<std::uint8_t>(r.destination_port >> 8U), static_cast<std::uint8_t>(r.destination_port)};
  const std::array<std::uint8_t, 4> icmp{r.icmp_type, r.icmp_code, 0, 0};
  to = put_bytes(to, r.has_icmp ? icmp.data() : ports.data(), r.has_icmp ? 2 : 4);
  const flow::Side& side = r.sides[0];
  to = put_counters(to, side);
  to =
      put_varint(put_varint(to, time_difference(side.first, first_)), time_difference(side.last, side.first));
  first_ = side.first;
  return put_parts(to, parts, r);
}

bool RecordDecoder::decode(ByteCursor& in, flow::Record& r, flow::Detail& detail) {
  r = flow::Record{};
  const auto parts = static_cast<std::uint32_t>(take_varint(in));
  const auto has = [parts](Part part) { return (parts & bit(part)) != 0; };
  if (has(Part::exporter)) {
    exporter_.address = take_address(in);
    exporter_.domain = static_cast<std::uint32_t>(take_varint(in));
  }
  r.exporter = exporter_;
  r.source = IpAddress::from(in.take(has(Part::source_v6) ? 16 : 4));
  r.destination = IpAddress::from(in.take(has(Part::destination_v6) ? 16 : 4));
  r.protocol = in.u8();
  r.has_icmp = has(Part::icmp);
  if (r.has_icmp) {
    r.icmp_type = in.u8();
    r.icmp_code = in.u8();
  } else {
    r.source_port = in.be16();
    r.destination_port = in.be16();
  }
  flow::Side& side = r.sides[0];
  take_counters(in, side);
  side.first = first_ = time_after(first_, take_varint(in));
  side.last = time_after(side.first, take_varint(in));
  take_parts(in, parts, r, detail);
  return !in.failed();
}

}  // namespace weir::output
