#include "output/eve/options.h"

#include <algorithm>

namespace weir::output {
namespace {

// What the log is to say of every file has to be found out while its bytes pass.
FileFacts file_facts_of(const Settings& s) {
  FileFacts wanted;
  if (s.flag("force-magic", false)) wanted.magic = true;
  for (const std::string& name : s.list("force-hash")) {
    if (name == "md5") wanted.md5 = true;
    if (name == "sha1") wanted.sha1 = true;
    if (name == "sha256") wanted.sha256 = true;
  }
  return wanted;
}

EveOptions::Alert alert_options(const Settings& s) {
  EveOptions::Alert a;
  a.on = true;
  // `metadata: no` turns off all three of its parts, a map each on its own.
  const bool metadata = s.flag("metadata", true);
  a.app_layer = s.flag("metadata.app-layer", metadata);
  a.flow = s.flag("metadata.flow", metadata);
  const bool rule = s.flag("metadata.rule", metadata);
  a.rule_metadata = s.flag("metadata.rule.metadata", rule);
  a.rule_raw = s.flag("metadata.rule.raw", false);
  a.rule_reference = s.flag("metadata.rule.reference", false);
  a.payload = s.flag("payload", false);
  a.payload_printable = s.flag("payload-printable", false);
  a.packet = s.flag("packet", false);
  a.verdict = s.flag("verdict", false);
  a.tagged_packets = s.flag("tagged-packets", true);
  a.payload_buffer_bytes = static_cast<std::size_t>(s.bytes("payload-buffer-size", a.payload_buffer_bytes));
  return a;
}

}  // namespace

EveOptions EveOptions::from(const Settings& eve_log) {
  EveOptions o;
  o.pcap_file = eve_log.flag("pcap-file", false);
  o.metadata = eve_log.flag("metadata", true);
  o.ethernet = eve_log.flag("ethernet", false);
  o.community_id = eve_log.flag("community-id", false);
  o.community_id_seed =
      static_cast<std::uint16_t>(std::min<std::uint64_t>(eve_log.number("community-id-seed", 0), UINT16_MAX));
  o.suricata_version = eve_log.flag("suricata-version", false);
  o.host = eve_log.text("sensor-name").value_or("");
  o.prefix = eve_log.text("prefix").value_or("");
  return o;
}

bool EveOptions::enable(const std::string& type, const Settings& s) {
  const bool on = s.flag("enabled", true);
  if (type == "alert") {
    alert = alert_options(s);
    alert.on = on;
  } else if (type == "drop") {
    drop = {on, s.flag("alerts", false), s.text("flows").value_or("start") == "all",
            s.flag("verdict", false)};
  } else if (type == "anomaly") {
    anomaly = {on, s.flag("types.decode", false), s.flag("types.stream", false),
               s.flag("types.applayer", true), s.flag("packethdr", false)};
  } else if (type == "flow") {
    flow = {on, s.flag("exception-policy", false)};
  } else if (type == "stats") {
    stats = {on, s.flag("totals", true), s.flag("deltas", false), s.flag("null-values", true)};
  } else if (type == "netflow") {
    netflow = on;
  } else if (type == "files") {
    fileinfo = on;
    if (on) file_facts = FileFactsWish(file_facts_of(s));
  } else {
    return false;
  }
  return true;
}

}  // namespace weir::output
