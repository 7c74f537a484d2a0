// A capture file through the whole pipeline with the rules of capture.rules, as IDS and as IPS; now and then also by two
// threads, which must write the same events.
//
// Input: a capture file; `weir detect -k none -r INPUT -S tests/fuzz/capture.rules` takes it as well.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "tests/fuzz/pipeline_run.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

struct Mode {
  PipelineRun run;
  std::shared_ptr<const rules::RuleSet> rules;
};

Mode make_mode(bool prevent) {
  std::ifstream file(WEIR_FUZZ_FOLDER "/capture.rules");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Mode out{PipelineRun(prevent), build_rules(text, prevent, true)};
  must(out.rules != nullptr, "capture.rules holds rules");
  return out;
}

void must_be_same(const std::vector<std::string>& one, const std::vector<std::string>& two) {
  if (one == two) return;
  for (const auto* lines : {&one, &two}) {
    std::fputs("---\n", stderr);
    for (const std::string& line : *lines) std::fprintf(stderr, "%s\n", line.c_str());
  }
  must(false, "events do not depend on the number of threads");
}

}  // namespace

void fuzz_capture(Bytes input) {
  static const Mode detect = make_mode(false), prevent = make_mode(true);
  const std::vector<std::string> lines = detect.run.play(input, detect.rules);
  (void)prevent.run.play(input, prevent.rules);
  if (input.size() % 8 == 0) must_be_same(lines, detect.run.play(input, detect.rules, 2));
}

}  // namespace weir::fuzz
