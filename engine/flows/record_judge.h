// Judges records of flows on their way to whoever keeps them: indicators that are listed, rules that match and scans become alert events,
// gaps in what exporters send become anomaly events, in the logs that the configuration asks for. Records are handed on as they are, but
// for those that something hit: they say what it was. Used by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "decoders/flow/record.h"
#include "engine/flows/loss_watch.h"
#include "engine/flows/record_detect.h"
#include "engine/log/log_outputs.h"
#include "engine/log/scan_alerts.h"
#include "engine/scan/scan_watch.h"
#include "output/records.h"
#include "rules/ioc/indicator_table.h"

namespace weir::engine {

struct RecordJudgeSettings {
  std::shared_ptr<const rules::IndicatorTable> indicators;  // null: none
  std::shared_ptr<const rules::RuleSet> rules;              // null: none
  ScanWatchSettings scans = {};
};

// Indicators have no rule; their alerts have this group, and as number 1 + IndicatorKind.
inline constexpr std::uint32_t kIndicatorGid = 900;

class RecordJudge final : public flow::RecordConsumer {
 public:
  // Writes to `outputs`, which it closes.
  RecordJudge(RecordJudgeSettings settings, LogOutputs outputs);
  ~RecordJudge() override;

  // Where records go; to be said before the first comes. `next` lives longer.
  void hand_on_to(flow::RecordConsumer& next) { next_ = &next; }
  void take(std::span<const flow::Record> records) override;
  void gap(const ExportGap& gap, TimeUs now);

  // To be called about once a second: tells of scans, and writes what is in memory. `now`: time has come to it, whether records say
  // so or not.
  void tick(TimeUs now);
  // Opens the log files again, under their names.
  void reopen();
  // No more records come. Closes the logs; what could not be written is told in `errors`.
  void close(std::vector<std::string>& errors);

  [[nodiscard]] std::uint64_t alerts() const { return alerts_; }

 private:
  struct Met {
    const rules::Indicator* indicator;
    std::string_view where;
  };
  static constexpr std::size_t kMostMet = 6;  // of one record: two addresses, a name, fingerprints
  // What hit one of the records at hand.
  struct Hits {
    std::size_t record = 0;  // which of them
    std::uint32_t rules = 0, indicators = 0;
    std::string rule_text, indicator_text;  // as flow::Detail has them
    [[nodiscard]] bool any() const { return rules + indicators != 0; }
  };

  void look_for_indicators(const flow::Record& record, Hits& hits);
  static void add_hits_of(const flow::Detail& detail, Hits& hits);
  void hand_on(std::span<const flow::Record> records);
  void alert_of_indicator(const flow::Record& record, const Met& met);
  void alert_of_rule(const flow::Record& record, const Alert& alert, Direction direction);
  void write(const flow::Record& record, output::AlertRecord& alert);
  [[nodiscard]] ScanWatch::Visit alert_of_scan();

  RecordJudgeSettings settings_;
  LogOutputs outputs_;
  std::vector<std::unique_ptr<output::LogSession>> sessions_;
  flow::RecordConsumer* next_ = nullptr;
  // Of one call of take(): what was hit, and the records with that in them.
  std::vector<Hits> hits_;
  std::vector<flow::Record> marked_;
  std::vector<flow::Detail> details_;
  rules::SharedState shared_;
  std::optional<RecordDetect> detect_;
  std::optional<ScanWatch> scans_;  // none: they are not looked for
  const ScanAlerts scan_alerts_;
  rules::SignatureMeta indicator_meta_;
  std::uint64_t alerts_ = 0;
};

}  // namespace weir::engine
