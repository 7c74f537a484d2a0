// Where the records of a run's own meters go: the journal, and whoever sends them on.
//
// To add one: derive from RecordOutput, give RecordSettings what it needs to know, and open it in open_record_outputs(), or
// before, when that takes what a run gives up. The engine does the rest: offline and live, for any number of workers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/flow/record.h"
#include "output/flow/store/store_writer.h"
#include "output/records.h"

namespace weir::output {

// Takes batches of records, in the order in which the flows ended: offline the same for every number of workers. All members are
// called by one thread, but for those that say otherwise. It may take its time: offline the run waits, live the records that do not
// fit into the queue before it are counted as lost, and packets never wait.
class RecordOutput : public flow::RecordConsumer {
 public:
  // Time has come to `now`: that of capture offline, that of the system live. About once in a second of it; what was
  // taken before is of flows that ended before. Never goes back.
  virtual void tick(TimeUs now) = 0;
  // After tick(): live, something waits that a tick within a few milliseconds would get rid of.
  [[nodiscard]] virtual bool is_behind() const { return false; }
  // No more records come: what is held back is written. What could not be is told in `errors`, a line of text each.
  virtual void close(std::vector<std::string>& errors) = 0;
  // What nothing is wrong with, but somebody should know; after close().
  virtual void append_notes(std::vector<std::string>& /*notes*/) const {}
  // So many packets have not been seen so far (the kernel had no room for them): no record counts them. From any thread.
  virtual void note_unseen(std::uint64_t /*packets*/) {}
  // So many records have been lost so far before they came here. By the thread that hands records on.
  virtual void note_lost(std::uint64_t /*records*/) {}
  // For stats events: "weir.flow_export.records", ... From any thread.
  virtual void append_counters(std::vector<CounterValue>& /*values*/) const {}
  // Records are to say the client's JA4 and the digest of the server's certificate, which cost much. Before the first one comes.
  [[nodiscard]] virtual bool wants_fingerprints() const { return false; }
};
using RecordOutputs = std::vector<std::shared_ptr<RecordOutput>>;
[[nodiscard]] bool wants_fingerprints(const RecordOutputs& outputs);  // one of them does

// What is asked for.
struct RecordSettings {
  StoreSettings store;  // its folder is empty: none
  // Opened already; null: none.
  std::shared_ptr<RecordOutput> exporter, clickhouse;
  [[nodiscard]] bool wanted() const {
    return !store.folder.empty() || exporter != nullptr || clickhouse != nullptr;
  }
};

// Opens all of them; none where nothing is asked for. Fails with a text that names the option.
tl::expected<RecordOutputs, std::string> open_record_outputs(const RecordSettings& settings);

// Folders that are written to.
std::vector<std::string> record_folders(const RecordSettings& settings);

}  // namespace weir::output
