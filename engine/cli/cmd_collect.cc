#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>

#include <fmt/format.h>

#include "engine/cli/cli.h"
#include "engine/cli/confinement_plan.h"
#include "engine/cli/line_output.h"
#include "engine/cli/record_judging.h"
#include "engine/flows/collector.h"
#include "engine/flows/export_files.h"
#include "engine/flows/export_socket.h"
#include "engine/live/control/notify.h"
#include "engine/live/control/signals.h"
#include "engine/live/sources/clock.h"
#include "output/flow/flow_json.h"

namespace weir::engine {
namespace {

constexpr int kReceiveWaitMs = 200;
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

tl::expected<CollectorSettings, std::string> collector_settings(const CliOptions& options) {
  CollectorSettings out{.store = options.store, .state = options.state, .allowed = {}};
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
  for (const std::string& folder : {options.store, options.state})
    if (!folder.empty()) plan.folders.push_back(folder);
  return plan;
}

// What is open when records may come.
struct Opened {
  std::unique_ptr<RecordJudge> judge;  // null: nobody judges
  std::unique_ptr<Collector> collector;
};

// Becomes who the run is to be, and opens the rest. Fails with a text; empty: it was told already.
tl::expected<Opened, std::string> open_collector(const CliOptions& options, const Config& config,
                                                 const CollectorSettings& settings, bool receives,
                                                 flow::RecordConsumer& printer) {
  const std::string log_dir = !wants_judging(options) ? std::string{}
                              : receives              ? live_log_dir(options, config)
                                                      : options.log_dir;
  const ConfinementPlan plan = collector_plan(options, config, log_dir);
  if (auto became = become_collector_user(plan, config, receives); !became)
    return tl::unexpected(became.error());
  Opened out;
  if (!log_dir.empty()) {
    auto judge = make_judge(options, config, log_dir);
    if (!judge) return tl::unexpected(judge.error());
    out.judge = std::move(*judge);
  }
  if (auto confined = confine_collector(plan, config, receives); !confined)
    return tl::unexpected(confined.error());
  auto collector = Collector::open(settings, wall_clock(), &printer, out.judge.get());
  if (!collector) return tl::unexpected(collector.error());
  out.collector = std::move(*collector);
  return out;
}

// Ends what was opened. False: something could not be written, which is told.
bool finish(Opened& opened, LineOutput& lines) {
  opened.collector->finish(wall_clock());
  std::vector<std::string> errors;
  if (opened.judge != nullptr) opened.judge->close(errors);
  for (const std::string& error : errors) print_error(error);
  const bool printed = lines.finish();
  return printed && errors.empty() && opened.collector->totals().records_lost == 0;
}

tl::expected<std::vector<ExportSocket>, std::string> open_sockets(const CliOptions& options) {
  std::vector<ExportSocket> out;
  for (const std::string& text : options.listeners) {
    const auto listener = parse_export_listener(text);
    if (!listener) return tl::unexpected(listener.error());
    auto socket = ExportSocket::open(*listener);
    if (!socket) return tl::unexpected(socket.error());
    out.push_back(std::move(*socket));
  }
  return out;
}

void print_notices(Collector& collector) {
  for (const std::string& notice : collector.take_notices())
    fmt::print(stderr, "weir: warning: {}\n", notice);
}

void print_totals(const Opened& opened, const std::vector<ExportSocket>& sockets, const CliOptions& options) {
  std::uint64_t dropped = 0;
  for (const ExportSocket& socket : sockets) dropped += socket.dropped();
  if (dropped != 0)
    fmt::print(
        stderr,
        "weir: warning: the system had no room for {} datagrams; a greater net.core.rmem_max gives it\n",
        dropped);
  if (!is_watched(options)) return;
  const CollectorTotals totals = opened.collector->totals();
  fmt::print(stderr, "weir: {} datagrams, {} records written{}{}\n", totals.datagrams, totals.records_written,
             totals.refused != 0 ? fmt::format(", {} datagrams refused", totals.refused) : "",
             opened.judge != nullptr ? fmt::format(", {} alerts", opened.judge->alerts()) : "");
}

// Until a signal ends it, or nobody reads what is written.
void receive_all(Opened& opened, std::vector<ExportSocket>& sockets, Signals& signals, LineOutput& lines) {
  Collector& collector = *opened.collector;
  std::vector<pollfd> polled{{.fd = signals.fd(), .events = POLLIN, .revents = 0}};
  for (const ExportSocket& socket : sockets)
    polled.push_back({.fd = socket.fd(), .events = POLLIN, .revents = 0});
  TimeUs next_tick = 0;
  for (;;) {
    (void)::poll(polled.data(), polled.size(), kReceiveWaitMs);
    while (const auto signal = signals.next()) {
      if (*signal == LiveSignal::stop) return;
      if (*signal == LiveSignal::reopen && opened.judge != nullptr) opened.judge->reopen();
    }
    const TimeUs now = wall_clock();
    for (std::size_t i = 0; i < sockets.size(); ++i)
      if (polled[i + 1].revents != 0)
        sockets[i].receive(
            [&](const flow::Source& source, Bytes bytes) { collector.datagram(source, now, bytes); });
    if (now < next_tick) continue;
    next_tick = now + kTickEvery;
    collector.tick(now);
    print_notices(collector);
    lines.flush();
    if (lines.has_failed()) return;
  }
}

// What is in the sockets when the signal comes was sent before it.
void receive_rest(Collector& collector, std::vector<ExportSocket>& sockets) {
  constexpr std::size_t kMostRounds = 1024;
  const TimeUs now = wall_clock();
  for (ExportSocket& socket : sockets)
    for (std::size_t i = 0; i < kMostRounds; ++i)
      if (socket.receive(
              [&](const flow::Source& source, Bytes bytes) { collector.datagram(source, now, bytes); }) == 0)
        break;
}

int receive(const CliOptions& options, const Config& config, const CollectorSettings& settings) {
  auto sockets = open_sockets(options);
  if (!sockets) return fail(sockets.error());
  ServiceNotifier notifier = ServiceNotifier::from_environment();
  auto signals = Signals::take();
  if (!signals) return fail(signals.error());
  LinePrinter printer;
  auto opened = open_collector(options, config, settings, true, printer);
  if (!opened) return fail(opened.error());
  notifier.ready("receiving");
  if (is_watched(options))
    for (const ExportSocket& socket : *sockets) fmt::print(stderr, "weir: receiving at {}\n", socket.name());
  receive_all(*opened, *sockets, *signals, printer.lines());
  notifier.stopping();
  receive_rest(*opened->collector, *sockets);
  const bool good = finish(*opened, printer.lines());
  print_notices(*opened->collector);
  print_totals(*opened, *sockets, options);
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

int read_files(const CliOptions& options, const Config& config, const CollectorSettings& settings) {
  LinePrinter printer;
  auto opened = open_collector(options, config, settings, false, printer);
  if (!opened) return fail(opened.error());
  bool good = true;
  for (const std::string& path : options.captures)
    good = read_file(path, *opened->collector, options) && good;
  good = finish(*opened, printer.lines()) && good;
  print_notices(*opened->collector);
  print_totals(*opened, {}, options);
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
  const auto config = load_configuration(options);
  if (!config) return kExitFailed;
  const auto settings = collector_settings(options);
  if (!settings) return fail(settings.error());
  return options.captures.empty() ? receive(options, *config, *settings)
                                  : read_files(options, *config, *settings);
}

}  // namespace weir::engine
