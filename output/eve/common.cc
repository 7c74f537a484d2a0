#include "output/eve/common.h"

#include <array>

#include "decoders/app/protocol.h"
#include "output/net_text.h"
#include "weir_version.h"

namespace weir::output {
namespace {

constexpr std::string_view kTrafficId = "traffic/id/";
constexpr std::string_view kTrafficLabel = "traffic/label/";

std::string_view packet_source_name(PacketOrigin origin, Proto tunnel) {
  switch (origin) {
    case PacketOrigin::wire: return "wire/pcap";
    case PacketOrigin::defragmented: return "defrag";
    case PacketOrigin::flow_timeout: return "stream (flow timeout)";
    case PacketOrigin::stream_flush: return "stream (detect/log)";
    case PacketOrigin::tunnel: break;
  }
  switch (tunnel) {
    case Proto::gre: return "gre tunnel";
    case Proto::ipv4: return "ipv4 tunnel";
    case Proto::ipv6: return "ipv6 tunnel";
    case Proto::teredo: return "teredo tunnel";
    case Proto::vxlan: return "vxlan encapsulation";
    case Proto::geneve: return "geneve encapsulation";
    case Proto::gtp_u: return "gtp-u encapsulation";
    case Proto::erspan: return "erspan tunnel";
    default: return "tunnel";
  }
}

void write_tuple(JsonWriter& out, const EventHead& head) {
  if (head.source.family == 0) return;
  out.plain("src_ip", head.source_text.empty() ? AddressText(head.source).view() : head.source_text);
  if (head.has_ports) out.number("src_port", head.source_port);
  out.plain("dest_ip",
            head.destination_text.empty() ? AddressText(head.destination).view() : head.destination_text);
  if (head.has_ports) out.number("dest_port", head.destination_port);
  out.plain("proto", ip_protocol_name(head.ip_protocol));
  if (head.has_icmp) {
    out.number("icmp_type", head.icmp_type);
    out.number("icmp_code", head.icmp_code);
  }
  if (head.has_spi) out.number("spi", head.esp_spi);
  if (head.ip_version != 0) out.number("ip_v", head.ip_version);
}

// Flowbits named traffic/id/NAME and traffic/label/NAME say what a flow is: they get an object of their own.
void write_traffic(JsonWriter& out, const std::vector<std::string_view>& flowbits) {
  const std::size_t start = out.mark();
  {
    const auto traffic = out.object("traffic");
    for (const auto& [prefix, key] : {std::pair{kTrafficId, std::string_view{"id"}},
                                      std::pair{kTrafficLabel, std::string_view{"label"}}}) {
      const std::size_t list_start = out.mark();
      {
        const auto list = out.array(key);
        for (const std::string_view bit : flowbits)
          if (bit.starts_with(prefix)) out.string(bit.substr(prefix.size()));
      }
      out.drop_if_empty(list_start);
    }
  }
  out.drop_if_empty(start);
}

void write_variables(JsonWriter& out, JsonKey key, const std::vector<Variable>& variables) {
  if (variables.empty()) return;
  const auto list = out.array(key);
  for (const auto& [name, value] : variables) {
    const auto item = out.object();
    out.bytes(name, value);
  }
}

void write_metadata(JsonWriter& out, const FlowMetadata& metadata) {
  const std::size_t start = out.mark();
  {
    const auto object = out.object("metadata");
    write_variables(out, "pktvars", metadata.pktvars);
    write_variables(out, "flowvars", metadata.flowvars);
    const std::size_t bits_start = out.mark();
    {
      const auto list = out.array("flowbits");
      for (const std::string_view bit : metadata.flowbits)
        if (!bit.starts_with(kTrafficId) && !bit.starts_with(kTrafficLabel)) out.string(bit);
    }
    out.drop_if_empty(bits_start);
    if (!metadata.flowints.empty()) {
      const auto integers = out.object("flowints");
      for (const auto& [name, value] : metadata.flowints) out.number(name, value);
    }
    if (!metadata.entropies.empty()) {
      const auto entropy = out.object("entropy");
      for (const auto& [buffer, bits] : metadata.entropies) out.real(buffer, bits);
    }
  }
  out.drop_if_empty(start);
  write_traffic(out, metadata.flowbits);
}

void write_ethernet(JsonWriter& out, const EventHead& head) {
  if (head.ether_source.empty() || head.ether_destination.empty()) return;
  const auto ether = out.object("ether");
  out.hex("src_mac", head.ether_source, ':');
  out.hex("dest_mac", head.ether_destination, ':');
}

}  // namespace

void write_time(EveContext& eve, JsonKey key, TimeUs time) {
  std::array<char, TimestampFormatter::kIsoBytes> text{};
  eve.times.iso(time, text.data());
  eve.out.plain(key, {text.data(), TimestampFormatter::kIsoBytes});
}

void write_head(EveContext& eve, const EventHead& head, std::string_view event_type) {
  JsonWriter& out = eve.out;
  write_time(eve, "timestamp", head.time);
  if (head.flow_id != 0) out.number("flow_id", head.flow_id);
  if (head.parent_id != 0) out.number("parent_id", head.parent_id);
  if (!eve.options.host.empty()) out.string("host", eve.options.host);
  if (!head.in_iface.empty()) out.bytes("in_iface", head.in_iface);
  if (head.pcap_cnt != 0) out.number("pcap_cnt", head.pcap_cnt);
  out.plain("event_type", event_type);
  if (head.vlan_count != 0) {
    const auto list = out.array("vlan");
    for (std::size_t i = 0; i < head.vlan_count; ++i) out.number(head.vlan[i]);
  }
  write_tuple(out, head);
  if (head.has_packet_source && head.source.family != 0)
    out.plain("pkt_src", packet_source_name(head.packet_source, head.tunnel));
  if (eve.options.pcap_file && !head.pcap_filename.empty()) out.bytes("pcap_filename", head.pcap_filename);
  if (eve.options.suricata_version) out.string("suricata_version", "weir " WEIR_VERSION);
  if (eve.options.metadata && head.metadata != nullptr && !head.metadata->empty())
    write_metadata(out, *head.metadata);
  if (eve.options.ethernet) write_ethernet(out, head);
  if (eve.options.community_id && head.flow_id != 0) {
    const CommunityTuple tuple{head.source,    head.destination, head.ip_protocol,
                               head.has_ports, head.source_port, head.destination_port,
                               head.has_icmp,  head.icmp_type,   head.icmp_code};
    if (const std::string_view id = eve.community_ids.of(tuple); !id.empty()) out.plain("community_id", id);
  }
  if (head.has_tx_id) out.number("tx_id", head.tx_id);
}

void write_app_proto(JsonWriter& out, AppProto protocol) {
  if (protocol != AppProto::unknown) out.plain("app_proto", protocol_info(protocol).name);
}

void write_app_protos(JsonWriter& out, const FlowRecord& flow) {
  write_app_proto(out, flow.app_proto);
  const auto other = [&](JsonKey key, AppProto protocol) {
    if (protocol != AppProto::unknown && protocol != flow.app_proto)
      out.plain(key, protocol_info(protocol).name);
  };
  other("app_proto_ts", flow.app_proto_ts);
  other("app_proto_tc", flow.app_proto_tc);
  other("app_proto_orig", flow.app_proto_orig);
  other("app_proto_expected", flow.app_proto_expected);
}

void write_flow_totals(EveContext& eve, const FlowRecord& flow) {
  eve.out.number("pkts_toserver", flow.packets[index(Direction::to_server)]);
  eve.out.number("pkts_toclient", flow.packets[index(Direction::to_client)]);
  eve.out.number("bytes_toserver", flow.bytes[index(Direction::to_server)]);
  eve.out.number("bytes_toclient", flow.bytes[index(Direction::to_client)]);
  write_time(eve, "start", flow.start);
}

void write_exporter(JsonWriter& out, const ExporterFacts& exporter) {
  const auto object = out.object("exporter");
  if (exporter.address.family != 0) out.plain("address", AddressText(exporter.address).view());
  out.number("domain", exporter.domain);
  out.number("sampling", exporter.sampling);
}

void write_indicator(EveContext& eve, const IndicatorFacts& indicator) {
  JsonWriter& out = eve.out;
  const auto object = out.object("ioc");
  out.bytes("value", indicator.value);
  out.plain("type", indicator.kind);
  out.plain("where", indicator.where);
  out.bytes("feed", indicator.feed);
  if (indicator.confidence != 0) out.number("confidence", indicator.confidence);
  if (indicator.expiry != 0) write_time(eve, "expiry", indicator.expiry);
  if (indicator.tags.empty()) return;
  const auto list = out.array("tags");
  for (const std::string_view tag : indicator.tags) out.bytes_item(tag);
}

void write_tcp_flag_names(JsonWriter& out, std::uint8_t flags) {
  constexpr std::array<std::pair<std::uint8_t, std::string_view>, 8> kNames{{{tcp_flag::syn, "syn"},
                                                                             {tcp_flag::fin, "fin"},
                                                                             {tcp_flag::rst, "rst"},
                                                                             {tcp_flag::psh, "psh"},
                                                                             {tcp_flag::ack, "ack"},
                                                                             {tcp_flag::urg, "urg"},
                                                                             {tcp_flag::ece, "ecn"},
                                                                             {tcp_flag::cwr, "cwr"}}};
  for (const auto& [bit, name] : kNames)
    if ((flags & bit) != 0) out.boolean(name, true);
}

void write_hex_byte(JsonWriter& out, JsonKey key, std::uint8_t value) {
  out.hex(key, Bytes{&value, 1});
}

void write_file(JsonWriter& out, const AppFile& file, std::uint64_t tx_id) {
  const auto view = [](std::string_view digest) {
    return Bytes{reinterpret_cast<const std::uint8_t*>(digest.data()), digest.size()};
  };
  if (!file.name.empty()) out.bytes("filename", file.name);
  out.boolean("gaps", file.has_gaps);
  switch (file.state) {
    case FileState::closed: out.string("state", "CLOSED"); break;
    case FileState::truncated: out.string("state", "TRUNCATED"); break;
    case FileState::error: out.string("state", "ERROR"); break;
    case FileState::open: out.string("state", "UNKNOWN"); break;
  }
  if (!file.magic.empty()) out.bytes("magic", file.magic);
  if (!file.md5.empty()) out.hex("md5", view(file.md5));
  if (!file.sha1.empty()) out.hex("sha1", view(file.sha1));
  if (!file.sha256.empty()) out.hex("sha256", view(file.sha256));
  out.boolean("stored", file.stored);
  if (file.stored)
    out.number("file_id", file.id);
  else if (file.keeping == FileKeeping::wanted)
    out.boolean("storing", true);
  out.number("size", file.size);
  if (file.end > 0) {
    out.number("start", file.start);
    out.number("end", file.end);
  }
  out.number("tx_id", tx_id);
}

void write_packet(JsonWriter& out, Bytes frame, int link_type) {
  out.base64("packet", frame);
  const auto info = out.object("packet_info");
  out.signed_number("linktype", link_type);
  if (const std::string_view name = link_type_name(link_type); !name.empty())
    out.string("linktype_name", name);
}

}  // namespace weir::output
