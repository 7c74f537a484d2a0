#include "output/eve_log.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "decoders/app/protocol_ids.h"
#include "output/eve/common.h"
#include "output/eve_type.h"

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
  void unreadable(std::string_view path, const char* expected) const override {
    at(path).unreadable(path, expected);
  }

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

// What a protocol's logger sees that the types list does not name, but means by "protocols".
class UsualSettings final : public Settings {
 public:
  UsualSettings(const Settings& all, std::string_view flag) : all_(all), flag_(flag) {}
  [[nodiscard]] std::optional<std::string> text(std::string_view path) const override {
    auto said = all_.text(path);
    return said || path.empty() || path != flag_ ? said : std::optional<std::string>("yes");
  }
  [[nodiscard]] std::vector<std::string> list(std::string_view path) const override {
    return all_.list(path);
  }
  [[nodiscard]] bool has(std::string_view path) const override { return text(path) || all_.has(path); }
  void unreadable(std::string_view path, const char* expected) const override {
    all_.unreadable(path, expected);
  }

 private:
  const Settings& all_;
  std::string_view flag_;
};

constexpr std::string_view kEveryProtocol = "protocols";

// Of several entries the last one counts. Null: there is none.
const Settings* find_type(const std::vector<LogEntry::Type>& types, std::string_view name) {
  const auto entry =
      std::find_if(types.rbegin(), types.rend(), [&](const auto& type) { return type.name == name; });
  return entry == types.rend() ? nullptr : entry->settings;
}

const Settings& or_none(const Settings* settings) {
  return settings == nullptr ? no_settings() : *settings;
}

// What a row says whatever its record is.
struct TypeName {
  std::string_view name;
  bool only_once;
};
std::array<TypeName, kEventTypeCount> type_names() {
  return {{
#define EVE_TYPE(id, Record) {eve_type_##id.name, eve_type_##id.only_once},
#include "output/eve_types.def"
#undef EVE_TYPE
  }};
}

EventHead from_the_server(EventHead head) {
  std::swap(head.source, head.destination);
  std::swap(head.source_port, head.destination_port);
  std::swap(head.ether_source, head.ether_destination);
  return head;
}

}  // namespace

struct EveLog::Impl {
  EveOptions options;
#define EVE_TYPE(id, Record) std::unique_ptr<const EveWriter<Record>> id;  // null: the type is off
#include "output/eve_types.def"
#undef EVE_TYPE
  std::array<std::vector<ActiveTxLogger>, kMaxAppProtos> tx_loggers;
  AppWriters in_alert;  // whether its type is on or not

  template <class Record>
  static std::unique_ptr<const EveWriter<Record>> make(const EveType<Record>& type, const LogEntry& entry) {
    const Settings* const own = find_type(entry.types, type.name);
    if (own == nullptr || !own->flag("enabled", true)) return nullptr;
    return type.make(*own, or_none(find_type(entry.types, "alert")));
  }

  void add_tx_logger(const EveTxLogger& logger, const LogEntry& entry) {
    const Settings* own = find_type(entry.types, logger.config_name);
    const Settings* const all = find_type(entry.types, kEveryProtocol);
    const UsualSettings usual{or_none(all), logger.usual_flag};
    if (own == nullptr && all != nullptr) own = &usual;
    const TypeSettings settings{or_none(own), or_none(find_type(entry.types, "alert"))};
    const auto protocol = static_cast<std::size_t>(logger.protocol);
    if (in_alert[protocol] == nullptr) in_alert[protocol] = logger.configure(settings);
    auto& active = tx_loggers[protocol];
    if (own == nullptr || !settings.flag("enabled", true) || active.size() == kMaxLoggersPerProtocol) return;
    const unsigned number = std::min(entry.number, kMaxLogs - 1);
    const auto bit = std::uint32_t{1}
                     << (number * kMaxLoggersPerProtocol + static_cast<unsigned>(active.size()));
    active.push_back({&logger, logger.configure(settings), bit, XffOptions::of(settings)});
  }
};

EveLog::EveLog(const LogEntry& entry) : impl_(std::make_unique<Impl>()) {
  impl_->options = EveOptions::from(entry.settings);
  if (impl_->options.host.empty()) impl_->options.host = entry.sensor_name;
#define EVE_TYPE(id, Record) impl_->id = Impl::make(eve_type_##id, entry);
#include "output/eve_types.def"
#undef EVE_TYPE
  for (const EveTxLogger* logger : all_tx_loggers()) impl_->add_tx_logger(*logger, entry);
}

