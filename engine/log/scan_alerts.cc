#include "engine/log/scan_alerts.h"

#include "decoders/net/ip_protocol.h"

namespace weir::engine {

ScanAlerts::ScanAlerts() {
  for (const ScanKind kind : {ScanKind::horizontal, ScanKind::vertical}) {
    rules::SignatureMeta& meta = signatures_[static_cast<std::size_t>(kind)];
    meta.gid = kScanGid;
    meta.sid = 1 + static_cast<std::uint32_t>(kind);
    meta.rev = 1;
    meta.msg = kind == ScanKind::horizontal ? "WEIR SCAN horizontal: one port of many hosts"
                                            : "WEIR SCAN vertical: many ports of one host";
    meta.category = "Attempted Information Leak";
    meta.priority = 2;
  }
}

void ScanAlerts::write(const Scan& scan, TimeUs within,
                       std::span<const std::unique_ptr<output::LogSession>> sessions) const {
  const output::ScanFacts facts{.kind = scan_kind_name(scan.kind),
                                .method = scan_method_name(scan.method),
                                .targets = scan.targets,
                                .ports = scan.ports,
                                .hosts = scan.hosts,
                                .attempts = scan.attempts,
                                .answered = scan.answered,
                                .within_s = static_cast<std::uint64_t>(within / 1'000'000),
                                .first = scan.first,
                                .last = scan.last};
  output::AlertRecord alert;
  alert.signature = &signatures_[static_cast<std::size_t>(scan.kind)];
  alert.scan = &facts;
  alert.head.time = scan.last;
  alert.head.source = scan.source;
  alert.head.destination = scan.example;
  alert.head.destination_port = scan.example_port;
  alert.head.has_ports = ip_protocol::has_ports(scan.protocol);
  alert.head.ip_protocol = scan.protocol;
  alert.head.ip_version = scan.source.family;
  alert.head.has_packet_source = false;
  for (const auto& session : sessions) session->alert(alert);
}

}  // namespace weir::engine
