// The logs that `outputs:` may ask for: one row each (logs.def) that says its name, its settings' default and
// how it is made.
//
// A Log is made once from its entry and then immutable. Each worker writes through a LogSession of its own
// (line buffer), to a Sink: the file itself, or the place where the lines of several workers are put in
// order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/app/requested.h"
#include "decoders/settings.h"
#include "output/eve/xff.h"
#include "output/eve_tx.h"
#include "output/records.h"
#include "output/sink.h"

namespace weir::output {

// The events that are no protocol's.
enum class EventType : std::uint8_t {
#define EVE_TYPE(id, Record) id,
#include "output/eve_types.def"
#undef EVE_TYPE
  count_
};
inline constexpr std::size_t kEventTypeCount = static_cast<std::size_t>(EventType::count_);

// A transaction logger that is on, with its bit in Transaction::logged.
struct ActiveTxLogger {
  const EveTxLogger* logger;
  std::unique_ptr<const EveTxWriter> writer;
  std::uint32_t bit;
  std::optional<XffOptions> xff;  // its own
};

// What sessions write, and how much of it they may: one for the sessions of a worker.
struct LogMeter {
  std::size_t event_bytes =
      std::numeric_limits<std::size_t>::max();  // of one event; the rest of it is cut off
  std::uint64_t bytes = 0;                      // of events written so far
  std::uint64_t cut = 0;                        // events that were longer
};

// One worker's. Each call writes one line, or nothing when the log does not have such events. Never throws
// but for memory; a failed write is counted by the sink.
class LogSession {
 public:
  LogSession() = default;
  virtual ~LogSession() = default;
  LogSession(const LogSession&) = delete;
  LogSession& operator=(const LogSession&) = delete;
#define EVE_TYPE(id, Record) \
  virtual void id(const Record&) {}
#include "output/eve_types.def"
#undef EVE_TYPE
  virtual void transaction(const ActiveTxLogger&, const EventHead&, const Transaction&) {}
  // From now on the session counts, and is limited, by `meter`, which outlives it. Before it has no limit.
  void measure_by(LogMeter& meter) {
    meter_ = &meter;
  }

 protected:
  [[nodiscard]] LogMeter& meter() {
    return *meter_;
  }

 private:
  LogMeter unlimited_;
  LogMeter* meter_ = &unlimited_;
};

class Log {
 public:
  virtual ~Log() = default;
  [[nodiscard]] virtual bool wants(EventType type) const = 0;
  // Events of flows show MAC addresses.
  [[nodiscard]] virtual bool wants_macs() const { return false; }
  // What parsers are to make for its events.
  [[nodiscard]] virtual Requested requested() const { return {}; }
  // Those that are on for a protocol.
  [[nodiscard]] virtual std::span<const ActiveTxLogger> tx_loggers(AppProto) const { return {}; }
  // `sink` outlives the session, and so does the log.
  [[nodiscard]] virtual std::unique_ptr<LogSession> session(Sink& sink) const = 0;
};

// An entry of `outputs:`.
struct LogEntry {
  // An entry of the entry's `types:`.
  struct Type {
    std::string name;
    const Settings* settings;
  };
  const Settings& settings;
  std::vector<Type> types;
  unsigned number = 0;  // counts the run's logs from 0, below kMaxLogs
  std::string sensor_name = {};  // of the run, for logs that have none of their own
};
inline constexpr unsigned kMaxLogs = 8;

struct LogKind {
  std::string_view name;      // of the entry: "eve-log"
  std::string_view filename;  // of a log that names none
  std::unique_ptr<const Log> (*make)(const LogEntry& entry);
};

#define LOG_KIND(id) extern const LogKind log_##id;
#include "output/logs.def"
#undef LOG_KIND

// Null: there is no such log.
const LogKind* find_log_kind(std::string_view name);

}  // namespace weir::output
