// Records as comma-separated values: a line each, with the fields that spreadsheets and scripts ask for. JSON has all of them.
#pragma once

#include <string>
#include <string_view>

#include "decoders/flow/record.h"
#include "output/timestamp.h"

namespace weir::output {

class RecordCsv {
 public:
  static std::string head();
  // Lives until the next call.
  std::string_view line(const flow::Record& record);

 private:
  TimestampFormatter times_;
  std::string line_;
};

}  // namespace weir::output
