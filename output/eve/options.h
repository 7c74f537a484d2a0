// One eve-log's configuration, read once; and what every event writer gets to work with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "decoders/app/file_facts.h"
#include "decoders/settings.h"
#include "output/community_id.h"
#include "output/json_writer.h"
#include "output/timestamp.h"

namespace weir::output {

// Defaults are Suricata's for an entry without options.
struct EveOptions {
  // of the eve-log itself
  bool pcap_file = false, metadata = true, ethernet = false, community_id = false, suricata_version = false;
  std::uint16_t community_id_seed = 0;
  std::string host;  // sensor-name; empty: not written
  std::string prefix;  // of each line: "@cee: "

  struct Alert {
    bool on = false;
    bool app_layer = true, flow = true, rule_metadata = true, rule_raw = false, rule_reference = false;
    bool payload = false, payload_printable = false, packet = false, verdict = false, tagged_packets = true;
    std::size_t payload_buffer_bytes = 4096;
  } alert;
  struct Drop {
    bool on = false, alerts = false, all_packets = false, verdict = false;
  } drop;
  struct Anomaly {
    bool on = false, decode = false, stream = false, applayer = true, packet_header = false;
  } anomaly;
  struct Flow {
    bool on = false, exception_policy = false;
  } flow;
  struct Stats {
    bool on = false, totals = true, deltas = false, null_values = true;
  } stats;
  bool netflow = false, fileinfo = false;
  FileFactsWish file_facts;  // what fileinfo events are to say

  // Reads the options of the log; the types are turned on one by one with enable().
  static EveOptions from(const Settings& eve_log);
  // False: `type` is none of the event types above (a protocol's, or not known).
  bool enable(const std::string& type, const Settings& settings);
};

// What a writer of one event needs; belongs to a session, so to one thread.
struct EveContext {
  JsonWriter& out;
  TimestampFormatter& times;
  CommunityId& community_ids;
  const EveOptions& options;
};

}  // namespace weir::output
