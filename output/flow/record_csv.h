// Records as comma-separated values: a line each, with the fields that spreadsheets and scripts ask for. JSON has all of them.
#pragma once

#include <string>
#include <string_view>

#include "decoders/flow/record.h"
#include "output/timestamp.h"

namespace weir::output {

class RecordCsv {
 public:
  // `with_places`: the countries stand behind all else.
  explicit RecordCsv(bool with_places = false) : with_places_(with_places) {}
  [[nodiscard]] std::string head() const;
  // Lives until the next call.
  std::string_view line(const flow::Record& record);

 private:
  bool with_places_;
  TimestampFormatter times_;
  std::string line_;
};

}  // namespace weir::output
