#include "engine/cli/digest.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <simdjson.h>

#include "decoders/settings.h"
#include "output/eve_log.h"

namespace weir::engine {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMaxFacts = 4, kLongestFact = 80;

std::string_view text_of(const dom::element& in, std::string_view name) {
  std::string_view out;
  return in[name].get(out) == simdjson::SUCCESS ? out : std::string_view{};
}

std::uint64_t number_of(const dom::element& in, std::string_view name) {
  std::uint64_t out = 0;
  return in[name].get(out) == simdjson::SUCCESS ? out : 0;
}

// What the transaction's own object says first.
std::string facts_of(const dom::element& event, std::string_view app_protocol) {
  std::string out;
  dom::object object;
  if (app_protocol.empty() || event[app_protocol].get(object) != simdjson::SUCCESS) return out;
  std::size_t count = 0;
  for (const auto& [key, value] : object) {
    std::string_view text;
    std::uint64_t number = 0;
    if (value.get(text) != simdjson::SUCCESS && value.get(number) != simdjson::SUCCESS) continue;
    if (!out.empty()) out += ", ";
    out += fmt::format(
        "{}: {}", key,
        text.data() != nullptr ? std::string(text.substr(0, kLongestFact)) : fmt::to_string(number));
    if (++count == kMaxFacts) break;
  }
  return out;
}

SeenAlert alert_of(const dom::element& event) {
  SeenAlert out{.time = text_of(event, "timestamp"),
                .source = text_of(event, "src_ip"),
                .destination = text_of(event, "dest_ip"),
                .protocol = text_of(event, "proto"),
                .app_protocol = text_of(event, "app_proto"),
                .source_port = number_of(event, "src_port"),
                .destination_port = number_of(event, "dest_port")};
  dom::element alert;
  if (event["alert"].get(alert) == simdjson::SUCCESS) {
    out.gid = number_of(alert, "gid");
    out.sid = number_of(alert, "signature_id");
    out.rev = number_of(alert, "rev");
    out.severity = number_of(alert, "severity");
    out.message = text_of(alert, "signature");
    out.category = text_of(alert, "category");
    out.action = text_of(alert, "action");
  }
  out.facts = facts_of(event, out.app_protocol);
  return out;
}

template <class T, class Before>
Digest::Ranked<T> ranked(const std::map<std::string, T, std::less<>>& from, Before before) {
  Digest::Ranked<T> out;
  for (const auto& [name, value] : from) out.emplace_back(name, &value);
  std::stable_sort(out.begin(), out.end(),
                   [&](const auto& a, const auto& b) { return before(*a.second, *b.second); });
  return out;
}

// Severities count down; 0 is none.
std::uint64_t rank_of(std::uint64_t severity) {
  return severity == 0 ? ~std::uint64_t{0} : severity;
}

// Of the character that stands first, in UTF-8; 0: there is none, or it controls the terminal.
std::size_t length_of_character(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first < 0x20 || first == 0x7f ? 0 : 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  return first == 0xc2 && byte(1) < 0xa0 ? 0 : length;
}

}  // namespace

struct Digest::Parser {
  dom::parser parser;
};

Digest::Digest(std::function<void(const SeenAlert&)> on_alert, bool keep_events)
    : on_alert_(std::move(on_alert)), keep_events_(keep_events), parser_(std::make_unique<Parser>()) {}

Digest::~Digest() = default;

std::unique_ptr<const output::Log> Digest::log() {
  using Type = output::LogEntry::Type;
  return std::make_unique<output::EveLog>(
      no_settings(), std::vector<Type>{{"alert", &no_settings()}, {"flow", &no_settings()}});
}

