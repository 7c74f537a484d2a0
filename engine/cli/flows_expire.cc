#include "engine/cli/flows_expire.h"

#include <cstdio>

#include <fmt/format.h>

#include "decoders/clock.h"
#include "decoders/settings.h"
#include "engine/cli/cli.h"
#include "engine/query/human_text.h"
#include "output/flow/store/store_expiry.h"

namespace weir::engine {
namespace {

tl::expected<output::ExpiryLimits, std::string> limits_of(const QuestionOptions& options) {
  output::ExpiryLimits out;
  if (!options.max_age.empty()) {
    const auto age = parse_span(options.max_age);
    if (!age) return tl::unexpected(fmt::format("--max-age {}: expected {}", options.max_age, kSpanExpected));
    out.records.max_age = *age;
  }
  if (!options.max_size.empty()) {
    const auto size = parse_size(options.max_size);
    if (!size || *size == 0)
      return tl::unexpected(
          fmt::format("--max-size {}: expected a size such as 500mb or 100gb", options.max_size));
    out.records.max_bytes = *size;
  }
  for (const std::string& text : options.rollups) {
    const auto rule = output::RollupRule::parse(text);
    if (!rule) return tl::unexpected("--rollup " + rule.error());
    if (auto added = out.add(*rule); !added) return tl::unexpected("--rollup: " + added.error());
  }
  if (!out.any())
    return tl::unexpected(std::string("expire wants --max-age, --max-size, or a --rollup that has a SPAN"));
  return out;
}

}  // namespace

int expire_flows(const QuestionOptions& options, bool is_watched) {
  const auto limits = limits_of(options);
  if (!limits) {
    fmt::print(stderr, "weir flows: {}\nTry 'weir flows --help'.\n", limits.error());
    return kExitUsage;
  }
  const auto expired = output::expire_store(options.store, *limits, wall_clock());
  if (!expired) {
    print_error("--store " + expired.error());
    return kExitFailed;
  }
  for (const std::string& problem : expired->problems) print_error(problem);
  for (const std::string& note : expired->notes) fmt::print(stderr, "weir: note: {}\n", note);
  if (is_watched && expired->rollups != 0)
    fmt::print(stderr, "weir: {} files of rollups made, {}\n", expired->rollups,
               human_bytes(static_cast<double>(expired->rollup_bytes)));
  if (is_watched && expired->files == 0)
    fmt::print(stderr, "weir: nothing had to go\n");
  else if (is_watched)
    fmt::print(stderr, "weir: {} files removed, {}, up to {}\n", expired->files,
               human_bytes(static_cast<double>(expired->bytes)), expired->until);
  return expired->problems.empty() ? kExitDone : kExitFailed;
}

}  // namespace weir::engine
