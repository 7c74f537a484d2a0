#include "output/eve_log.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "output/eve/events.h"
#include "output/fast_log.h"

namespace weir::output {
namespace {

// What a transaction logger's configure() sees: its own entry of the types list, and below "alert." the alert
// entry (how much of a body an alert shows is set there).
class TypeSettings final : public Settings {
 public:
  TypeSettings(const Settings& own, const Settings& alert) : own_(own), alert_(alert) {}
  [[nodiscard]] std::optional<std::string> text(std::string_view path) const override {
    return at(path).text(path);
  }
  [[nodiscard]] std::vector<std::string> list(std::string_view path) const override {
    return at(path).list(path);
  }
  [[nodiscard]] bool has(std::string_view path) const override { return at(path).has(path); }

 private:
  [[nodiscard]] const Settings& at(std::string_view& path) const {
    constexpr std::string_view kPrefix = "alert.";
    if (!path.starts_with(kPrefix)) return own_;
    path.remove_prefix(kPrefix.size());
    return alert_;
  }
  const Settings& own_;
  const Settings& alert_;
};

const Settings* find_type(const std::vector<EveLog::TypeEntry>& types, std::string_view name) {
  const auto entry =
      std::find_if(types.begin(), types.end(), [&](const auto& type) { return type.name == name; });
  return entry == types.end() ? nullptr : entry->settings;
}

EventHead from_the_server(EventHead head) {
  std::swap(head.source, head.destination);
  std::swap(head.source_port, head.destination_port);
  return head;
}

}  // namespace

struct EveLog::Impl {
  EveOptions options;
  std::array<std::vector<ActiveTxLogger>, kAppProtoCount> tx_loggers;
  std::array<std::unique_ptr<const EveTxWriter>, kAppProtoCount> in_alert;  // whether its type is on or not
  std::vector<std::string> unknown;
  bool is_fast = false;

  void add_tx_logger(const EveTxLogger& logger, const std::vector<TypeEntry>& types, unsigned number) {
    const Settings* alert = find_type(types, "alert");
    const Settings* own = find_type(types, logger.config_name);
    const TypeSettings settings{own == nullptr ? no_settings() : *own,
                                alert == nullptr ? no_settings() : *alert};
    const auto protocol = static_cast<std::size_t>(logger.protocol);
    if (in_alert[protocol] == nullptr) in_alert[protocol] = logger.configure(settings);
    auto& active = tx_loggers[protocol];
    if (own == nullptr || !settings.flag("enabled", true) || active.size() == kMaxLoggersPerProtocol) return;
    const auto bit = std::uint32_t{1}
                     << (number * kMaxLoggersPerProtocol + static_cast<unsigned>(active.size()));
    active.push_back({&logger, logger.configure(settings), bit});
  }
};

EveLog::EveLog(const Settings& eve_log, const std::vector<TypeEntry>& types, unsigned number)
    : impl_(std::make_unique<Impl>()) {
  impl_->options = EveOptions::from(eve_log);
  const auto loggers = all_tx_loggers();
  for (const TypeEntry& type : types) {
    const bool logged = std::any_of(loggers.begin(), loggers.end(),
                                    [&](const auto* l) { return l->config_name == type.name; });
    if (!impl_->options.enable(type.name, *type.settings) && !logged) impl_->unknown.push_back(type.name);
  }
  for (const EveTxLogger* logger : loggers)
    impl_->add_tx_logger(*logger, types, std::min(number, kMaxEveLogs - 1));
}

EveLog::EveLog() : impl_(std::make_unique<Impl>()) {}
EveLog::~EveLog() = default;

std::unique_ptr<EveLog> EveLog::fast() {
  std::unique_ptr<EveLog> log{new EveLog};
  log->impl_->options.alert.on = true;
  log->impl_->is_fast = true;
  return log;
}

bool EveLog::wants(std::string_view event_type) const {
  const EveOptions& o = impl_->options;
  if (event_type == "alert") return o.alert.on;
  if (event_type == "drop") return o.drop.on;
  if (event_type == "anomaly") return o.anomaly.on;
  if (event_type == "flow") return o.flow.on;
  if (event_type == "netflow") return o.netflow;
  if (event_type == "fileinfo") return o.fileinfo;
  if (event_type == "stats") return o.stats.on;
  for (const auto& loggers : impl_->tx_loggers)
    for (const ActiveTxLogger& active : loggers)
      if (active.logger->event_type == event_type) return true;
  return false;
}

const std::vector<std::string>& EveLog::unknown_types() const {
  return impl_->unknown;
}

const std::vector<EveLog::ActiveTxLogger>& EveLog::tx_loggers(AppProto protocol) const {
  return impl_->tx_loggers[static_cast<std::size_t>(protocol)];
}

struct EveSession::Impl {
  Impl(const EveLog& log, Sink& to)
      : options(log.impl().options),
        in_alert(log.impl().in_alert),
        sink(to),
        community_ids(options.community_id_seed),
        eve{out, times, community_ids, options} {
    if (log.impl().is_fast) fast.emplace(to);
  }

