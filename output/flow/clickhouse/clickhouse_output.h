// Records into a table of ClickHouse while they are made: `weir: flows: clickhouse`.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "output/flow/clickhouse/clickhouse_settings.h"
#include "output/flow/clickhouse/inserter.h"
#include "output/flow/record_outputs.h"

namespace weir::output {

class ClickHouseOutput final : public RecordOutput {
 public:
  // Inserter::open(): the process may be confined afterwards. Fails with a text.
  static tl::expected<std::unique_ptr<ClickHouseOutput>, std::string> open(
      const ClickHouseSettings& settings);

  void take(std::span<const flow::Record> records) override;
  [[nodiscard]] bool wants_fingerprints() const override { return true; }
  // By our own clock: time of capture may go by in no time.
  void tick(TimeUs now) override;
  void close(std::vector<std::string>& errors) override;
  void append_notes(std::vector<std::string>& notes) const override;
  // "weir.clickhouse.records" ...
  void append_counters(std::vector<CounterValue>& values) const override;
  [[nodiscard]] clickhouse::InserterCounters counters() const { return inserter_->counters(); }
  [[nodiscard]] std::string problem() const { return inserter_->problem(); }

 private:
  using Clock = std::chrono::steady_clock;
  // A block is no larger, whatever its records say.
  static constexpr std::size_t kMostBatchBytes = std::size_t{128} << 20U;

  ClickHouseOutput(const ClickHouseSettings& settings, std::unique_ptr<clickhouse::Inserter> inserter)
      : settings_(settings), inserter_(std::move(inserter)) {}
  void hand_on();

  const ClickHouseSettings settings_;
  std::unique_ptr<clickhouse::Inserter> inserter_;
  clickhouse::BlockWriter block_;
  Clock::time_point next_batch_{};
};

}  // namespace weir::output
