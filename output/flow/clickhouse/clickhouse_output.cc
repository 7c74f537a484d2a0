#include "output/flow/clickhouse/clickhouse_output.h"

#include <utility>

#include <fmt/format.h>

namespace weir::output {

tl::expected<std::unique_ptr<ClickHouseOutput>, std::string> ClickHouseOutput::open(
    const ClickHouseSettings& settings) {
  auto inserter = clickhouse::Inserter::open(settings.inserter);
  if (!inserter) return tl::unexpected(fmt::format("{}: {}", kClickHouseKeys, inserter.error()));
  return std::unique_ptr<ClickHouseOutput>(new ClickHouseOutput(settings, std::move(*inserter)));
}

void ClickHouseOutput::take(std::span<const flow::Record> records) {
  for (const flow::Record& record : records) {
    block_.add(record);
    if (block_.records() >= settings_.batch_records || block_.bytes() >= kMostBatchBytes) hand_on();
  }
}

void ClickHouseOutput::hand_on() {
  next_batch_ = Clock::now() + settings_.batch_time;
  inserter_->add(block_.take());
}

// The first call starts the thread, for what an earlier run has left.
void ClickHouseOutput::tick(TimeUs /*now*/) {
  const auto now = Clock::now();
  if (now < next_batch_) return;
  hand_on();
}

void ClickHouseOutput::close(std::vector<std::string>& errors) {
  hand_on();
  inserter_->close();
  if (const auto c = inserter_->counters(); c.records_lost != 0)
    errors.push_back(
        fmt::format("{}: {} records lost: {}", kClickHouseKeys, c.records_lost, inserter_->problem()));
}

void ClickHouseOutput::append_notes(std::vector<std::string>& notes) const {
  const auto c = inserter_->counters();
  if (c.buffered_batches != 0)
    notes.push_back(fmt::format("{}: {} batches wait in {} for the next run: {}", kClickHouseKeys,
                                c.buffered_batches, inserter_->buffer_folder(),
                                inserter_->problem().empty() ? "there was no time" : inserter_->problem()));
  if (c.damaged_batches != 0)
    notes.push_back(fmt::format("{}: {} batches in {} are damaged, and were set aside: {}", kClickHouseKeys,
                                c.damaged_batches, inserter_->buffer_folder(), inserter_->problem()));
  if (c.records_unsure != 0)
    notes.push_back(
        fmt::format("{}: {} records may be there twice: the connection broke, or the server failed, before "
                    "it said that it "
                    "has them, and they were sent again",
                    kClickHouseKeys, c.records_unsure));
}

void ClickHouseOutput::append_counters(std::vector<CounterValue>& values) const {
  const auto c = inserter_->counters();
  values.emplace_back("weir.clickhouse.batches", c.batches);
  values.emplace_back("weir.clickhouse.bytes", c.bytes);
  values.emplace_back("weir.clickhouse.records", c.records);
  values.emplace_back("weir.clickhouse.records_lost", c.records_lost);
  values.emplace_back("weir.clickhouse.records_unsure", c.records_unsure);
  values.emplace_back("weir.clickhouse.failures", c.failures);
  values.emplace_back("weir.clickhouse.buffered_batches", c.buffered_batches);
  values.emplace_back("weir.clickhouse.buffered_bytes", c.buffered_bytes);
  values.emplace_back("weir.clickhouse.damaged_batches", c.damaged_batches);
}

}  // namespace weir::output
