#include "output/eve/common.h"
#include "output/eve_type.h"

namespace weir::output {
namespace {

std::uint16_t be16_at(Bytes bytes, std::size_t at) {
  return bytes.size() < at + 2 ? std::uint16_t{0}
                               : static_cast<std::uint16_t>((bytes[at] << 8U) | bytes[at + 1]);
}

void write_ip_header(JsonWriter& out, const IpHeader& ip) {
  if (ip.version == 4) {
    out.number("len", be16_at(ip.header, 2));
    out.number("tos", ip.tos);
    out.number("ttl", ip.ttl);
    out.number("ipid", ip.id);
  } else if (ip.version == 6) {
    out.number("len", be16_at(ip.header, 4));
    out.number("tc", ip.tos);
    out.number("hoplimit", ip.ttl);
    const std::uint32_t low = be16_at(ip.header, 2);
    const std::uint32_t high = ip.header.size() < 2 ? 0 : ip.header[1] & 0x0FU;
    out.number("flowlbl", (high << 16U) | low);  // RFC 8200 section 3: 20 bits
  }
}

void write_tcp_header(JsonWriter& out, const TcpHeader& tcp) {
  out.number("tcpseq", tcp.sequence);
  out.number("tcpack", tcp.acknowledgment);
  out.number("tcpwin", tcp.window);
  out.boolean("syn", (tcp.flags & tcp_flag::syn) != 0);
  out.boolean("ack", (tcp.flags & tcp_flag::ack) != 0);
  out.boolean("psh", (tcp.flags & tcp_flag::psh) != 0);
  out.boolean("rst", (tcp.flags & tcp_flag::rst) != 0);
  out.boolean("urg", (tcp.flags & tcp_flag::urg) != 0);
  out.boolean("fin", (tcp.flags & tcp_flag::fin) != 0);
  out.number("tcpres", 0);
  out.number("tcpurgp", tcp.urgent);
}

void write_packet_header(JsonWriter& out, const Packet& packet) {
  write_ip_header(out, packet.ip);
  if (packet.has_tcp)
    write_tcp_header(out, packet.tcp);
  else if (packet.has_udp)
    out.number("udplen", packet.udp_length);
  else if (packet.has_icmp && packet.icmp.has_id) {
    out.number("icmp_id", packet.icmp.id);
    out.number("icmp_seq", packet.icmp.sequence);
  }
}

class DropWriter final : public EveWriter<DropRecord> {
 public:
  DropWriter(const Settings& s, const Settings& alert)
      : alerts_(s.flag("alerts", false)),
        all_packets_(s.text("flows").value_or("start") == "all"),
        verdict_(s.flag("verdict", false)),
        rule_(alert) {}

  bool write(EveContext& eve, const DropRecord& r) const override {
    if (r.only_with_all && !all_packets_) return false;
    JsonWriter& out = eve.out;
    const auto event = out.object();
    write_head(eve, r.head, "drop");
    if (r.flow != nullptr) write_app_protos(out, *r.flow);
    if (r.has_direction)
      out.string("direction", r.direction == Direction::to_server ? "to_server" : "to_client");
    {
      const auto drop = out.object("drop");
      if (r.dropped != nullptr) write_packet_header(out, *r.dropped);
      if (!r.reason.empty()) out.string("reason", r.reason);
    }
    if (verdict_) write_verdict(out, r);
    if (alerts_ && r.signature != nullptr) write_alert_object(out, r, rule_);
    return true;
  }

 private:
  const bool alerts_, all_packets_, verdict_;
  const RuleDetail rule_;
};

}  // namespace

const EveType<DropRecord> eve_type_drop{
    .name = "drop", .event_type = "drop", .make = make_writer<DropRecord, DropWriter>, .only_once = true};

}  // namespace weir::output
