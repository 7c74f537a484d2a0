#include "decoders/flow/sflow_sample.h"

#include <algorithm>

#include "decoders/flow/limits.h"
#include "decoders/flow/sampled_header.h"

namespace weir::flow {
namespace {

// Formats of sFlow itself: enterprise 0.
constexpr std::uint32_t kRawHeader = 1, kEthernet = 2, kIpv4 = 3, kIpv6 = 4, kSwitch = 1001, kRouter = 1002,
                        kGateway = 1003, kUser = 1004, kNat = 1007, kNatPort = 1020;
constexpr std::uint32_t kHeaderEthernet = 1, kHeaderPpp = 7, kHeaderIpv4 = 11, kHeaderIpv6 = 12,
                        kHeaderMpls = 13, kHeaderPos = 14;
constexpr std::uint32_t kInterfaceNumber = 0;  // in two bits before the number: it is one, and not a reason
constexpr std::size_t kMaxPathSegments = 64;

// XDR pads to four bytes.
std::size_t padded(std::size_t bytes) {
  return (bytes + 3) & ~std::size_t{3};
}

IpAddress read_address(ByteCursor& in) {
  const std::uint32_t kind = in.be32();
  if (kind == 1) return IpAddress::from(in.take(4));
  return kind == 2 ? IpAddress::from(in.take(16)) : IpAddress{};
}

void read_raw_header(ByteCursor in, Record& r) {
  const std::uint32_t protocol = in.be32(), frame_length = in.be32(), stripped = in.be32(), size = in.be32();
  const Bytes header = in.take(size);
  if (in.failed()) return;
  switch (protocol) {
    case kHeaderEthernet: fill_from_frame(header, frame_length - std::min(stripped, frame_length), r); break;
    case kHeaderIpv4:
    case kHeaderIpv6: fill_from_ip_packet(header, r); break;
    case kHeaderMpls: fill_from_labels(header, r); break;
    case kHeaderPpp:
    case kHeaderPos: fill_from_ppp(header, r); break;
    default: break;
  }
}

void read_addresses(ByteCursor in, std::size_t address_bytes, Record& r) {
  if (r.source.family != 0) return;  // the header said more
  const std::uint32_t length = in.be32(), protocol = in.be32();
  const Bytes source = in.take(address_bytes), destination = in.take(address_bytes);
  const std::uint32_t source_port = in.be32(), destination_port = in.be32(), flags = in.be32(),
                      tos = in.be32();
  if (in.failed()) return;
  r.source = IpAddress::from(source);
  r.destination = IpAddress::from(destination);
  r.protocol = static_cast<std::uint8_t>(protocol);
  r.source_port = static_cast<std::uint16_t>(source_port);
  r.destination_port = static_cast<std::uint16_t>(destination_port);
  r.sides[0].tcp_flags = static_cast<std::uint8_t>(flags);
  r.sides[0].tos = static_cast<std::uint8_t>(tos);
  r.sides[0].packets = 1;
  r.sides[0].bytes = length;
}

void read_macs(ByteCursor in, RecordBatch& batch) {
  in.skip(4);
  const Bytes source = in.take(8), destination = in.take(8);  // six bytes and padding
  if (in.failed()) return;
  std::copy_n(source.begin(), 6, batch.detail().source_mac.begin());
  std::copy_n(destination.begin(), 6, batch.detail().destination_mac.begin());
}

void read_switch(ByteCursor in, Record& r, RecordBatch& batch) {
  const std::uint32_t source_vlan = in.be32();
  in.skip(4);
  const std::uint32_t destination_vlan = in.be32();
  constexpr std::uint32_t kMostVlan = 4095;
  if (in.failed() || source_vlan > kMostVlan || destination_vlan > kMostVlan) return;
  if (source_vlan != 0) r.vlan = static_cast<std::uint16_t>(source_vlan);
  if (destination_vlan != source_vlan)
    batch.detail().post_vlan = static_cast<std::uint16_t>(destination_vlan);
}

void read_router(ByteCursor in, Record& r) {
  const IpAddress next_hop = read_address(in);
  const std::uint32_t source_mask = in.be32(), destination_mask = in.be32();
  if (in.failed()) return;
  r.routing.next_hop = next_hop;
  r.routing.source_mask = static_cast<std::uint8_t>(source_mask);
  r.routing.destination_mask = static_cast<std::uint8_t>(destination_mask);
}

// The last autonomous system of the way is the destination's.
void read_gateway(ByteCursor in, Record& r) {
  const IpAddress next_hop = read_address(in);
  in.skip(4);  // of the router
  const std::uint32_t source_as = in.be32();
  in.skip(4);  // of the peer that it came from
  const std::uint32_t segments = in.be32();
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(segments, kMaxPathSegments); ++i) {
    in.skip(4);
    const std::uint32_t count = in.be32();
    ByteCursor numbers = in.sub(std::size_t{count} * 4);
    if (numbers.remaining() >= 4) {
      numbers.skip(numbers.remaining() - 4);
      last = numbers.be32();
    }
  }
  if (in.failed()) return;
  r.routing.source_as = source_as;
  r.routing.destination_as = last;
  if (r.routing.next_hop.family == 0) r.routing.next_hop = next_hop;
}

void read_user(ByteCursor in, RecordBatch& batch) {
  in.skip(4);  // its character set
  const Bytes name = in.take(in.be32());
  if (!in.failed() && !name.empty())
    batch.detail().user = {reinterpret_cast<const char*>(name.data()), name.size()};
}

// What was not translated stands here as it does in the header.
void read_nat(ByteCursor in, const Record& r, RecordBatch& batch) {
  const IpAddress source = read_address(in), destination = read_address(in);
  if (in.failed()) return;
  if (source.family != 0 && source != r.source) batch.detail().nat_source = source;
  if (destination.family != 0 && destination != r.destination) batch.detail().nat_destination = destination;
}

void read_nat_ports(ByteCursor in, const Record& r, RecordBatch& batch) {
  const auto source = static_cast<std::uint16_t>(in.be32()),
             destination = static_cast<std::uint16_t>(in.be32());
  if (in.failed()) return;
  if (source != r.source_port) batch.detail().nat_source_port = source;
  if (destination != r.destination_port) batch.detail().nat_destination_port = destination;
}

void read_part(std::uint32_t format, ByteCursor part, Record& r, RecordBatch& batch) {
  switch (format) {
    case kRawHeader: read_raw_header(part, r); break;
    case kEthernet: read_macs(part, batch); break;
    case kIpv4: read_addresses(part, 4, r); break;
    case kIpv6: read_addresses(part, 16, r); break;
    case kSwitch: read_switch(part, r, batch); break;
    case kRouter: read_router(part, r); break;
    case kGateway: read_gateway(part, r); break;
    case kUser: read_user(part, batch); break;
    case kNat: read_nat(part, r, batch); break;
    case kNatPort: read_nat_ports(part, r, batch); break;
    default: break;
  }
}

std::uint32_t interface_of(std::uint32_t kind, std::uint32_t number) {
  return kind == kInterfaceNumber ? number : 0;
}

}  // namespace

