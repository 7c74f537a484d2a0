#include "engine/query/flow_reading.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "engine/query/part_joiner.h"

namespace weir::engine {
namespace {

// Hands on what a filter takes, as many records at once as follow each other.
class FilterStage final : public flow::RecordConsumer {
 public:
  FilterStage(const Filter& filter, flow::RecordConsumer& next) : filter_(filter), next_(next) {}
  void take(std::span<const flow::Record> records) override {
    std::size_t begin = 0, at = 0;
    for (; at < records.size(); ++at) {
      if (filter_.matches(records[at])) continue;
      if (at != begin) next_.take(records.subspan(begin, at - begin));
      begin = at + 1;
    }
    if (at != begin) next_.take(records.subspan(begin, at - begin));
  }
  [[nodiscard]] TimeUs wants_until() const override { return next_.wants_until(); }

 private:
  const Filter& filter_;
  flow::RecordConsumer& next_;
};

std::string filter_text(const QuestionCall& call) {
  std::string out;
  for (const std::string& word : call.options.words) out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace

tl::expected<FlowReading, std::string> FlowReading::plan(const QuestionCall& call, Fields fields,
                                                         bool joins) {
  auto filter = Filter::parse(filter_text(call));
  if (!filter) return tl::unexpected("filter, " + filter.error());
  FlowReading out;
  out.query_ = filter->narrow();
  out.query_.fields = out.query_.fields | fields;
  out.query_.from = call.from;
  out.query_.to = call.to;
  if (!call.ports.empty()) out.query_.ports = call.ports;
  out.joins_ = joins || filter->wants_whole_flows();
  if (out.joins_) out.query_.fields = out.query_.fields | PartJoiner::kFields;
  out.filter_ = std::move(*filter);
  return out;
}

tl::expected<void, std::string> FlowReading::read(QuestionCall& call,
                                                  std::span<flow::RecordConsumer* const> consumers) const {
  if (filter_.takes_all()) return read_joined(call, consumers);
  std::vector<std::unique_ptr<FilterStage>> stages;
  std::vector<flow::RecordConsumer*> filtered;
  for (flow::RecordConsumer* const consumer : consumers) {
    stages.push_back(std::make_unique<FilterStage>(filter_, *consumer));
    filtered.push_back(stages.back().get());
  }
  return read_joined(call, filtered);
}

tl::expected<void, std::string> FlowReading::read_joined(
    QuestionCall& call, std::span<flow::RecordConsumer* const> consumers) const {
  if (!joins_) return call.read(query_, consumers);
  std::vector<std::unique_ptr<PartJoiner>> joiners;
  std::vector<flow::RecordConsumer*> joined;
  for (flow::RecordConsumer* const consumer : consumers) {
    joiners.push_back(std::make_unique<PartJoiner>(*consumer, kMaxPartBytes / consumers.size()));
    joined.push_back(joiners.back().get());
  }
  if (auto done = call.read(query_, joined); !done) return done;
  PartJoiner& all = *joiners.front();
  for (std::size_t i = 1; i < joiners.size(); ++i) all.merge(*joiners[i]);
  all.finish();
  if (all.not_joined() != 0)
    call.warnings.push_back(fmt::format(
        "{} parts of flows that went on stand alone: there was no room to join more (ask for less time)",
        all.not_joined()));
  return {};
}

}  // namespace weir::engine
