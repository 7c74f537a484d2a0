// Capture files through a whole pipeline, as `weir detect -r` and `weir prevent -r` do: for inputs that can be given to the
// program itself.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/config.h"
#include "engine/log/log_outputs.h"
#include "engine/pipeline/pipeline.h"
#include "output/eve_log.h"
#include "rules/set/rule_set.h"

namespace weir::fuzz {

// All event types on, small tables, no checksums, so that mutations get further.
class PipelineRun {
 public:
  struct Result {
    std::vector<std::string> lines;  // each checked to be JSON
    bool wanted_memory = false;      // some of what was inspected found none, as counters and policies tell
  };

  explicit PipelineRun(bool prevent);
  // The events of the capture. With `workers` they are made by so many threads, else by this one: then every frame has its
  // verdict, memory or not, and all that flows had is given back at the end.
  Result play(Bytes capture, const std::shared_ptr<const rules::RuleSet>& rules, unsigned workers = 0) const;

 private:
  using Rules = std::shared_ptr<const rules::RuleSet>;
  void play_alone(Bytes capture, const Rules& rules, const engine::LogOutputs& outputs, Result& out) const;
  [[nodiscard]] std::unique_ptr<const output::EveLog> make_log() const;
  engine::Config config_;
  engine::PipelineSetup setup_;
};

inline constexpr std::size_t kMostFrames = 256;  // of one capture

// Null when no rule is left. `strict`: any complaint about the text is a finding.
std::shared_ptr<const rules::RuleSet> build_rules(std::string_view text, bool prevent, bool strict);

}  // namespace weir::fuzz
