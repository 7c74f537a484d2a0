// Rules that whoever wrote the capture wrote, too.
//
// Input: the length of the rules in two bytes, the rules, a capture file.
#include "tests/fuzz/input.h"
#include "tests/fuzz/pipeline_run.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {

void fuzz_capture_rules(Bytes bytes) {
  static const PipelineRun detect(false), prevent(true);
  Input input(bytes);
  const std::uint16_t length = input.u16();
  const std::string_view text = input.text(length);
  const Bytes capture = input.rest();
  for (const bool inline_mode : {false, true}) {
    const auto rules = build_rules(text, inline_mode, false);
    if (rules != nullptr) (void)(inline_mode ? prevent : detect).play(capture, rules);
  }
}

}  // namespace weir::fuzz
