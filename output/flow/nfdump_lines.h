// Records as lines of nfdump 1.7 ("nfdump -o line"), for scripts that read those.
//
// nfdump's records have one direction: a record with both gives two lines. Long IPv6 addresses and large numbers are shortened as
// nfdump does it ("2001:db..34:5678", "9.9 G"). Times are local.
#pragma once

#include <string>
#include <string_view>

#include "decoders/flow/record.h"
#include "output/timestamp.h"

namespace weir::output {

class NfdumpLines {
 public:
  static std::string_view head();
  // The line of the direction, which lives until the next call; empty when there are no packets of it.
  std::string_view line(const flow::Record& record, Direction direction);

 private:
  TimestampFormatter times_;
  std::string line_;
};

}  // namespace weir::output
