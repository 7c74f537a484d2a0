// Where flow records come from that a question is asked of, whatever keeps them: the store's files, its journal, a database.
//
// A question says which records it needs, and which of their members; a source reads no more than it has to. Records are handed to
// several consumers at once, one for each thread that reads.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/flow/fields.h"
#include "decoders/flow/record.h"
#include "decoders/ip_network.h"
#include "engine/query/address_set.h"
#include "output/flow/store/rollup_keys.h"

namespace weir::engine {

using flow::Field;
using flow::Fields;

// What of records that are gone a rollup of the store must still tell, to stand for them.
struct RollupNeeds {
  output::RollupKeys keys;
  TimeUs step = 0;            // its step must divide this one; 0: any
  std::string_view untold{};  // what the answer lacks then, for people: "monitors"
};

// Which records. All that is said here holds for each record that is handed on.
struct RecordQuery {
  // Records that were alive in [from, to): first < to, and last >= from.
  TimeUs from = std::numeric_limits<TimeUs>::min(), to = std::numeric_limits<TimeUs>::max();
  // One of the two addresses is in `hosts`, and the other one in `others`. An empty set: any.
  AddressSet hosts, others;
  // One of the two ports is among them; empty: any. ICMP has none, and goes through for any only.
  std::vector<std::uint16_t> ports;
  // What the consumers look at.
  Fields fields = Fields::all();
  // Records that are gone may be answered for by rollups; none: each record is needed, and a span of which only rollups are there is left
  // out, which is told.
  std::optional<RollupNeeds> rollups{};
};

// Whether a record is one of those that the query asks for.
bool fits(const RecordQuery& query, const flow::Record& record);

// What reading took.
struct ReadReport {
  std::uint64_t records = 0;  // handed on
  std::uint64_t blocks_read = 0,
                blocks_skipped =
                    0;  // row groups, files of the journal: none fits, or nobody wanted them any more
  std::uint64_t bytes_read = 0;       // compressed
  std::vector<std::string> notes;     // what was answered by rollups, and what was left out
  std::vector<std::string> problems;  // "FILE: row group N: what is wrong", of what could not be read
};

class RecordSource {
 public:
  virtual ~RecordSource() = default;
  // Hands the records on, each to one of the consumers, in no order; each consumer is called by one thread at a time, and all of
  // this thread's and theirs have ended when it returns. Records live as long as the call. At least one consumer. Fails with a text
  // when nothing can be read at all; what is damaged in part is in the report. What begins later than all consumers want
  // (RecordConsumer::wants_until) may be left out, and when all have enough reading ends; a single consumer gets the records in the
  // order in which they stand.
  virtual tl::expected<ReadReport, std::string> read(const RecordQuery& query,
                                                     std::span<flow::RecordConsumer* const> consumers) = 0;
};

// The records of a folder that --store made: those in files of Parquet, and those that still stand in the journal. Fails with a text
// when there is no such folder, or nothing in it.
tl::expected<std::unique_ptr<RecordSource>, std::string> open_store(const std::string& folder);

// How many consumers to give to read(): one a core, at most kMostReaders.
inline constexpr unsigned kMostReaders = 16;
unsigned reader_count();

}  // namespace weir::engine
