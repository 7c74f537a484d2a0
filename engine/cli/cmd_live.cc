#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "decoders/clock.h"
#include "engine/cli/background.h"
#include "engine/cli/cli.h"
#include "engine/cli/clickhouse_sink.h"
#include "engine/cli/confinement_plan.h"
#include "engine/cli/flow_exports.h"
#include "engine/live/control/live_run.h"
#include "engine/live/sources/guard.h"
#include "engine/live/sources/interface_settings.h"
#include "engine/live/sources/mirror_source.h"
#include "engine/live/sources/nfqueue_source.h"
#include "engine/live/sources/pulse.h"
#include "engine/live/sources/queue_sockets.h"
#include "engine/ruleset/rule_reloader.h"

namespace weir::engine {
namespace {

std::vector<WorkerPlan> plan_interface(const InterfaceSettings& settings) {
  std::vector<WorkerPlan> plans;
  const std::string& interface = settings.portable ? settings.pcap.interface : settings.ring.interface;
  for (unsigned i = 0; i < settings.workers; ++i) {
    WorkerPlan plan{.name = fmt::format("W#{:02}-{}", i + 1, interface), .open = {}, .interface = interface};
    if (settings.portable)
      plan.open = [pcap = settings.pcap] { return open_pcap_live(pcap); };
    else
      plan.open = [ring = settings.ring] { return open_af_packet(ring); };
    plans.push_back(std::move(plan));
  }
  return plans;
}

// Their sockets are opened here: later on nothing may be.
tl::expected<std::vector<WorkerPlan>, std::string> plan_listeners(const CliOptions& options) {
  std::vector<WorkerPlan> plans;
  for (const std::string& listener : options.listeners) {
    const auto settings = parse_mirror(listener);
    if (!settings) return tl::unexpected(settings.error());
    auto socket = MirrorSocket::open(*settings);
    if (!socket) return tl::unexpected(socket.error());
    plans.push_back({.name = fmt::format("W-{}", listener),
                     .open = [socket = std::move(*socket)] { return MirrorSocket::make_source(socket); },
                     .interface = listener});
  }
  return plans;
}

tl::expected<std::vector<WorkerPlan>, std::string> plan_interfaces(const CliOptions& options,
                                                                   const Config& config) {
  auto plans = plan_listeners(options);
  if (!plans) return plans;
  std::vector<std::string> interfaces = options.interfaces;
  if (interfaces.empty() && plans->empty()) interfaces = configured_interfaces(config);
  if (interfaces.empty() && plans->empty())
    return tl::unexpected(std::string("no interface: name one with -i, or in af-packet:"));
  for (const std::string& interface : interfaces) {
    const auto settings =
        InterfaceSettings::from(config, interface, {options.bpf, options.threads, options.portable_capture});
    if (!settings) return tl::unexpected(settings.error());
    if (const std::string warning = offload_warning(interface); !warning.empty())
      fmt::print(stderr, "weir: warning: {}\n", warning);
    for (WorkerPlan& plan : plan_interface(*settings)) plans->push_back(std::move(plan));
  }
  return plans;
}

// Opens what the run listens on and becomes who it is to be, in the order in which each can be done.
tl::expected<LiveSockets, std::string> open_and_drop(const CliOptions& options, const Config& config,
                                                     bool prevent) {
  const auto identity = find_identity(RunAs::from(config, options.user, options.group));
  if (!identity) return tl::unexpected(identity.error());
  auto sockets = LiveSockets::open(config, *identity);
  if (!sockets) return sockets;
  if (auto dropped = become_live_user(confinement_plan(options, config), config, prevent); !dropped)
    return tl::unexpected(dropped.error());
  sockets->open_in_log_dir(config, options.log_dir);
  if (is_watched(options) && !sockets->warning.empty())
    fmt::print(stderr, "weir: warning: {}\n", sockets->warning);
  return sockets;
}

// What keeps an eye on inline workers.
struct Safety {
  PulseBoard board;
  std::unique_ptr<const QueueTable> table;
  std::optional<Guard> guard;
  std::unique_ptr<QueueSockets> sockets;
};

// The guard is forked here, before rules are loaded and threads started.
tl::expected<Safety, std::string> make_safety(std::size_t workers, const NfqueueSettings* queues,
                                              std::unique_ptr<const QueueTable> table, const Config& config,
                                              LiveSockets& sockets) {
  auto board = PulseBoard::make(workers);
  if (!board) return tl::unexpected(board.error());
  Safety out{std::move(*board), std::move(table), std::nullopt, nullptr};
  const auto patience = config.number("weir.watchdog-ms", 500);
  if (queues == nullptr || !queues->fail_open || patience <= 0) return out;
  auto guard = Guard::start(out.board, {.patience = std::chrono::milliseconds(patience)}, *queues,
                            [&config, &sockets] {
                              sockets.forget();
                              confine_guard(config);
                            });
  if (!guard) return tl::unexpected(guard.error());
  out.guard.emplace(std::move(*guard));
  return out;
}

std::vector<WorkerPlan> plan_queues(const std::vector<std::uint16_t>& queues, const NfqueueSettings& settings,
                                    Safety& safety) {
  std::vector<WorkerPlan> plans;
  for (std::size_t i = 0; i < queues.size(); ++i) {
    const NfqueueWatch watch{i, safety.board.pulses()[i], safety.guard ? &*safety.guard : nullptr,
                             *safety.table, *safety.sockets};
    plans.push_back({fmt::format("W-Q{}", queues[i]),
                     [queue = queues[i], settings, watch] { return open_nfqueue(queue, settings, watch); }});
  }
  return plans;
}

tl::expected<std::vector<std::uint16_t>, std::string> all_queues(const CliOptions& options) {
  std::vector<std::uint16_t> out;
  for (const std::string& range : options.queues) {
    const auto queues = parse_queue_range(range);
    if (!queues) return tl::unexpected(queues.error());
    out.insert(out.end(), queues->begin(), queues->end());
  }
  return out;
}

LiveOptions live_options(const CliOptions& options, const Config& config, const RuleSetup& setup,
                         bool prevent) {
  LiveOptions live;
  live.log_dir = options.log_dir;
  live.records = record_settings(options, config);
  live.checksums = checksum_mode(options);
  live.prevent = prevent;
  if (options.in_background)  // until then whoever started it hears what is wrong
    live.begun = [log = options.log_dir + "/weir.log"] {
      if (auto redirected = redirect_errors(log); !redirected) print_error(redirected.error());
    };
  live.rules.take(setup.loaded, wall_clock());
  return live;
}

// weir.packet-budget-us, as the clock of packets counts.
Ticks packet_budget(const Config& config, const TickRate& rate) {
  constexpr std::uint64_t kNanoseconds = 1000;
  constexpr std::uint64_t kDefault =
      250'000;  // a busy machine may take a worker's processor away for a while
  const double tick = rate.nanoseconds_per_tick();
  const std::uint64_t budget = config.number("weir.packet-budget-us", kDefault) * kNanoseconds;
  return tick > 0 ? static_cast<Ticks>(static_cast<double>(budget) / tick) : 0;
}

ReloadSources reload_sources(const CliOptions& options, const RuleSetupOptions& rules, const Config& config) {
  return {.config = options.config,
          .settings = options.settings,
          .rules = rules,
          .strict = options.strict,
          .cache_dir = cache_dir(config, options)};
}

// Where what comes in comes from, and where what comes out goes.
std::string places(const LiveOptions& live, const std::vector<std::string>& queues,
                   const LiveSockets& sockets) {
  std::vector<std::string> sources;
  sources.reserve(queues.size() + live.workers.size());
  for (const std::string& queue : queues) sources.push_back("queue " + queue);
  for (const WorkerPlan& plan : live.workers)
    if (!plan.interface.empty() && std::find(sources.begin(), sources.end(), plan.interface) == sources.end())
      sources.push_back(plan.interface);
  const std::vector<std::string> paths = sockets.paths();
  return fmt::format("weir: listening on {} with {} worker{}; logs in {}; {}\n", fmt::join(sources, ", "),
                     live.workers.size(), live.workers.size() == 1 ? "" : "s", live.log_dir,
                     paths.empty() ? "no socket" : fmt::format("socket {}", fmt::join(paths, ", ")));
}

// A run that goes on in the background has no current folder that anybody would look for logs in.
CliOptions with_log_dir(CliOptions options, const Config& config) {
  options.log_dir = live_log_dir(options, config);
  return options;
}

}  // namespace

std::string live_log_dir(const CliOptions& options, const Config& config) {
  constexpr std::string_view kLogDir = "/var/log/weir";
  return options.own_log_dir ? options.log_dir
                             : config.text("default-log-dir").value_or(std::string(kLogDir));
}

int run_live_command(const CliOptions& given, bool prevent) {
  const auto fail = [](const std::string& reason, int status = kExitFailed) {
    print_error(reason);
    return status;
  };
  if (!given.queues.empty() && !prevent)
    return fail("-q is for weir prevent; detect listens with -i", kExitUsage);
  if (given.queues.empty() && prevent)
    return fail("-i is for weir detect; prevent takes queues with -q", kExitUsage);
  const TickRate rate;
  auto signals = Signals::take();
  if (!signals) return fail(signals.error());
  const auto config = load_configuration(given);
  if (!config) return kExitFailed;
  const CliOptions options = with_log_dir(given, *config);
  const auto queues = all_queues(options);
  if (!queues) return fail(queues.error(), kExitUsage);
  const auto nfqueue = NfqueueSettings::from(*config);
  if (!nfqueue) return fail(nfqueue.error());
  const auto exports = export_settings(options, *config);
  if (!exports) return fail(exports.error());
  auto plans = prevent ? std::vector<WorkerPlan>(queues->size()) : plan_interfaces(options, *config);
  if (!plans) return fail(plans.error());
  auto table = std::make_unique<const QueueTable>();  // as long as we may
  auto sockets = open_and_drop(options, *config, prevent);
  if (!sockets) return fail(sockets.error());
  auto safety =
      make_safety(plans->size(), prevent ? &*nfqueue : nullptr, std::move(table), *config, *sockets);
  if (!safety) return fail(safety.error());
  auto queue_sockets = QueueSockets::make(queues->size());  // not the guard's
  if (!queue_sockets) return fail(queue_sockets.error());
  safety->sockets = std::move(*queue_sockets);
  auto exporter = open_exports(*exports, output::FlowExport::Time::system);
  if (!exporter) return fail(exporter.error());
  auto clickhouse = open_clickhouse_sink(*config, false);
  if (!clickhouse) return fail(clickhouse.error());
  if (auto confined = confine_live(confinement_plan(options, *config), *config, prevent, sockets->paths());
      !confined)
    return fail(confined.error());

  RuleSetupOptions sources = options.rules;
  sources.inline_mode = prevent;
  RuleSetup setup = set_up_rules(*config, sources);
  if (!report_rules(setup, options)) return kExitFailed;
  LiveOptions live = live_options(options, *config, setup, prevent);
  live.fail_open = nfqueue->fail_open;
  if (prevent) live.packet_budget = packet_budget(*config, rate);
  live.records.exporter = std::move(*exporter);
  live.records.clickhouse = std::move(*clickhouse);
  live.pulses = safety->board.pulses();
  live.guard = safety->guard ? &*safety->guard : nullptr;
  live.workers = prevent ? plan_queues(*queues, *nfqueue, *safety) : std::move(*plans);
  if (auto pinned = pin_threads(*config, live); !pinned) return fail(pinned.error());
  if (!report_setup(*config, options)) return kExitFailed;
  auto rules = build_rules(setup, *config, options);
  // Told when packets are taken, not before.
  live.begun = [then = live.begun,
                told = places(live, prevent ? options.queues : std::vector<std::string>{}, *sockets)] {
    fmt::print(stderr, "{}", told);
    if (then) then();
  };
  RuleReloader reloader(reload_sources(options, sources, *config), setup.loaded);
  setup = {};  // what only loading needed
  const auto summary = run_live(live, *config, *signals, std::move(*sockets), std::move(rules), &reloader);
  if (!summary) return fail(summary.error());
  for (const std::string& error : summary->errors) print_error(error);
  print_notes(*summary, options);
  if (is_watched(options)) print_summary(*summary, options);
  const int status = summary->errors.empty() ? kExitDone : kExitFailed;
  if (summary->threads_left) std::_Exit(status);
  return status;
}

}  // namespace weir::engine
