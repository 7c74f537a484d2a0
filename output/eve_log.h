// An eve-log: events as JSON, a line each. Which types are on and how each is written.
//
// What stands in `types:` is a row of eve_types.def or a transaction logger's (tx_loggers.def).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "output/log.h"

namespace weir::output {

// Members of the object that is open: "decoder": {"pkts": 12} ..., as in stats events.
void write_counter_tree(JsonWriter& out, const std::vector<CounterValue>& counters);

inline constexpr unsigned kMaxLoggersPerProtocol = 4;

class EveLog final : public Log {
 public:
  using TypeEntry = LogEntry::Type;
  explicit EveLog(const LogEntry& entry);
  // `number` keeps the bits of the run's logs in Transaction::logged apart.
  EveLog(const Settings& eve_log, const std::vector<TypeEntry>& types, unsigned number = 0)
      : EveLog(LogEntry{eve_log, types, number}) {}
  ~EveLog() override;

  [[nodiscard]] bool wants(EventType type) const override;
  [[nodiscard]] bool wants_macs() const override;
  [[nodiscard]] Requested requested() const override;
  [[nodiscard]] std::span<const ActiveTxLogger> tx_loggers(AppProto protocol) const override;
  [[nodiscard]] std::unique_ptr<LogSession> session(Sink& sink) const override;

  // True: a type of this name can be written. Of those some may be in one log of the run only.
  static bool has_type(std::string_view name);
  static bool only_once(std::string_view name);

  struct Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

class EveSession final : public LogSession {
 public:
  EveSession(const EveLog& log, Sink& sink);
  ~EveSession() override;
#define EVE_TYPE(id, Record) void id(const Record& record) override;
#include "output/eve_types.def"
#undef EVE_TYPE
  void transaction(const ActiveTxLogger& logger, const EventHead& head, const Transaction& tx) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::output
