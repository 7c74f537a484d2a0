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

// Says where the addresses are before anybody asks.
class PlaceStage final : public flow::RecordConsumer {
 public:
  PlaceStage(const Places& places, flow::RecordConsumer& next) : places_(places), next_(next) {}
  void take(std::span<const flow::Record> records) override {
    filled_.assign(records.begin(), records.end());
    for (flow::Record& record : filled_) places_.fill(record);
    next_.take(filled_);
  }
  [[nodiscard]] TimeUs wants_until() const override { return next_.wants_until(); }

 private:
  const Places& places_;
  flow::RecordConsumer& next_;
  std::vector<flow::Record> filled_;
};

std::string filter_text(const QuestionCall& call) {
  std::string out;
  for (const std::string& word : call.options.words) out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace

tl::expected<FlowReading, std::string> FlowReading::plan(const QuestionCall& call, Fields fields, bool joins,
                                                         std::optional<RollupNeeds> rollups) {
  auto filter = Filter::parse(filter_text(call));
  if (!filter) return tl::unexpected("filter, " + filter.error());
  FlowReading out;
  out.query_ = filter->narrow();
  out.query_.fields = out.query_.fields | fields;
  out.query_.from = call.from;
  out.query_.to = call.to;
  if (!call.ports.empty()) out.query_.ports = call.ports;
  if (rollups && filter->rollup_keys()) {
    out.query_.rollups = std::move(rollups);
    out.query_.rollups->keys.add(*filter->rollup_keys());
    output::RollupKeys& keys = out.query_.rollups->keys;
    if (!call.ports.empty()) keys.add(output::RollupKey::filtered_port);
    const bool filters_ports = keys.has(output::RollupKey::filtered_port) ||
                               keys.has(output::RollupKey::filtered_source_port) ||
                               keys.has(output::RollupKey::filtered_destination_port);
    if (filters_ports && out.query_.rollups->untold.empty())
      out.query_.rollups->untold = "the ports of clients, unless they keep sport and dport";
  }
  out.joins_ = joins || filter->wants_whole_flows();
  if (out.joins_) out.query_.fields = out.query_.fields | PartJoiner::kFields;
  auto places = Places::open(call.options, out.query_.fields);
  if (!places) return tl::unexpected(places.error());
  out.places_ = std::move(*places);
  if (out.places_.knows_any()) out.query_.fields = out.query_.fields | Field::addresses | Field::path;
  out.filter_ = std::move(*filter);
  return out;
}

tl::expected<void, std::string> FlowReading::read(QuestionCall& call,
                                                  std::span<flow::RecordConsumer* const> consumers) const {
  std::vector<std::unique_ptr<flow::RecordConsumer>> stages;
  std::vector<flow::RecordConsumer*> first(consumers.begin(), consumers.end());
  const auto stand_before = [&](auto make_stage) {
    for (flow::RecordConsumer*& consumer : first) {
      stages.push_back(make_stage(*consumer));
      consumer = stages.back().get();
    }
  };
  if (!filter_.takes_all())
    stand_before([&](auto& next) { return std::make_unique<FilterStage>(filter_, next); });
  if (places_.knows_any())
    stand_before([&](auto& next) { return std::make_unique<PlaceStage>(places_, next); });
  return read_joined(call, first);
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
