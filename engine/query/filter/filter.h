// Which records a question is about, in words: "src in 10.0.0.0/8 and dport 443 and not answered and bytes > 1M".
//
// The text becomes a tree (parser.h), and the tree a list of tests, each of which says where to go on when it passes and when it does
// not: "and", "or" and "not" are where the jumps lead, and cost nothing when records come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/flow/record.h"
#include "engine/query/filter/parser.h"
#include "engine/query/filter/test.h"
#include "engine/query/record_source.h"

namespace weir::engine {

// Cannot be changed; used by any number of threads.
class Filter {
 public:
  // Takes every record.
  Filter() = default;
  // Fails with "column 14: expected a port, got 'foo'", the text, and a caret below the place.
  static tl::expected<Filter, std::string> parse(std::string_view text);

  [[nodiscard]] bool matches(const flow::Record& record) const;
  [[nodiscard]] bool takes_all() const { return entry_ == kTake; }

  // What a source can leave out, because every record that passes has it: hosts, others and ports. The fields are those that the filter
  // looks at.
  [[nodiscard]] const RecordQuery& narrow() const { return narrow_; }
  // What a rollup must keep so that the filter can be asked of it; none: only of records.
  [[nodiscard]] const std::optional<output::RollupKeys>& rollup_keys() const { return rollup_keys_; }
  // It asks for what only a whole flow has, not the parts of one that goes on: totals, flags, durations, answers,
  // hits.
  [[nodiscard]] bool wants_whole_flows() const;

 private:
  using Place = std::uint32_t;
  static constexpr Place kTake = 0xffffffff, kLeave = 0xfffffffe;  // ends of the way
  struct Step {
    filter::Test test;
    Place when_passed = kTake, when_not = kLeave;
  };
  // Appends the steps of a tree; returns where it begins.
  Place compile(const filter::Node& node, Place when_passed, Place when_not);

  std::vector<Step> steps_;
  Place entry_ = kTake;
  std::optional<output::RollupKeys> rollup_keys_ = output::RollupKeys{};
  RecordQuery narrow_{.fields = Fields()};
};

}  // namespace weir::engine
