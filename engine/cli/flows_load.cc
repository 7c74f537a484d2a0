#include "engine/cli/flows_load.h"

#include <cstdio>

#include <fmt/format.h>

#include "engine/cli/cli.h"
#include "engine/cli/digest.h"
#include "engine/cli/line_output.h"
#include "engine/flows/eve_files.h"
#include "output/flow/store/store_writer.h"
#include "output/json_writer.h"

namespace weir::engine {
namespace {

void write_load_json(const std::string& path, const EveFileReport& report, LineTaker& out) {
  const EveLines::Counts& counts = report.counts;
  output::JsonWriter line;
  {
    const auto object = line.object();
    line.bytes("file", path);
    line.number("lines", counts.lines);
    line.number("records", counts.flows + counts.netflows);
    line.number("other_events", counts.other);
    line.number("wrong_lines", counts.wrong);
  }
  out.line(line.text());
}

void tell_load(const std::string& path, const EveFileReport& report, bool is_watched) {
  const EveLines::Counts& counts = report.counts;
  for (const std::string& problem : report.problems) fmt::print(stderr, "{}\n", printable(problem));
  const std::string name = printable(path);
  // Who logs both says the same thing twice.
  if (counts.flows != 0 && counts.netflows != 0)
    fmt::print(
        stderr,
        "weir: warning: {}: it has {} events of type flow and {} of type netflow; where they are about the "
        "same flows, these count twice\n",
        name, counts.flows, counts.netflows);
  if (counts.flows + counts.netflows == 0 && report.problems.empty())
    fmt::print(stderr, "weir: warning: {}: no events of type flow or netflow in {} lines\n", name,
               counts.lines);
  if (is_watched)
    fmt::print(stderr, "weir: {}: {} records, {} other events{}\n", name, counts.flows + counts.netflows,
               counts.other, counts.wrong == 0 ? "" : fmt::format(", {} lines are wrong", counts.wrong));
}

}  // namespace

int load_flows(const QuestionOptions& options, bool is_watched) {
  auto store = output::StoreWriter::open({.folder = options.store, .sealers = reader_count()});
  if (!store) {
    print_error("--store " + store.error());
    return kExitFailed;
  }
  bool good = true;
  LineOutput out;
  for (const std::string& path : options.words) {
    const EveFileReport report = read_eve_file(path, **store);
    tell_load(path, report, is_watched);
    if (options.json) write_load_json(path, report, out);
    good = good && report.problems.empty();
  }
  (*store)->close();
  for (const std::string& problem : (*store)->take_problems()) print_error(problem);
  if (const std::uint64_t lost = (*store)->records_lost(); lost != 0) {
    print_error(fmt::format("--store {}: {} records could not be written: {}", options.store, lost,
                            (*store)->problem()));
    good = false;
  }
  return out.finish() && good ? kExitDone : kExitFailed;
}

}  // namespace weir::engine
