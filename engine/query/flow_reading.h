// What `weir flows list`, top, count, series and matrix read: the records of the window, ports and filter that the command line says.
#pragma once

#include <optional>
#include <span>
#include <string>

#include <tl/expected.hpp>

#include "engine/query/filter/filter.h"
#include "engine/query/places.h"
#include "engine/query/question.h"

namespace weir::engine {

class FlowReading {
 public:
  // The words of the call are the filter. `fields`: what the consumers look at; with `joins` parts of a flow come as one record, else only
  // where the filter asks for what a whole flow has. Fails with a text that says where the filter is wrong.
  // `rollups`: what a rollup must keep for the question besides what the filter asks for; none: it wants records.
  static tl::expected<FlowReading, std::string> plan(const QuestionCall& call, Fields fields, bool joins,
                                                     std::optional<RollupNeeds> rollups);

  // Hands the records that the filter takes to the consumers, each used by one thread at a time.
  tl::expected<void, std::string> read(QuestionCall& call,
                                       std::span<flow::RecordConsumer* const> consumers) const;
  [[nodiscard]] bool joins() const { return joins_; }
  // What the records that are handed on were filled in by: for who keeps them by what a source says.
  [[nodiscard]] const Places& places() const { return places_; }

 private:
  tl::expected<void, std::string> read_joined(QuestionCall& call,
                                              std::span<flow::RecordConsumer* const> consumers) const;

  Filter filter_;
  Places places_;
  RecordQuery query_;
  bool joins_ = false;
};

}  // namespace weir::engine
