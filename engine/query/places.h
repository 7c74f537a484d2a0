// Where addresses are: their countries and autonomous systems, for questions that ask for them.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "decoders/flow/fields.h"
#include "decoders/flow/record.h"
#include "engine/query/question.h"

namespace weir::rules {
class GeoDatabase;  // rules/values/geo_database.h
}

namespace weir::engine {

// Cannot be changed; used by any number of threads.
class Places {
 public:
  // Knows nothing.
  Places() = default;
  // Opens what the options name, as far as somebody looks at Field::country or Field::origin. Fails with a text that says what to do:
  // countries are asked for and no database is named, or one cannot be opened. Autonomous systems need none: exporters say them, too.
  static tl::expected<Places, std::string> open(const QuestionOptions& options, flow::Fields fields);

  [[nodiscard]] bool knows_any() const { return countries_ != nullptr || systems_ != nullptr; }
  // Puts the countries into the record, and the autonomous systems that it does not say itself.
  void fill(flow::Record& record) const;

 private:
  using Database = std::shared_ptr<const rules::GeoDatabase>;
  Database countries_, systems_;
};

}  // namespace weir::engine