EveLog::~EveLog() = default;

bool EveLog::wants(EventType type) const {
  switch (type) {
#define EVE_TYPE(id, Record) \
  case EventType::id: return impl_->id != nullptr;
#include "output/eve_types.def"
#undef EVE_TYPE
    case EventType::count_: break;
  }
  return false;
}

bool EveLog::wants_macs() const {
  return impl_->options.ethernet && (impl_->flow != nullptr || impl_->netflow != nullptr);
}

Requested EveLog::requested() const {
  Requested out;
#define EVE_TYPE(id, Record) \
  if (impl_->id != nullptr) out |= impl_->id->requested();
#include "output/eve_types.def"
#undef EVE_TYPE
  return out;
}

std::span<const ActiveTxLogger> EveLog::tx_loggers(AppProto protocol) const {
  return impl_->tx_loggers[static_cast<std::size_t>(protocol)];
}

std::unique_ptr<LogSession> EveLog::session(Sink& sink) const {
  return std::make_unique<EveSession>(*this, sink);
}

bool EveLog::has_type(std::string_view name) {
  const auto types = type_names();
  const auto loggers = all_tx_loggers();
  return name == kEveryProtocol ||
         std::any_of(types.begin(), types.end(), [&](const TypeName& type) { return type.name == name; }) ||
         std::any_of(loggers.begin(), loggers.end(), [&](const auto* l) { return l->config_name == name; });
}

bool EveLog::only_once(std::string_view name) {
  const auto types = type_names();
  return std::any_of(types.begin(), types.end(),
                     [&](const TypeName& type) { return type.only_once && type.name == name; });
}

struct EveSession::Impl {
  Impl(const EveLog& of, Sink& to)
      : log(of.impl()),
        sink(to),
        community_ids(log.options.community_id_seed),
        eve{out, times, community_ids, log.options, log.in_alert, last_stats} {}

  const EveLog::Impl& log;
  Sink& sink;
  JsonWriter out;
  TimestampFormatter times;
  CommunityId community_ids;
  std::vector<std::uint64_t> last_stats;
  EveContext eve;
  std::string prefixed;  // with options.prefix: the line

  template <class Record>
  void event(const std::unique_ptr<const EveWriter<Record>>& writer, const Record& record, LogMeter& meter) {
    if (writer == nullptr) return;
    begin(meter);
    if (!writer->write(eve, record)) return;
    if constexpr (requires { record.condition; })
      send(meter, record.condition);
    else
      send(meter, nullptr);
  }
  void begin(const LogMeter& meter) {
    out.clear();
    out.limit(meter.event_bytes);
  }
  void send(LogMeter& meter, const std::shared_ptr<LineCondition>& condition) {
    if (out.is_over_limit()) {
      out.cut();
      ++meter.cut;
    }
    meter.bytes += out.text().size();
    if (log.options.prefix.empty()) return sink.write_line(out.text(), condition);
    prefixed.assign(log.options.prefix).append(out.text());
    sink.write_line(prefixed, condition);
  }
};

EveSession::EveSession(const EveLog& log, Sink& sink) : impl_(std::make_unique<Impl>(log, sink)) {}
EveSession::~EveSession() = default;

#define EVE_TYPE(id, Record)                      \
  void EveSession::id(const Record& record) {     \
    impl_->event(impl_->log.id, record, meter()); \
  }
#include "output/eve_types.def"
#undef EVE_TYPE

void EveSession::transaction(const ActiveTxLogger& logger, const EventHead& head, const Transaction& tx) {
  JsonWriter& out = impl_->out;
  const ForwardedClient client = impl_->eve.client(logger.xff, &tx);
  const Direction d = logger.writer->direction(tx);
  const EventHead shown = client.head(d == Direction::to_client ? from_the_server(head) : head, d);
  const std::size_t events = logger.writer->events(tx);
  for (std::size_t i = 0; i < events; ++i) {
    impl_->begin(meter());
    bool said = false;
    {
      const auto event = out.object();
      write_head(impl_->eve, shown, logger.logger->event_type);
      said = logger.writer->write_event(out, tx, i);
      client.write(out);
    }
    if (said) impl_->send(meter(), nullptr);
  }
}

const LogKind log_eve{.name = "eve-log",
                      .filename = "eve.json",
                      .make = [](const LogEntry& entry) -> std::unique_ptr<const Log> {
                        return std::make_unique<EveLog>(entry);
                      }};

}  // namespace weir::output
