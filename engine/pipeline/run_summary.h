// What every kind of run is told of checksums, and what it gives when it is over.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/account/stats.h"
#include "output/flow/record_outputs.h"

namespace weir::engine {

enum class ChecksumMode : std::uint8_t { automatic, all, none };  // -k

// Something to say when a run is over. With one item that is said, else the sum and, with -v, each.
struct RunNote {
  bool is_loss = false;  // something was not inspected: said in any case, else to who watches
  std::string text;
  std::vector<std::string> each;  // may be empty
};

struct RunSummary {
  Counters counters;
  std::uint64_t packets = 0, bytes = 0, flows = 0, alerts = 0;
  double seconds = 0;
  bool threads_left = false;  // some could not be ended (live): the process must end without waiting for them
  std::vector<RunNote> notes;
  // Of a run over files: how many of `errors`, the first ones, are about captures; and how many captures there are of each
  // reason, which may be more: not all of very many have a text.
  std::size_t capture_errors = 0;
  std::map<std::string, std::size_t> capture_error_reasons;
  std::vector<std::string> errors;  // broken files, lines that could not be written; any: exit status 1
};

// Adds what the counters say was left out of inspection.
void note_left_out(RunSummary& summary);
// Adds what an output has left out that is closed.
void append_record_notes(const output::RecordOutput& output, RunSummary& summary);

}  // namespace weir::engine