void Digest::write_line(std::string_view line, const std::shared_ptr<output::LineCondition>&) {
  written(1);
  dom::element event;
  if (parser_->parser.parse(line.data(), line.size()).get(event) != simdjson::SUCCESS) return;
  if (text_of(event, "event_type") == "flow") {
    const std::string_view app = text_of(event, "app_proto");
    const bool known = !app.empty() && app != "failed" && app != "unknown";
    Protocol& protocol = protocols_[std::string(known ? app : text_of(event, "proto"))];
    ++protocol.flows;
    dom::element flow;
    if (event["flow"].get(flow) == simdjson::SUCCESS)
      protocol.bytes += number_of(flow, "bytes_toserver") + number_of(flow, "bytes_toclient");
    return;
  }
  const SeenAlert alert = alert_of(event);
  take_alert(alert);
  dom::array files;
  if (event["files"].get(files) == simdjson::SUCCESS)
    for (const dom::element file : files)
      take_file({.name = std::string(text_of(file, "filename")),
                 .host = std::string(alert.source),
                 .sha256 = std::string(text_of(file, "sha256")),
                 .size = number_of(file, "size"),
                 .sid = alert.sid,
                 .alerts = 1});
  if (keep_events_ && events_.size() < kMaxEvents) events_.emplace_back(line);
  if (on_alert_) on_alert_(alert);
}

void Digest::take_alert(const SeenAlert& alert) {
  ++alerts_;
  take_host(alert.source, alert, &Host::as_source);
  take_host(alert.destination, alert, &Host::as_destination);
  if (rules_.size() == kMaxRules && !rules_.contains({alert.gid, alert.sid})) return;
  Rule& rule = rules_[{alert.gid, alert.sid}];
  if (rule.alerts++ == 0) {
    rule.gid = alert.gid;
    rule.sid = alert.sid;
    rule.rev = alert.rev;
    rule.severity = alert.severity;
    rule.message = alert.message;
    rule.category = alert.category;
    rule.first = alert.time;
  }
  rule.last = alert.time;
  rule.blocked = rule.blocked || alert.action == "blocked";
}

void Digest::take_host(std::string_view address, const SeenAlert& alert, std::uint64_t Host::*side) {
  if (address.empty()) return;
  auto at = hosts_.find(address);
  if (at == hosts_.end() && hosts_.size() == kMaxHosts) {
    ++hosts_left_out_;
    return;
  }
  if (at == hosts_.end()) at = hosts_.emplace(std::string(address), Host{}).first;
  Host& host = at->second;
  ++(host.*side);
  if (rank_of(alert.severity) < rank_of(host.worst)) host.worst = alert.severity;
  if (host.rules.size() < kMaxRulesOfHost || host.rules.contains(alert.sid)) ++host.rules[alert.sid];
}

void Digest::take_file(File file) {
  const auto same = std::find_if(files_.begin(), files_.end(), [&](const File& f) {
    return f.name == file.name && f.host == file.host && f.sid == file.sid;
  });
  if (same != files_.end()) {
    ++same->alerts;
    same->size = std::max(same->size, file.size);
  } else if (files_.size() < kMaxFiles) {
    files_.push_back(std::move(file));
  }
}

std::vector<const Digest::Rule*> Digest::rules() const {
  std::vector<const Rule*> out;
  for (const auto& [id, rule] : rules_) out.push_back(&rule);
  std::stable_sort(out.begin(), out.end(), [](const Rule* a, const Rule* b) {
    if (a->severity != b->severity) return rank_of(a->severity) < rank_of(b->severity);
    return a->alerts > b->alerts;
  });
  return out;
}

Digest::Ranked<Digest::Host> Digest::hosts() const {
  return ranked(hosts_, [](const Host& a, const Host& b) {
    if (a.worst != b.worst) return rank_of(a.worst) < rank_of(b.worst);
    return a.alerts() > b.alerts();
  });
}

Digest::Ranked<Digest::Protocol> Digest::protocols() const {
  return ranked(protocols_, [](const Protocol& a, const Protocol& b) { return a.bytes > b.bytes; });
}

std::string printable(std::string_view text, std::size_t most_bytes) {
  std::string out;
  const bool cut = text.size() > most_bytes;
  text = text.substr(0, most_bytes);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = length_of_character(text.substr(at));
    if (length == 0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text[at]));
      ++at;
    } else {
      out.append(text.substr(at, length));
      at += length;
    }
  }
  return cut ? out + "..." : out;
}

}  // namespace weir::engine
