#include <unistd.h>

#include <fmt/format.h>

#include "engine/cli.h"
#include "engine/live/af_packet_source.h"
#include "engine/live/live_run.h"
#include "engine/live/nfqueue_source.h"

namespace weir::engine {
namespace {

tl::expected<std::vector<WorkerPlan>, std::string> plan_interfaces(const CliOptions& options) {
  std::vector<WorkerPlan> plans;
  for (const std::string& interface : options.interfaces)
    plans.push_back({fmt::format("W#01-{}", interface),
                     [settings = AfPacketSettings{.interface = interface, .bpf = options.bpf}] {
                       return open_af_packet(settings);
                     },
                     interface});
  return plans;
}

tl::expected<std::vector<WorkerPlan>, std::string> plan_queues(const CliOptions& options,
                                                               const Config& config) {
  const auto settings = NfqueueSettings::from(config);
  if (!settings) return tl::unexpected(settings.error());
  std::vector<WorkerPlan> plans;
  for (const std::string& range : options.queues) {
    const auto queues = parse_queue_range(range);
    if (!queues) return tl::unexpected(queues.error());
    for (const std::uint16_t queue : *queues)
      plans.push_back(
          {fmt::format("W-Q{}", queue), [queue, s = *settings] { return open_nfqueue(queue, s); }});
  }
  return plans;
}

LiveOptions live_options(const CliOptions& options, const RuleSetup& setup, bool prevent) {
  LiveOptions live;
  live.log_dir = options.log_dir;
  live.checksums = checksum_mode(options);
  live.prevent = prevent;
  const rules::LoadedRules& loaded = setup.loaded;
  live.rules_loaded = loaded.rules_seen - loaded.failed - loaded.skipped;
  live.rules_failed = loaded.failed;
  live.rules_skipped = loaded.skipped;
  return live;
}

}  // namespace

int run_live_command(const CliOptions& options, bool prevent) {
  auto signals = Signals::take();
  if (!signals) {
    print_error(signals.error());
    return kExitFailed;
  }
  const auto config = load_configuration(options);
  if (!config) return kExitFailed;
  RuleSetupOptions sources = options.rules;
  sources.inline_mode = prevent;
  RuleSetup setup = set_up_rules(*config, sources);
  if (!report_rules(setup, options)) return kExitFailed;
  if (!make_log_dir(options.log_dir)) return kExitFailed;
  LiveOptions live = live_options(options, setup, prevent);
  auto plans = options.queues.empty() ? plan_interfaces(options) : plan_queues(options, *config);
  if (!plans) {
    print_error(plans.error());
    return kExitUsage;
  }
  live.workers = std::move(*plans);
  if (auto pinned = pin_threads(*config, live); !pinned) {
    print_error(pinned.error());
    return kExitFailed;
  }
  auto rules =
      rules::RuleSet::build(std::move(setup.loaded.signatures), *setup.environment,
                            {.threads = worker_count(options), .cache_dir = cache_dir(*config, options)});
  const auto summary = run_live(live, *config, *signals, std::move(rules));
  if (!summary) {
    print_error(summary.error());
    return kExitFailed;
  }
  for (const std::string& error : summary->errors) print_error(error);
  if (is_watched(options)) print_summary(*summary, options);
  return summary->errors.empty() ? kExitDone : kExitFailed;
}

}  // namespace weir::engine