  const EveOptions& options;
  const std::array<std::unique_ptr<const EveTxWriter>, kAppProtoCount>& in_alert;
  Sink& sink;
  JsonWriter out;
  TimestampFormatter times;
  CommunityId community_ids;
  EveContext eve;
  std::string prefixed;  // with options.prefix: the line
  std::vector<std::uint64_t> previous_stats;
  std::optional<FastLog> fast;  // instead of JSON

  // One line by `write`; nothing when the type is off.
  template <class F>
  void line(bool on, F&& write) {
    if (!on) return;
    out.clear();
    write();
    send();
  }
  void send() {
    if (options.prefix.empty()) return sink.write_line(out.text());
    prefixed.assign(options.prefix).append(out.text());
    sink.write_line(prefixed);
  }
  [[nodiscard]] const EveTxWriter* writer_for(AppProto protocol) const {
    return in_alert[static_cast<std::size_t>(protocol)].get();
  }
};

EveSession::EveSession(const EveLog& log, Sink& sink) : impl_(std::make_unique<Impl>(log, sink)) {}
EveSession::~EveSession() = default;

void EveSession::alert(const AlertRecord& r) {
  if (r.signature == nullptr) return;
  if (impl_->fast) return impl_->fast->alert(r);
  const EveTxWriter* writer = impl_->writer_for(r.flow == nullptr ? AppProto::unknown : r.flow->app_proto);
  impl_->line(impl_->options.alert.on, [&] { write_alert_event(impl_->eve, r, writer); });
}

void EveSession::drop(const AlertRecord& r, std::string_view reason) {
  const bool wanted = impl_->options.drop.on && (impl_->options.drop.all_packets || !r.only_with_all);
  impl_->line(wanted, [&] { write_drop_event(impl_->eve, r, reason); });
}

void EveSession::flow(const FlowRecord& r) {
  impl_->line(impl_->options.flow.on, [&] { write_flow_event(impl_->eve, r); });
}

void EveSession::netflow(const FlowRecord& r) {
  for (const Direction direction : {Direction::to_server, Direction::to_client})
    impl_->line(impl_->options.netflow && r.packets[index(direction)] != 0,
                [&] { write_netflow_event(impl_->eve, r, direction); });
}

void EveSession::anomaly(const AnomalyRecord& r) {
  const EveOptions::Anomaly& o = impl_->options.anomaly;
  const bool type_on = (r.type == "decode" && o.decode) || (r.type == "stream" && o.stream) ||
                       (r.type == "applayer" && o.applayer);
  impl_->line(o.on && type_on, [&] { write_anomaly_event(impl_->eve, r); });
}

void EveSession::file(const FileRecord& r) {
  impl_->line(impl_->options.fileinfo && r.file != nullptr,
              [&] { write_fileinfo_event(impl_->eve, r, impl_->writer_for(r.app_proto)); });
}

void EveSession::stats(TimeUs time, std::uint64_t uptime_s, const std::vector<CounterValue>& counters,
                       const std::vector<StageShare>& stage_shares) {
  if (!impl_->options.stats.on || !impl_->options.stats.totals) return;
  impl_->line(true, [&] { write_stats_event(impl_->eve, time, uptime_s, counters, impl_->previous_stats, stage_shares); });
  impl_->previous_stats.clear();
  for (const CounterValue& counter : counters) impl_->previous_stats.push_back(counter.second);
}

void EveSession::transaction(const EveLog::ActiveTxLogger& logger, const EventHead& head,
                             const Transaction& tx) {
  JsonWriter& out = impl_->out;
  out.clear();
  bool said = false;
  {
    const auto event = out.object();
    const bool turned = logger.writer->direction(tx) == Direction::to_client;
    write_head(impl_->eve, turned ? from_the_server(head) : head, logger.logger->event_type);
    said = logger.writer->write(out, tx);
  }
  if (said) impl_->send();
}

}  // namespace weir::output
