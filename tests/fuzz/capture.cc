// A capture file through the whole pipeline with the rules of capture.rules, as IDS and as IPS; now and then also by two
// threads, which must write the same events.
//
// Input: a capture file; `weir detect -k none -r INPUT -S tests/fuzz/capture.rules` takes it as well.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "tests/fuzz/pipeline_run.h"
#include "tests/fuzz/scarce_memory.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

struct Mode {
  PipelineRun run;
  std::shared_ptr<const rules::RuleSet> rules;
  std::vector<std::string> with_plenty;  // the events of the last run in which no allocation failed
};

Mode make_mode(bool prevent) {
  std::ifstream file(WEIR_FUZZ_FOLDER "/capture.rules");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Mode out{PipelineRun(prevent), build_rules(text, prevent, true), {}};
  must(out.rules != nullptr, "capture.rules holds rules");
  return out;
}

void must_be_same(const std::vector<std::string>& one, const std::vector<std::string>& two,
                  const char* what) {
  if (one == two) return;
  for (const auto* lines : {&one, &two}) {
    std::fputs("---\n", stderr);
    for (const std::string& line : *lines) std::fprintf(stderr, "%s\n", line.c_str());
  }
  must(false, what);
}

// Nothing is missing without a word for want of memory. main.cc lets an input run with memory first.
void compare_with_plenty(Mode& mode, const PipelineRun::Result& now) {
  if (counted_allocations() == 0) return;  // nothing can fail in this program
  if (failed_allocations() == 0)
    mode.with_plenty = now.lines;
  else if (!now.wanted_memory)
    must_be_same(mode.with_plenty, now.lines, "what there is no memory for is counted");
}

}  // namespace

void fuzz_capture(Bytes input) {
  static Mode detect = make_mode(false), prevent = make_mode(true);
  for (Mode* mode : {&detect, &prevent}) {
    const PipelineRun::Result result = mode->run.play(input, mode->rules);
    compare_with_plenty(*mode, result);
    if (mode == &detect && input.size() % 8 == 0 && failed_allocations() == 0)
      must_be_same(result.lines, detect.run.play(input, detect.rules, 2).lines,
                   "events do not depend on the number of threads");
  }
}

}  // namespace weir::fuzz