SampleReading read_sflow_sample(SflowSample kind, ByteCursor in, Record& r, RecordBatch& batch) {
  const bool is_expanded = kind == SflowSample::expanded_flow;
  in.skip(is_expanded ? 12 : 8);  // number and source of the sample
  const std::uint32_t rate = in.be32();
  in.skip(8);  // packets that could have been taken, and samples that were dropped
  if (is_expanded) {
    const std::uint32_t in_kind = in.be32(), in_number = in.be32(), out_kind = in.be32(),
                        out_number = in.be32();
    r.in_interface = interface_of(in_kind, in_number);
    r.out_interface = interface_of(out_kind, out_number);
  } else {
    const std::uint32_t input = in.be32(), output = in.be32();
    constexpr std::uint32_t kNumber = 0x3fffffff;
    r.in_interface = interface_of(input >> 30U, input & kNumber);
    r.out_interface = interface_of(output >> 30U, output & kNumber);
  }
  const std::uint32_t parts = in.be32();
  if (in.failed()) return {};
  r.sampling = std::max(rate, std::uint32_t{1});
  for (std::size_t i = 0; i < parts && i < kMaxSampleParts; ++i) {
    const std::uint32_t format = in.be32(), length = in.be32();
    const ByteCursor part = in.sub(padded(length));
    if (in.failed()) return {};
    read_part(format, part, r, batch);
  }
  const bool has_both = r.source.family != 0 && r.destination.family != 0;
  return {has_both ? SampleResult::record : SampleResult::no_addresses, parts > kMaxSampleParts};
}

}  // namespace weir::flow
