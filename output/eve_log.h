// The event log of one run: which event types are on and how each is written. Either EVE (JSON), or
// fast.log's lines of text, which only alerts have.
//
// EveLog is made once from an `outputs: eve-log:` entry and then immutable. Each worker writes through an
// EveSession of its own (line buffer), to a Sink: the file itself, or the place where the lines of several
// workers are put in order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decoders/settings.h"
#include "output/eve_tx.h"
#include "output/records.h"
#include "output/sink.h"

namespace weir::output {

// A counter of the run, as stats events name it: {"decoder.pkts", 12}. Dots make nested objects.
using CounterValue = std::pair<std::string_view, std::uint64_t>;

// Members of the object that is open: "decoder": {"pkts": 12} ..., as in stats events.
void write_counter_tree(JsonWriter& out, const std::vector<CounterValue>& counters);

// A stage of the pipeline and its part of the time, 0 to 1.
using StageShare = std::pair<std::string_view, double>;

inline constexpr unsigned kMaxEveLogs = 8;
inline constexpr unsigned kMaxLoggersPerProtocol = 4;

class EveLog {
 public:
  // `eve_log` is one outputs.eve-log subtree; `types` gives, for each entry of its types list, the name and
  // subtree.
  struct TypeEntry {
    std::string name;
    const Settings* settings;
  };
  // `number` counts the run's eve-logs from 0, below kMaxEveLogs: it keeps their bits in Transaction::logged
  // apart.
  EveLog(const Settings& eve_log, const std::vector<TypeEntry>& types, unsigned number = 0);
  // A fast.log.
  static std::unique_ptr<EveLog> fast();
  ~EveLog();

  // "alert", "flow" ..., or what a transaction logger writes ("dns").
  [[nodiscard]] bool wants(std::string_view event_type) const;
  // Entries of the types list that name nothing that can be written.
  [[nodiscard]] const std::vector<std::string>& unknown_types() const;
  // Transaction loggers that are on for a protocol, with their bit in Transaction::logged.
  struct ActiveTxLogger {
    const EveTxLogger* logger;
    std::unique_ptr<const EveTxWriter> writer;
    std::uint32_t bit;
  };
  [[nodiscard]] const std::vector<ActiveTxLogger>& tx_loggers(AppProto protocol) const;

  struct Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  EveLog();
  std::unique_ptr<Impl> impl_;
};

class EveSession {
 public:
  EveSession(const EveLog& log, Sink& sink);
  ~EveSession();
  // Each writes one line, or nothing when its type is off. Never throws; a failed write is counted by the
  // sink.
  void alert(const AlertRecord& r);
  void drop(const AlertRecord& r, std::string_view reason);
  void flow(const FlowRecord& r);
  void netflow(const FlowRecord& r);  // two lines, one a direction that had packets
  void anomaly(const AnomalyRecord& r);
  void file(const FileRecord& r);
  // `stage_shares` is a field of our own: "weir":{"stage_share":{...}}; left out when empty.
  void stats(TimeUs time, std::uint64_t uptime_s, const std::vector<CounterValue>& counters,
             const std::vector<StageShare>& stage_shares = {});
  void transaction(const EveLog::ActiveTxLogger& logger, const EventHead& head, const Transaction& tx);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::output
