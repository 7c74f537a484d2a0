// What `weir collect` judges records by: indicators of --ioc, rules of -S, scans that the configuration asks
// for, and the logs that alerts go to.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "engine/cli/cli.h"
#include "engine/flows/record_judge.h"

namespace weir::engine {

// Records are judged, or gaps logged.
bool wants_judging(const CliOptions& options, const Config& config);

// Reads feeds and rules, tells what is wrong with them and which rules are left out, and opens the logs in `log_dir`. Fails with a
// text; empty: it was told already.
tl::expected<std::unique_ptr<RecordJudge>, std::string> make_judge(const CliOptions& options,
                                                                   const Config& config,
                                                                   const std::string& log_dir);

}  // namespace weir::engine
