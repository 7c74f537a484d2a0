// An offline run: capture files through N workers, events in packet order whatever N is.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "engine/capture/capture_source.h"
#include "engine/config/config.h"
#include "engine/pipeline/run_summary.h"
#include "output/flow/record_outputs.h"
#include "output/log.h"
#include "rules/set/rule_set.h"

namespace weir::engine {

struct RunProgress {
  std::uint64_t packets = 0, bytes_done = 0, bytes_total = 0;  // bytes of the files; total 0: not known
};

class PcapWriter;

// A log besides those of the configuration; both outlive the run.
struct ExtraLog {
  const output::Log* log = nullptr;  // null: there is none
  output::Sink* sink = nullptr;
};

struct RunOptions {
  FileCaptureOptions capture;
  std::string log_dir = ".";
  bool writes_logs = true;  // false: nothing of `outputs:` is opened
  ExtraLog extra;
  output::RecordSettings records;  // of flows
  ChecksumMode checksums = ChecksumMode::automatic;
  unsigned threads = 1;      // workers, at least one; a stream (FileCaptureOptions::is_stream) has one
  bool prevent = false;      // streams are handled inline, drop rules act
  std::string rule_profile;  // file for what each rule cost; empty: not wanted
  // With `prevent`: gets what goes on, is open when `ready` has been called, and closed at the end. Null: not wanted.
  PcapWriter* passed = nullptr;
  // Called when everything is set up, all that is written is open, and nothing has been read: for a look at
  // how the configuration was taken, and whoever wants less than the process can do gives the rest up then. A
  // text ends the run. May be empty.
  std::function<tl::expected<void, std::string>()> ready;
  std::function<void(const RunProgress&)> progress;  // called about ten times a second; may be empty
  const std::atomic<bool>* interrupted = nullptr;  // true: what is left of the input is not read; null: never
  // What loading the rules said, for stats events.
  std::uint64_t rules_loaded = 0, rules_failed = 0, rules_skipped = 0;
};

// Opens the input and the configured outputs, runs to the end and closes them. Fails with a text when
// something cannot be opened or a setting cannot be used. `rules` may be null: log only.
tl::expected<RunSummary, std::string> run_offline(const RunOptions& options, const Config& config,
                                                  std::shared_ptr<const rules::RuleSet> rules);

}  // namespace weir::engine
