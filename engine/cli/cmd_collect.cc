#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "decoders/clock.h"
#include "engine/cli/cli.h"
#include "engine/cli/clickhouse_sink.h"
#include "engine/cli/collector_metrics.h"
#include "engine/cli/confinement_plan.h"
#include "engine/cli/line_output.h"
#include "engine/cli/record_judging.h"
#include "engine/flows/collector.h"
#include "engine/flows/export_files.h"
#include "engine/flows/export_inputs.h"
#include "engine/flows/vpc_files.h"
#include "engine/live/control/fd_loop.h"
#include "engine/live/control/live_sockets.h"
#include "engine/live/control/metrics_server.h"
#include "engine/live/control/notify.h"
#include "engine/live/control/signals.h"
#include "output/flow/export/export_settings.h"
#include "output/flow/flow_json.h"

namespace weir::engine {
namespace {

constexpr std::chrono::milliseconds kReceiveWait{200};
constexpr TimeUs kTickEvery = 1'000'000;

// Writes records as lines to standard output.
class LinePrinter final : public flow::RecordConsumer {
 public:
  void take(std::span<const flow::Record> records) override {
    for (const flow::Record& record : records) {
      out_.clear();
      output::write_flow_record(out_, times_, record);
      lines_.line(out_.text());
    }
  }
  LineOutput& lines() { return lines_; }

