// Events of the engine: decode-event, stream-event, engine-event, app-layer-event.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "decoders/app/protocol.h"
#include "decoders/net/ip_protocol.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

class DecodeEventCheck final : public PacketCheck {
 public:
  explicit DecodeEventCheck(Anomaly what) : what_(what) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    return std::any_of(c.packet.faults.begin(), c.packet.faults.end(),
                       [&](const Fault& f) { return f.what == what_; });
  }

 private:
  Anomaly what_;
};

class StreamEventCheck final : public PacketCheck {
 public:
  explicit StreamEventCheck(Anomaly what) : what_(what) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    return c.stream_events != nullptr &&
           std::find(c.stream_events->begin(), c.stream_events->end(), what_) != c.stream_events->end();
  }
  [[nodiscard]] PacketNeeds needs() const override {
    return {.keyword = "stream-event", .ip_protocols = {ip_protocol::tcp}, .protocols = {}};
  }

 private:
  Anomaly what_;
};

struct Unraised {
  std::string_view name, why;
};
constexpr Unraised kUnraised[] = {
#define UNRAISED(name, why) {name, why},
#define IMPOSSIBLE(name)
#include "rules/keywords/unraised_events.def"
#undef UNRAISED
#undef IMPOSSIBLE
};
constexpr std::string_view kImpossible[] = {
#define UNRAISED(name, why)
#define IMPOSSIBLE(name) name,
#include "rules/keywords/unraised_events.def"
#undef UNRAISED
#undef IMPOSSIBLE
};

class NeverCheck final : public PacketCheck {
 public:
  [[nodiscard]] bool matches(const PacketContext&) const override { return false; }
  [[nodiscard]] PacketNeeds needs() const override { return {.protocols = {}, .never = true}; }
};

// The refusal of an event that nothing here raises, or of a name that nobody knows.
tl::unexpected<KeywordError> refuse_event(std::string_view prefix, std::string_view name, std::string_view otherwise) {
  for (const Unraised& row : kUnraised)
    if (row.name.starts_with(prefix) && row.name.substr(prefix.size()) == name)
      return refuse(fmt::format("is never raised: {}", row.why), name);
  return refuse(std::string(otherwise), name);
}

std::optional<Anomaly> anomaly_by_name(std::string_view prefix, std::string_view name) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(Anomaly::count_); ++i) {
    const auto a = static_cast<Anomaly>(i);
    const std::string_view full = anomaly_name(a);
    if (full.starts_with(prefix) && full.substr(prefix.size()) == name) return a;
  }
  return std::nullopt;
}

// Many are of packets that are too broken to have an IP header: a rule about "ip" means them as well as "pkthdr" does.
void add_decode_event(RuleBuilder& rule, Anomaly what) {
  HeaderMatch& header = rule.signature().header;
  if (header.any_ip_protocol && header.ip_version == 0 && header.app_flows.none())
    header.packet_header = true;
  rule.add_packet_check(std::make_shared<DecodeEventCheck>(what));
}

Compiled add_anomaly(RuleBuilder& rule, Anomaly what) {
  if (is_stream_anomaly(what))
    rule.add_packet_check(std::make_shared<StreamEventCheck>(what));
  else
    add_decode_event(rule, what);
  return {};
}

Compiled compile_decode_event(RuleBuilder& rule, std::string_view argument) {
  const auto what = anomaly_by_name("decoder.", argument);
  if (!what) return refuse_event("decoder.", argument, "not the name of a decoder event");
  return add_anomaly(rule, *what);
}

Compiled compile_stream_event(RuleBuilder& rule, std::string_view argument) {
  for (const std::string_view name : kImpossible)
    if (name.substr(name.find('.') + 1) == argument) {
      rule.add_packet_check(std::make_shared<NeverCheck>());
      return {};
    }
  const auto what = anomaly_by_name("stream.", argument);
  if (!what) return refuse_event("stream.", argument, "not the name of a stream event");
  return add_anomaly(rule, *what);
}

Compiled compile_engine_event(RuleBuilder& rule, std::string_view argument) {
  auto what = anomaly_by_name("decoder.", argument);
  if (!what) what = anomaly_by_name("", argument);
  if (!what) return refuse_event("decoder.", argument, "not the name of an engine event");
  return add_anomaly(rule, *what);
}

// Events of protocol detection: about the flow, on the packet at which they came.
class AppEngineEventCheck final : public PacketCheck {
 public:
  explicit AppEngineEventCheck(std::string_view name) : name_(name) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    return c.app_events != nullptr &&
           std::find(c.app_events->begin(), c.app_events->end(), name_) != c.app_events->end();
  }

 private:
  std::string_view name_;  // one of kAppEngineEvents
};

constexpr std::array<std::string_view, 6> kAppEngineEvents{"applayer_mismatch_protocol_both_directions",
                                                           "applayer_wrong_direction_first_data",
                                                           "applayer_detect_protocol_only_one_direction",
                                                           "applayer_proto_detection_skipped",
                                                           "applayer_no_tls_after_starttls",
                                                           "applayer_unexpected_protocol"};

class TxEventCheck final : public TxCheck {
 public:
  explicit TxEventCheck(std::uint8_t code) : code_(code) {}
  [[nodiscard]] bool matches(const Transaction& tx, Direction) const override {
    return std::any_of(tx.events.begin(), tx.events.end(),
                       [&](const AppEvent& e) { return e.code == code_; });
  }

 private:
  std::uint8_t code_;
};

// PROTOCOL.EVENT
Compiled add_app_event(RuleBuilder& rule, std::string_view argument) {
  std::string_view event = argument;
  const std::string_view name = cut(event, '.');
  const AppProto protocol = protocol_by_name(name);
  if (protocol == AppProto::unknown || event.empty())
    return refuse_event("", argument, "not the name of an application event");
  const ProtocolInfo& info = protocol_info(protocol);
  if (info.events.empty())
    return refuse(fmt::format("the events of {} are known, but the protocol is not parsed yet", info.name),
                  argument);
  for (std::size_t i = 0; i < info.events.size(); ++i) {
    const auto& [known, eve, old] = info.events[i];
    if (known != event && known != argument && old != event) continue;
    return rule.add_tx_check({.protocol = protocol,
                              .progress_to_server = std::uint8_t{0},
                              .progress_to_client = std::uint8_t{0},
                              .check = std::make_shared<TxEventCheck>(static_cast<std::uint8_t>(i))});
  }
  return refuse_event("", argument, fmt::format("{} has no such event", info.name));
}

Compiled compile_app_layer_event(RuleBuilder& rule, std::string_view argument) {
  for (const std::string_view name : kAppEngineEvents) {
    if (name != argument) continue;
    rule.add_packet_check(std::make_shared<AppEngineEventCheck>(name));
    return {};
  }
  return add_app_event(rule, argument);
}

constexpr KeywordSpec kEventsKeywords[] = {
    {"decode-event", compile_decode_event, Argument::required, "the decoder noted this about the packet"},
    {"stream-event", compile_stream_event, Argument::required,
     "the stream engine noted this about the packet"},
    {"engine-event", compile_engine_event, Argument::required,
     "old spelling of decode-event and stream-event"},
    {"app-layer-event", compile_app_layer_event, Argument::required,
     "a protocol parser or protocol detection noted this"},
};

}  // namespace

const KeywordFile keywords_events{.keywords = kEventsKeywords};

}  // namespace weir::rules
