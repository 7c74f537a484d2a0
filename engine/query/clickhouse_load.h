// Records of a store into ClickHouse: weir flows load --store DIR --clickhouse URL.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "engine/query/record_source.h"

namespace weir::engine {

struct ClickHouseLoad {
  std::uint64_t records = 0;          // inserted
  std::uint64_t lost = 0;             // read and not inserted
  std::string reason;                 // of that
  std::vector<std::string> notes;     // what somebody should know
  std::vector<std::string> problems;  // of what could not be read
};

// All records of the source; the table is made when missing. Loading twice has the records there twice. Fails with a text when nothing
// can be read or the URL is wrong; a server that goes away and does not come back within half a minute ends it.
tl::expected<ClickHouseLoad, std::string> load_into_clickhouse(RecordSource& source, const std::string& url);

}  // namespace weir::engine
