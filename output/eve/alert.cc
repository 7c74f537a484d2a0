#include <algorithm>

#include "decoders/app/protocol_ids.h"
#include "decoders/slab.h"
#include "output/eve/common.h"
#include "output/eve_type.h"
#include "output/net_text.h"
#include "output/packet_tap.h"

namespace weir::output {
namespace {

// "key": [values], keys in the order of their first appearance. Values in the order in which Suricata writes them: the last first.
void write_rule_metadata(JsonWriter& out, const rules::SignatureMeta& meta) {
  if (meta.metadata.empty()) return;
  const auto object = out.object("metadata");
  for (auto first = meta.metadata.begin(); first != meta.metadata.end(); ++first) {
    const auto same_key = [&](const auto& pair) { return pair.first == first->first; };
    if (std::any_of(meta.metadata.begin(), first, same_key)) continue;
    const auto values = out.array(first->first);
    for (auto at = meta.metadata.end(); at != first;)
      if (same_key(*--at)) out.bytes_item(at->second);
  }
}

// A prefix of http alone says nothing of the page's scheme; pages that rules refer to are read over TLS
// today.
void write_references(JsonWriter& out, const rules::SignatureMeta& meta) {
  if (meta.references.empty()) return;
  constexpr std::string_view kPlain = "http://";
  const auto list = out.array("references");
  for (const auto& [prefix, rest] : meta.references) {
    const bool plain = prefix.starts_with(kPlain);
    SlabString url(plain ? "https://" : "");
    url.append(plain ? prefix.substr(kPlain.size()) : prefix).append(rest);
    out.bytes_item(url);
  }
}

void write_context(JsonWriter& out, std::span<const ContextItem> items) {
  if (items.empty()) return;
  const auto object = out.object("context");
  for (const ContextItem& item : items)
    item.json ? out.raw(item.name, item.value) : out.bytes(item.name, item.value);
}

void write_end_point(JsonWriter& out, JsonKey key, std::string_view address, bool has_port,
                     std::uint16_t port) {
  const auto object = out.object(key);
  out.plain("ip", address);
  if (has_port) out.number("port", port);
}

// The `target` keyword says which side was attacked; the other one is the attacker.
void write_target(JsonWriter& out, const EventHead& head, rules::Target target) {
  if (target == rules::Target::none) return;
  const bool at_source = target == rules::Target::source;
  const auto end = [&](JsonKey key, bool source) {
    const AddressText address(source ? head.source : head.destination);
    const std::string_view text = source ? head.source_text : head.destination_text;
    write_end_point(out, key, text.empty() ? address.view() : text, head.has_ports,
                    source ? head.source_port : head.destination_port);
  };
  end("source", !at_source);
  end("target", at_source);
}

void write_tunnel(JsonWriter& out, const TunnelRecord& tunnel) {
  const auto object = out.object("tunnel");
  out.plain("src_ip", AddressText(tunnel.source).view());
  if (tunnel.has_ports) out.number("src_port", tunnel.source_port);
  out.plain("dest_ip", AddressText(tunnel.destination).view());
  if (tunnel.has_ports) out.number("dest_port", tunnel.destination_port);
  out.plain("proto", ip_protocol_name(tunnel.ip_protocol));
  out.number("depth", tunnel.depth);
  if (tunnel.pcap_cnt != 0) out.number("pcap_cnt", tunnel.pcap_cnt);
  out.plain("pkt_src", "wire/pcap");
}

void write_files(JsonWriter& out, const FileList& files, std::uint64_t tx_id) {
  if (files.empty()) return;
  const auto list = out.array("files");
  for (const auto& file : files) {
    const auto item = out.object();
    write_file(out, *file, tx_id);
  }
}

void write_flow(EveContext& eve, const FlowRecord& flow) {
  const auto object = eve.out.object("flow");
  write_flow_totals(eve, flow);
  eve.out.plain("src_ip", AddressText(flow.head.source).view());
  eve.out.plain("dest_ip", AddressText(flow.head.destination).view());
  if (!flow.head.has_ports) return;
  eve.out.number("src_port", flow.head.source_port);
  eve.out.number("dest_port", flow.head.destination_port);
}

void write_scan(EveContext& eve, const ScanFacts& scan) {
  JsonWriter& out = eve.out;
  const auto object = out.object("scan");
  out.plain("kind", scan.kind);
  out.number("targets", scan.targets);
  if (!scan.ports.empty()) {
    const auto list = out.array("ports");
    for (const std::uint16_t port : scan.ports) out.number(port);
  }
  if (!scan.hosts.empty()) {
    const auto list = out.array("hosts");
    for (const IpAddress& host : scan.hosts) out.string(AddressText(host).view());
  }
  out.plain("method", scan.method);
  out.number("attempts", scan.attempts);
  out.number("answered", scan.answered);
  out.number("within_s", scan.within_s);
  write_time(eve, "first", scan.first);
  write_time(eve, "last", scan.last);
}

void write_capture_file(JsonWriter& out, std::string_view file) {
  if (file.empty()) return;
  file == kNamedLater ? out.raw("capture_file", file) : out.string("capture_file", file);
}

class AlertWriter final : public EveWriter<AlertRecord> {
 public:
  // `metadata: no` turns off all three of its parts, a map each on its own.
  explicit AlertWriter(const Settings& s)
      : rule_(s),
        app_layer_(s.flag("metadata.app-layer", s.flag("metadata", true))),
        flow_(s.flag("metadata.flow", s.flag("metadata", true))),
        payload_(s.flag("payload", false)),
        payload_length_(payload_ || s.flag("payload-length", false)),
        payload_printable_(s.flag("payload-printable", false)),
        packet_(s.flag("packet", false)),
        verdict_(s.flag("verdict", false)),
        payload_buffer_bytes_(static_cast<std::size_t>(s.bytes("payload-buffer-size", 4096))),
        xff_(XffOptions::of(s)) {}
  bool write(EveContext& eve, const AlertRecord& r) const override;

