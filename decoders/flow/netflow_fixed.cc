// NetFlow versions 1, 5 and 7: a header, and records that are all alike.
#include "decoders/flow/decoder.h"
#include "decoders/flow/field_value.h"

namespace weir::flow {
namespace {

constexpr std::uint8_t kIcmpProtocol = 1;

struct FixedFormat {
  std::size_t header_bytes, record_bytes;
  std::uint16_t most_records;
};

constexpr FixedFormat format_of(std::uint16_t version) {
  if (version == 1) return {16, 52, 24};
  if (version == 5) return {24, 48, 30};
  return {24, 52, 28};
}

// Cisco's records of version 1 end in eight bytes of nothing; other exporters send four of them.
constexpr std::size_t kShortRecordOf1 = 48;
std::size_t record_bytes(const FixedFormat& format, std::uint16_t version, std::size_t count,
                         std::size_t left) {
  return version == 1 && left == count * kShortRecordOf1 ? kShortRecordOf1 : format.record_bytes;
}

// What stands in the same place in all three.
void read_common(ByteCursor& in, const MessageFacts& facts, Record& r) {
  const auto f = in.fixed<36>();
  r.source = IpAddress::from(f.bytes<0, 4>());
  r.destination = IpAddress::from(f.bytes<4, 4>());
  if (f.be32<8>() != 0) r.routing.next_hop = IpAddress::from(f.bytes<8, 4>());
  r.in_interface = f.be16<12>();
  r.out_interface = f.be16<14>();
  r.sides[0].packets = f.be32<16>();
  r.sides[0].bytes = f.be32<20>();
  r.sides[0].first = from_uptime(facts, f.be32<24>());
  r.sides[0].last = from_uptime(facts, f.be32<28>());
  r.source_port = f.be16<32>();
  r.destination_port = f.be16<34>();
  r.exporter = facts.exporter;
}

void set_icmp(Record& r) {
  if (r.protocol != kIcmpProtocol) return;
  r.has_icmp = true;
  r.icmp_type = static_cast<std::uint8_t>(r.destination_port >> 8U);
  r.icmp_code = static_cast<std::uint8_t>(r.destination_port);
  r.source_port = r.destination_port = 0;
}

void read_rest_of_1(ByteCursor& in, Record& r) {
  const auto f = in.fixed<5>();
  r.protocol = f.u8<2>();
  r.sides[0].tos = f.u8<3>();
  r.sides[0].tcp_flags = f.u8<4>();
}

// Of version 7, too.
void read_rest_of_5(ByteCursor& in, Record& r) {
  const auto f = in.fixed<10>();
  r.sides[0].tcp_flags = f.u8<1>();
  r.protocol = f.u8<2>();
  r.sides[0].tos = f.u8<3>();
  r.routing.source_as = f.be16<4>();
  r.routing.destination_as = f.be16<6>();
  r.routing.source_mask = f.u8<8>();
  r.routing.destination_mask = f.u8<9>();
}

}  // namespace

void read_netflow_fixed(const Datagram& in, std::uint16_t version) {
  const FixedFormat format = format_of(version);
  ByteCursor message{in.bytes};
  ByteCursor header = message.sub(format.header_bytes);
  header.skip(2);
  const std::uint16_t count = header.be16();
  const std::uint32_t uptime_ms = header.be32(), seconds = header.be32(), nanoseconds = header.be32();
  const std::uint32_t sequence = version == 1 ? 0 : header.be32();
  const std::uint32_t engine = version == 5 ? header.be16() : 0;  // type and number
  constexpr std::uint32_t kRate = 0x3fff;                         // the two bits before it say how
  const std::uint32_t rate = version == 5 ? header.be16() & kRate : 0;
  if (header.failed() || message.failed() || count > format.most_records ||
      message.remaining() < count * record_bytes(format, version, count, message.remaining())) {
    ++in.exporter.without_domain.malformed;
    return;
  }
  Domain& domain = count_message(in, engine, static_cast<std::uint8_t>(version), in.bytes.size());
  const MessageFacts facts{.exporter = {in.exporter.address, engine},
                           .exported = TimeUs{seconds} * kUsPerSecond + TimeUs{nanoseconds} / 1000,
                           .has_uptime = true,
                           .uptime_ms = uptime_ms};
  note_clock(domain, facts.exported, in.received);
  if (version != 1) domain.loss.observe(in.port, sequence, count, true);
  const std::size_t each = record_bytes(format, version, count, message.remaining());
  for (std::uint16_t i = 0; i < count; ++i) {
    ByteCursor record = message.sub(each);
    Record& r = in.batch.add();
    r.sampling = rate == 0 ? 1 : rate;
    read_common(record, facts, r);
    version == 1 ? read_rest_of_1(record, r) : read_rest_of_5(record, r);
    set_icmp(r);
  }
  domain.account.records += count;
}

}  // namespace weir::flow