 private:
  LineOutput lines_;
  output::JsonWriter out_;
  output::TimestampFormatter times_;
};

int fail(const std::string& what) {
  if (!what.empty()) print_error(what);
  return kExitFailed;
}

tl::expected<CollectorSettings, std::string> collector_settings(const CliOptions& options,
                                                                const Config& config) {
  CollectorSettings out{
      .store = record_settings(options, config).store, .state = options.state, .allowed = {}};
  const auto enterprise = output::export_enterprise(config.sub("weir.flows.export"));
  if (!enterprise) return tl::unexpected(enterprise.error());
  out.enterprise = *enterprise;
  for (const std::string& text : options.allowed) {
    const auto network = IpNetwork::parse(text);
    if (!network) return tl::unexpected(fmt::format("--allow {}: expected {}", text, IpNetwork::kExpected));
    out.allowed.push_back(*network);
  }
  return out;
}

// Those that are written to, and of the rest what a collector needs.
ConfinementPlan collector_plan(const CliOptions& options, const Config& config, const std::string& log_dir) {
  ConfinementPlan plan = confinement_plan(options, config);
  plan.log_dir = log_dir;
  plan.cache_dir.clear();
  plan.data_dir.clear();
  plan.data_files.clear();
  plan.folders.clear();
  plan.export_files.clear();  // of weir.flows.export: what is collected is not sent on
  plan.rotated_files.clear();
  plan.connect_ports.clear();
  for (const std::string& folder : {options.store, options.state})
    if (!folder.empty()) plan.folders.push_back(folder);
  add_clickhouse(config, plan);
  return plan;
}

// What is open when records may come.
struct Opened {
  std::unique_ptr<RecordJudge> judge;                    // null: nobody judges
  std::shared_ptr<output::ClickHouseOutput> clickhouse;  // null: records do not go there
  std::unique_ptr<Collector> collector;
};

struct CollectorKind {
  bool receives = false;    // else it reads files
  std::string socket = {};  // a file that it removes at the end; empty: none
};

// Becomes who the run is to be, and opens the rest. Fails with a text; empty: it was told already.
tl::expected<Opened, std::string> open_collector(const CliOptions& options, const Config& config,
                                                 const CollectorSettings& settings, const CollectorKind& kind,
                                                 flow::RecordConsumer& printer) {
  const std::string log_dir = !wants_judging(options, config) ? std::string{}
                              : kind.receives                 ? live_log_dir(options, config)
                                                              : options.log_dir;
  const ConfinementPlan plan = collector_plan(options, config, log_dir);
  if (auto became = become_collector_user(plan, config, kind.receives); !became)
    return tl::unexpected(became.error());
  Opened out;
  if (!log_dir.empty()) {
    auto judge = make_judge(options, config, log_dir);
    if (!judge) return tl::unexpected(judge.error());
    out.judge = std::move(*judge);
  }
  auto clickhouse = open_clickhouse_sink(config, !kind.receives);
  if (!clickhouse) return tl::unexpected(clickhouse.error());
  out.clickhouse = std::move(*clickhouse);
  if (auto confined = confine_collector(plan, config, kind.receives, kind.socket); !confined)
    return tl::unexpected(confined.error());
  flow::RecordConsumer* const sink = out.clickhouse.get();
  auto collector =
      Collector::open(settings, wall_clock(), sink != nullptr ? sink : &printer, out.judge.get(), sink);
  if (!collector) return tl::unexpected(collector.error());
  out.collector = std::move(*collector);
  return out;
}

// Ends what was opened. False: something could not be written, which is told.
bool finish(Opened& opened, LineOutput& lines) {
  opened.collector->finish(wall_clock());
  std::vector<std::string> errors;
  if (opened.judge != nullptr) opened.judge->close(errors);
  if (opened.clickhouse != nullptr) {
    std::vector<std::string> notes;
    opened.clickhouse->close(errors);
    opened.clickhouse->append_notes(notes);
    for (const std::string& note : notes) fmt::print(stderr, "weir: warning: {}\n", note);
  }
  for (const std::string& error : errors) print_error(error);
  const bool printed = lines.finish();
  return printed && errors.empty() && opened.collector->totals().records_lost == 0;
}

ExportInputSettings input_settings(const CliOptions& options, const CollectorSettings& settings) {
  return {.listeners = options.listeners,
          .tls = {.certificate = options.tls_certificate,
                  .key = options.tls_key,
                  .client_ca = options.tls_client_ca},
          .allowed = settings.allowed};
}

void print_notices(Collector& collector) {
  for (const std::string& notice : collector.take_notices())
    fmt::print(stderr, "weir: warning: {}\n", notice);
}

void print_losses(const ExportInputs& inputs) {
  if (const std::uint64_t dropped = inputs.dropped(); dropped != 0)
    fmt::print(
        stderr,
        "weir: warning: the system had no room for {} datagrams; a greater net.core.rmem_max gives it\n",
        dropped);
  const StreamCounts streams = inputs.stream_counts();
  if (streams.refused + streams.timed_out + streams.broken != 0)
    fmt::print(
        stderr,
        "weir: warning: of connections {} were refused, {} closed as they said nothing for long or did not "
        "finish, {} as they sent no IPFIX or ended within a message\n",
        streams.refused, streams.timed_out, streams.broken);
}

void print_totals(const Opened& opened, const CliOptions& options) {
  if (!is_watched(options)) return;
  const CollectorTotals totals = opened.collector->totals();
  fmt::print(
      stderr, "weir: {} datagrams, {} records written{}{}{}\n", totals.datagrams, totals.records_written,
      opened.clickhouse != nullptr ? fmt::format(", {} inserted", opened.clickhouse->counters().records) : "",
      totals.refused != 0 ? fmt::format(", {} datagrams refused", totals.refused) : "",
      opened.judge != nullptr ? fmt::format(", {} alerts", opened.judge->alerts()) : "");
}

// Until a signal ends it, or nobody reads what is written.
void receive_all(Opened& opened, ExportInputs& inputs, Signals& signals, std::optional<Listener> metrics,
                 LineOutput& lines) {
  Collector& collector = *opened.collector;
  FdLoop loop;
  bool stops = false;
  TimeUs now = 0, next_tick = 0;
  loop.add(signals.fd(), POLLIN, [&](short) {
    while (const auto signal = signals.next()) {
      stops = stops || *signal == LiveSignal::stop;
      if (*signal == LiveSignal::reopen && opened.judge != nullptr) opened.judge->reopen();
    }
  });
  const ExportInputs::Handler take = [&](const flow::Source& source, Bytes bytes) {
    collector.datagram(source, now, bytes);
  };
  const std::vector<int> descriptors = inputs.descriptors();
  for (std::size_t place = 0; place < descriptors.size(); ++place)
    loop.add(descriptors[place], POLLIN, [&, place](short) {
      now = wall_clock();
      inputs.serve(place, now, take);
    });
  std::optional<MetricsServer> server;
  if (metrics)
    server.emplace(std::move(*metrics), loop, [&](const MetricsServer::Ready& ready) {
      ready(collector_page(collector, opened.judge.get(), opened.clickhouse.get(), inputs));
    });
  while (!stops && !lines.has_failed()) {
    loop.wait(kReceiveWait);
    if (server) server->tick();
    now = wall_clock();
    if (now < next_tick) continue;
    next_tick = now + kTickEvery;
    inputs.tick(now);
    collector.tick(now);
    if (opened.clickhouse != nullptr) opened.clickhouse->tick(now);
    print_notices(collector);
    lines.flush();
  }
}

// Where metrics are asked for; none when nobody may ask.
tl::expected<std::optional<Listener>, std::string> listen_for_metrics(const CliOptions& options,
                                                                      const Config& config) {
  const auto identity = find_identity(RunAs::from(config, options.user, options.group));
  if (!identity) return tl::unexpected(identity.error());
  return open_metrics(config, *identity);
}

int receive(const CliOptions& options, const Config& config, const CollectorSettings& settings) {
  auto inputs = ExportInputs::open(input_settings(options, settings));
  if (!inputs) return fail(inputs.error());
  ServiceNotifier notifier = ServiceNotifier::from_environment();
  auto signals = Signals::take();
  if (!signals) return fail(signals.error());
  LinePrinter printer;
  auto metrics = listen_for_metrics(options, config);
  if (!metrics) return fail(metrics.error());
  auto opened = open_collector(options, config, settings,
                               {.receives = true, .socket = *metrics ? (*metrics)->path() : ""}, printer);
  if (!opened) return fail(opened.error());
  notifier.ready("receiving");
  if (is_watched(options)) fmt::print(stderr, "weir: receiving at {}\n", fmt::join(inputs->names(), ", "));
  receive_all(*opened, *inputs, *signals, std::move(*metrics), printer.lines());
  notifier.stopping();
  // What waits when the signal comes was sent before it.
  const TimeUs now = wall_clock();
  inputs->serve_rest(
      now, [&](const flow::Source& source, Bytes bytes) { opened->collector->datagram(source, now, bytes); });
  const bool good = finish(*opened, printer.lines());
  print_notices(*opened->collector);
  print_losses(*inputs);
  print_totals(*opened, options);
  return good ? kExitDone : kExitFailed;
}

// False: it could not be read, which is told.
bool read_file(const std::string& path, Collector& collector, const CliOptions& options) {
  const auto totals = read_export_file(path, collector);
  if (!totals) {
    print_error(totals.error());
    return false;
  }
  if (totals->messages == 0)
    fmt::print(stderr, "weir: warning: {}: {}\n", path, describe_no_exports(*totals));
  else if (is_watched(options))
    fmt::print(
        stderr, "weir: {}: {} messages{}\n", path, totals->messages,
        totals->passed_over != 0 ? fmt::format(", {} packets that are no exports", totals->passed_over) : "");
  return true;
}

// Likewise, of flow logs.
bool read_log(const std::string& path, Collector& collector, const CliOptions& options) {
  const VpcFileReport report = read_vpc_file(path, collector.records());
  for (const std::string& problem : report.problems) fmt::print(stderr, "{}\n", problem);
  if (report.skipped != 0)
    fmt::print(stderr,
               "weir: warning: {}: {} lines say that records of their time were not written (SKIPDATA)\n",
               path, report.skipped);
  if (report.records == 0 && report.problems.empty())
    fmt::print(stderr, "weir: warning: {}: no records found in {} lines\n", path, report.lines);
  if (is_watched(options))
    fmt::print(stderr, "weir: {}: {} records, {} lines of times without data\n", path, report.records,
               report.no_data);
  return report.problems.empty();
}

int read_files(const CliOptions& options, const Config& config, const CollectorSettings& settings) {
  LinePrinter printer;
  auto opened = open_collector(options, config, settings, {}, printer);
  if (!opened) return fail(opened.error());
  bool good = true;
  for (const std::string& path : options.captures)
    good = (options.vpc_logs ? read_log : read_file)(path, *opened->collector, options) && good;
  good = finish(*opened, printer.lines()) && good;
  print_notices(*opened->collector);
  print_totals(*opened, options);
  return good ? kExitDone : kExitFailed;
}

}  // namespace

int run_collect(const CliOptions& options) {
  if (options.listeners.empty() && options.captures.empty()) {
    fmt::print(stderr,
               "weir collect: no input: name a place to listen at with --listen, or files with -r\nTry 'weir "
               "collect --help'.\n");
    return kExitUsage;
  }
  if (options.log_dir == "-") {
    fmt::print(stderr,
               "weir collect: -l names a folder; without it and --store records go to standard output\n");
    return kExitUsage;
  }
  const auto config = load_configuration(options);
  if (!config) return kExitFailed;
  const auto settings = collector_settings(options, *config);
  if (!settings) return fail(settings.error());
  return options.captures.empty() ? receive(options, *config, *settings)
                                  : read_files(options, *config, *settings);
}

}  // namespace weir::engine
