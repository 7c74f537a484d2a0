// Where a question writes that answers with records: lines of the format that was asked for, or a file.
//
// A question of Takes::records hands all its records to QuestionCall::records, in the order in which they are to be shown, and
// returns an Answer without columns. What is handed in is written at once, or after the first few when the widths of a table hang on
// them; nothing grows with the number of records. Addresses are changed behind it when they are to be anonymised.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "decoders/flow/record.h"

namespace weir::engine {

// Takes lines of text without their ends.
class LineTaker {
 public:
  virtual ~LineTaker() = default;
  virtual void line(std::string_view text) = 0;
  // Nothing gets through any more: who makes lines may stop.
  [[nodiscard]] virtual bool has_failed() const = 0;
};

// Used by one thread at a time.
class RecordOutput : public flow::RecordConsumer {
 public:
  // Nobody takes what is written any more: who reads records may stop.
  [[nodiscard]] virtual bool has_failed() const = 0;
  // No more records come. Fails with a text when something could not be written.
  virtual tl::expected<void, std::string> finish() = 0;
};

}  // namespace weir::engine
