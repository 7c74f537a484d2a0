// One eve-log's own options, read once; and what every event writer gets to work with.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decoders/app/app_proto.h"
#include "decoders/settings.h"
#include "output/community_id.h"
#include "output/eve/xff.h"
#include "output/eve_tx.h"
#include "output/json_writer.h"
#include "output/timestamp.h"

namespace weir::output {

// Defaults are Suricata's for a log without options. What belongs to one event type is read by its writer.
struct EveOptions {
  bool pcap_file = false, metadata = true, ethernet = false, community_id = false, suricata_version = false;
  std::uint16_t community_id_seed = 0;
  std::string host;  // sensor-name; empty: not written
  std::string prefix;  // of each line: "@cee: "
  XffOptions xff;      // of types that have none of their own

  static EveOptions from(const Settings& eve_log);
};

// By protocol: how a transaction is written inside another event (an alert, a file's); null: not at all.
using AppWriters = std::array<std::unique_ptr<const EveTxWriter>, kMaxAppProtos>;

// What a writer of one event needs; belongs to a session, so to one thread.
struct EveContext {
  JsonWriter& out;
  TimestampFormatter& times;
  CommunityId& community_ids;
  const EveOptions& options;
  const AppWriters& app_writers;
  std::vector<std::uint64_t>& last_stats;  // the values of the last stats event, for deltas

  [[nodiscard]] const EveTxWriter* app_writer(AppProto protocol) const {
    return app_writers[static_cast<std::size_t>(protocol)].get();
  }
  // What proxies say of the client of `tx` (null: nothing); `own`: the event type's options.
  [[nodiscard]] ForwardedClient client(const std::optional<XffOptions>& own, const Transaction* tx) const {
    return {own ? *own : options.xff, tx == nullptr ? nullptr : app_writer(tx->protocol()), tx};
  }
};

}  // namespace weir::output
