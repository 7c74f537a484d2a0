// How much there is in all: count.
#include <memory>
#include <vector>

#include "engine/query/answers.h"
#include "engine/query/distinct_count.h"
#include "engine/query/flow_reading.h"
#include "engine/query/groups/group_consumer.h"
#include "engine/scan/scan_hash.h"

namespace weir::engine {
namespace {

// Adds up everything, and counts addresses.
class CountConsumer final : public flow::RecordConsumer {
 public:
  CountConsumer(bool raw, std::uint64_t seed) : raw_(raw), seed_(seed) {}
  void take(std::span<const flow::Record> records) override {
    for (const flow::Record& record : records) {
      records_ += record.rollup == flow::Rollup::none ? 1 : record.flows;
      total_.add(sums_of(record, raw_));
      saw_sampling_ = saw_sampling_ || record.sampling > 1;
      hosts_.add(scan_hash(record.source, seed_));
      hosts_.add(scan_hash(record.destination, seed_));
    }
  }
  void merge(const CountConsumer& other) {
    records_ += other.records_;
    total_.add(other.total_);
    saw_sampling_ = saw_sampling_ || other.saw_sampling_;
    hosts_.merge(other.hosts_);
  }
  [[nodiscard]] std::uint64_t records() const { return records_; }
  [[nodiscard]] const Sums& total() const { return total_; }
  [[nodiscard]] const DistinctCount& hosts() const { return hosts_; }
  [[nodiscard]] bool saw_sampling() const { return saw_sampling_; }

 private:
  bool raw_, saw_sampling_ = false;
  std::uint64_t seed_, records_ = 0;
  Sums total_;
  DistinctCount hosts_;
};

}  // namespace

tl::expected<Answer, std::string> answer_count(QuestionCall& call) {
  Fields fields = Field::addresses | Field::counters | Field::times | Field::part;
  if (!call.options.raw) fields = fields | Field::exporter;
  const RollupNeeds rollups{.keys = {output::RollupKey::source, output::RollupKey::destination}};
  const auto reading = FlowReading::plan(call, fields, false, rollups);
  if (!reading) return call.refuse(reading.error());
  // Always the same, so that estimates are: who asks twice gets one answer.
  constexpr std::uint64_t kSeed = 0x9E3779B97F4A7C15ULL;
  std::vector<std::unique_ptr<CountConsumer>> parts;
  std::vector<flow::RecordConsumer*> consumers;
  for (unsigned i = 0; i < reader_count(); ++i) {
    parts.push_back(std::make_unique<CountConsumer>(call.options.raw, kSeed));
    consumers.push_back(parts.back().get());
  }
  if (auto done = reading->read(call, consumers); !done) return tl::unexpected(done.error());
  CountConsumer& all = *parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) all.merge(*parts[i]);
  if (all.saw_sampling() && !call.options.raw) call.warnings.emplace_back(kSampledWarning);
  Answer answer;
  answer.columns = {{"records", "", Look::count}, {"flows", "", Look::count},
                    {"packets", "", Look::count}, {"bytes", "", Look::bytes},
                    {"hosts", "", Look::count},   {"first", "", Look::plain},
                    {"last", "", Look::plain},    {"estimated", "", Look::json_only}};
  const Sums& total = all.total();
  answer.rows.push_back({all.records(), total.flows, total.all_packets(), total.all_bytes(),
                         all.hosts().estimate(), When{total.first}, When{total.last},
                         all.hosts().is_exact() ? Cell{} : Cell{true}});
  return answer;
}

}  // namespace weir::engine
