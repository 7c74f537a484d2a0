#include "engine/pipeline/run_summary.h"

#include <utility>

#include <fmt/format.h>

namespace weir::engine {

void note_left_out(RunSummary& summary) {
  const std::uint64_t wrong = summary.counters.tcp_invalid_checksum;
  if (wrong == 0) return;
  summary.notes.push_back(
      {.is_loss = true,
       .text = fmt::format(
           "{} with a wrong checksum left out of streams and of what is looked at there (-k none takes {})",
           wrong == 1 ? "1 TCP packet" : fmt::format("{} TCP packets", wrong), wrong == 1 ? "it" : "them"),
       .each = {}});
}

void append_record_notes(const output::RecordOutput& output, RunSummary& summary) {
  std::vector<std::string> notes;
  output.append_notes(notes);
  for (std::string& note : notes)
    summary.notes.push_back({.is_loss = true, .text = std::move(note), .each = {}});
}

}  // namespace weir::engine