 private:
  void write_payload(JsonWriter& out, const AlertRecord& r) const;

  const RuleDetail rule_;
  const bool app_layer_, flow_, payload_, payload_length_, payload_printable_, packet_, verdict_;
  const std::size_t payload_buffer_bytes_;  // of a match in the stream
  const std::optional<XffOptions> xff_;
};

void AlertWriter::write_payload(JsonWriter& out, const AlertRecord& r) const {
  if (!payload_length_ && !payload_printable_) return;
  Bytes payload = r.payload;
  if (r.from_stream) payload = payload.first(std::min(payload.size(), payload_buffer_bytes_));
  if (!payload.empty()) {
    if (payload_) out.base64("payload", payload);
    if (payload_length_) out.number("payload_length", payload.size());
    if (payload_printable_) out.printable("payload_printable", payload);
  }
  out.number("stream", r.from_stream ? 1 : 0);
}

bool AlertWriter::write(EveContext& eve, const AlertRecord& r) const {
  if (r.signature == nullptr) return false;
  JsonWriter& out = eve.out;
  const EveTxWriter* const app = r.tx == nullptr ? nullptr : eve.app_writer(r.tx->protocol());
  const ForwardedClient client = eve.client(xff_, r.tx != nullptr ? r.tx : r.latest);
  const auto event = out.object();
  write_head(eve, client.head(r.head, r.direction), "alert");
  if (r.tx != nullptr && !r.head.has_tx_id) out.number("tx_id", r.tx->id);
  if (r.tx != nullptr && r.tx_guessed) out.boolean("tx_guessed", true);
  write_alert_object(out, r, rule_, &client);
  if (r.exporter != nullptr) write_exporter(out, *r.exporter);
  if (r.indicator != nullptr) write_indicator(eve, *r.indicator);
  if (r.scan != nullptr) write_scan(eve, *r.scan);
  if (r.tunnel != nullptr) write_tunnel(out, *r.tunnel);
  if (app_layer_ && app != nullptr) app->write_in_alert(out, *r.tx);
  if (r.tx != nullptr && r.files != nullptr && rule_.metadata) write_files(out, *r.files, r.tx->id);
  if (r.flow != nullptr) write_app_protos(out, *r.flow);
  if (r.has_direction)
    out.plain("direction", r.direction == Direction::to_server ? "to_server" : "to_client");
  if (r.flow != nullptr && flow_) write_flow(eve, *r.flow);
  if (r.frame != nullptr) write_frame(out, *r.frame, payload_buffer_bytes_);
  write_payload(out, r);
  if (packet_ && !r.packet.empty()) write_packet(out, r.packet, r.link_type);
  write_capture_file(out, r.capture_file);
  if (verdict_) write_verdict(out, r);
  client.write(out);
  return true;
}

}  // namespace

RuleDetail::RuleDetail(const Settings& alert)
    : metadata(
          alert.flag("metadata.rule.metadata", alert.flag("metadata.rule", alert.flag("metadata", true)))),
      raw(alert.flag("metadata.rule.raw", false)),
      reference(alert.flag("metadata.rule.reference", false)) {}

void write_alert_object(JsonWriter& out, const AlertRecord& r, const RuleDetail& detail,
                        const ForwardedClient* client) {
  const rules::SignatureMeta& meta = *r.signature;
  const auto alert = out.object("alert");
  out.plain("action", r.action);
  out.number("gid", meta.gid);
  out.number("signature_id", meta.sid);
  out.number("rev", meta.rev);
  out.bytes("signature", meta.msg);
  out.bytes("category", meta.category);
  out.number("severity", meta.priority);
  write_target(out, client == nullptr ? r.head : client->head(r.head, r.direction), meta.target);
  write_context(out, r.context);
  if (detail.metadata) write_rule_metadata(out, meta);
  if (detail.reference) write_references(out, meta);
  if (detail.raw) out.bytes("rule", meta.text);
  if (client != nullptr) client->write(out);
}

void write_verdict(JsonWriter& out, const AlertRecord& r) {
  if (r.verdict.empty()) return;
  const auto verdict = out.object("verdict");
  out.plain("action", r.verdict);
  if (!r.reject_target.empty()) out.plain("reject-target", r.reject_target);
  if (r.reject_method.empty()) return;
  const auto methods = out.array("reject");
  out.string(r.reject_method);
}

const EveType<AlertRecord> eve_type_alert{
    .name = "alert", .event_type = "alert", .make = make_writer<AlertRecord, AlertWriter>};

}  // namespace weir::output
