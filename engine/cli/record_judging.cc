#include "engine/cli/record_judging.h"

#include <algorithm>

#include <fmt/format.h>

#include "rules/ioc/feed_reader.h"
#include "rules/load/record_use.h"

namespace weir::engine {
namespace {

// False: a file could not be read.
bool tell_of_feed(const std::string& path, const rules::FeedReport& report, const CliOptions& options) {
  bool readable = true;
  for (const rules::RuleDiagnostic& problem : report.problems) {
    fmt::print(stderr, "{}\n", rules::to_string(problem));
    readable = readable && problem.line != 0;
  }
  if (const std::size_t more = report.wrong - std::min(report.wrong, report.problems.size()); more != 0)
    fmt::print(stderr, "{}: error: and {} more lines are wrong\n", path, more);
  if (is_watched(options))
    fmt::print(stderr, "weir: {}: {} indicators{}\n", path, report.indicators,
               report.other != 0 ? fmt::format(", {} of types that are not matched", report.other) : "");
  return readable;
}

tl::expected<std::shared_ptr<const rules::IndicatorTable>, std::string> read_feeds(
    const CliOptions& options) {
  if (options.feeds.empty()) return nullptr;
  auto table = std::make_shared<rules::IndicatorTable>();
  bool readable = true;
  std::size_t wrong = 0;
  for (const std::string& path : options.feeds) {
    const rules::FeedReport report = rules::read_feed(path, *table);
    readable = tell_of_feed(path, report, options) && readable;
    wrong += report.wrong;
  }
  if (!readable) return tl::unexpected(std::string{});
  if (wrong != 0 && options.strict)
    return tl::unexpected(fmt::format("{} wrong lines in the indicators, and --strict", wrong));
  return table;
}

void leave_out(std::vector<rules::LoadedSignature>& signatures, const CliOptions& options) {
  const std::size_t all = signatures.size();
  std::erase_if(signatures, [&](const rules::LoadedSignature& s) {
    const std::string why = rules::why_not_on_records(*s);
    if (!why.empty() && options.verbose)
      fmt::print(stderr, "{}:{}: warning: sid {}: left out: {}\n", s.file, s.line, s->meta.sid, why);
    return !why.empty();
  });
  if (const std::size_t out = all - signatures.size(); out != 0 && is_watched(options))
    fmt::print(stderr, "weir: warning: {} of {} rules can never match on records and are left out{}\n", out,
               all, options.verbose ? "" : " (-v names them)");
}

tl::expected<std::shared_ptr<const rules::RuleSet>, std::string> read_rules(const CliOptions& options,
                                                                            const Config& config) {
  if (options.rules.exclusive.empty()) return nullptr;
  RuleSetup setup = set_up_rules(config, options.rules);
  if (!report_rules(setup, options)) return tl::unexpected(std::string{});
  leave_out(setup.loaded.signatures, options);
  return build_rules(setup, config, options);
}

}  // namespace

bool wants_judging(const CliOptions& options, const Config& config) {
  return options.own_log_dir || ScanWatchSettings::from(config).on || !options.feeds.empty() ||
         !options.rules.exclusive.empty();
}

tl::expected<std::unique_ptr<RecordJudge>, std::string> make_judge(const CliOptions& options,
                                                                   const Config& config,
                                                                   const std::string& log_dir) {
  auto indicators = read_feeds(options);
  if (!indicators) return tl::unexpected(indicators.error());
  auto rules = read_rules(options, config);
  if (!rules) return tl::unexpected(rules.error());
  auto outputs = LogOutputs::open(config, log_dir);
  if (!outputs) return tl::unexpected(outputs.error());
  return std::make_unique<RecordJudge>(RecordJudgeSettings{.indicators = std::move(*indicators),
                                                           .rules = std::move(*rules),
                                                           .scans = ScanWatchSettings::from(config)},
                                       std::move(*outputs));
}

}  // namespace weir::engine
